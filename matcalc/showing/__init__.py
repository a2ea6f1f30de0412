"""What Python's help, notebooks and pictures show: functions in words, formulas as graphs, the notebook's commands."""

"""NumPy's arrays as formulas: any number of axes, a 1-D array neither row nor column, spreading along trailing axes."""

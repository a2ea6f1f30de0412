"""The commands of the command line: records, which load nothing, and a module for each, loaded when it is called."""

"""From formulas to the network."""

"""Where a matrix may have entries other than zero, by its formula: a sum of arrays placed along affine positions."""

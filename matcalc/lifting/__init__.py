"""From the network back to formulas, written the way a book writes them."""

"""From the network back to formulas: sums over indices become matrix products, written the way a book writes them."""

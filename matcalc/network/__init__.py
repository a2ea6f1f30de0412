"""The core: nodes in index notation without orientation, how they are made, and what is known of them."""

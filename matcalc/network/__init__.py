"""The core: nodes in index notation without orientation, their canonical constructors, and what is known of them."""

"""Lines of mathematics as patterns: read, found in products and functions, and applied."""

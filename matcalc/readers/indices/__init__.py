"""Index notation: its tokens, its grammar, which index is summed where, and the syntax tree that it stands for."""

"""How networks simplify: lines of mathematics (lines), what finds them (matching), algorithms that are no lines, their order."""

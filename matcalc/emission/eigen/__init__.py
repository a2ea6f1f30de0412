"""C++ with Eigen: what is written for the target "cpp"."""

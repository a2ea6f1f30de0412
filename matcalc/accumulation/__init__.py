"""Cheapest orders of products of Jacobians: chains and graphs of them, by sizes and edges alone."""

"""Derived derivatives inside other people's programs: functions that the derivatives of JAX and PyTorch go through."""

"""Random formulas against autodiff: value, derivative, printing and reading back of each.

A formula is a ``Tree``, which knows its text in matcalc's notation and its value. Each is checked at a random
point: its value, then one derivative by one variable, chosen at random. Jacobians and Hessians are compared along a
random direction, which finds any wrong entry and any wrong layout with probability 1 and costs one pass of autodiff.
Special points (zeros, ties, infinities; sizes from 1 on; facts combined) have rules of their own: see ``special``.
The reference is autograd (NumPy, no compilation: fast on small formulas); what disagrees with it is checked again with
JAX, where that is installed. Failures are made as small as they get, grouped, and shown as snippets.

    python -m benchmarks.fuzz --count 100000 --seed 0 [--points special]
"""

"""The local page: ``matcalc serve`` shows formulas, derivatives, steps, code and plans in a browser, without a network.

``server`` has routes and headers, ``pool`` worker processes with limits, ``answers`` what is computed.
"""

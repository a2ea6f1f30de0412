"""Programs that measure and try out matcalc; no part of the package."""

"""Where a formula is defined and differentiable, and what is known of its value.

``found`` collects the conditions of a formula, which stand in the records of its functions, ``plainer`` says them as a
person would, ``relations`` is the table of what may be said and how it is told at values, and ``eigenbases`` knows
which eigenvalues have to be apart. What is shown, and what ``evaluate`` refuses, are these same conditions.
"""

from matcalc.validity.facts import facts_of
from matcalc.validity.found import conditions, conditions_of
from matcalc.validity.plainer import written
from matcalc.validity.relations import Condition

__all__ = ["Condition", "conditions", "conditions_of", "facts_of", "written"]

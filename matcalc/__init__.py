"""matcalc: symbolic matrix calculus. Read ``api`` first: the whole way is on one screen."""

from __future__ import annotations

import builtins
from importlib import import_module
from typing import Any

import matcalc.array_functions as _  # noqa: F401 - NumPy's functions of formulas: they enter themselves
import matcalc.notation.short as _short  # noqa: F401 - so do short texts for the prompt
import matcalc.operators as _operators  # noqa: F401 - and Python's operators
from matcalc.api import (
    chain_rule,
    cheapest,
    compare_plans,
    conditions,
    derivative,
    differential,
    emit,
    evaluate,
    function,
    gradient,
    hessian,
    jacobian,
    jvp,
    matrix,
    parse,
    plan,
    properties,
    row,
    scalar,
    tensor,
    to_index,
    variable,
    vector,
    vjp,
)
from matcalc.errors import DerivativeError, EvaluationError, MatcalcError, ParseError, ShapeError, shown, suggest
from matcalc.expr import Expr, eye, ones, size, zeros
from matcalc.families import family
from matcalc.function import DESCRIBE, Function
from matcalc.functions import ALIASES, FUNCTIONS, find
from matcalc.notation.latex import to_latex
from matcalc.notation.text import to_unicode
from matcalc.stacking import block, stack
from matcalc.version import __version__ as __version__

# Loaded when it is asked for: most programs derive formulas, and do no more than that.
_ON_DEMAND = {
    "Factor": "accumulation.chain", "JacobianChain": "accumulation.chain", "Edge": "accumulation.dag",
    "JacobianDag": "accumulation.dag", "chain": "accumulation.dense", "reverse_is_never_dearer": "accumulation.dense",
    "smallest_counterexamples": "accumulation.dense", "schedule": "accumulation.schedule",
    **dict.fromkeys(("sum_over", "prod_over", "stack_over", "vectorize"), "reading"),
    "from_sympy": "readers.sympy_source.expressions", "to_sympy": "writers.sympy_expressions",
    "Diagram": "drawing.diagram", "draw": "showing.drawing",
    "Pattern": "drawing.pattern", "sparsity": "showing.sparsity",
    "structure": "patterns.structure",
    "load_ipython_extension": "showing.notebook",  # for %load_ext matcalc
    "jax_function": "autodiff.jax", "torch_function": "autodiff.torch",
    "Verdict": "checking.verdict", "Objective": "objectives", "objective": "objectives",
    **dict.fromkeys(("read", "trace"), "readers.numpy_source.functions"),
    **dict.fromkeys(("check", "check_code", "check_derivation", "equal", "explain", "verify"), "api_checking"),
}  # fmt: skip

__all__ = [
    "FUNCTIONS", "DerivativeError", "Diagram", "Edge", "EvaluationError", "Expr", "Factor", "Function",
    "JacobianChain", "JacobianDag", "MatcalcError", "Objective", "ParseError", "Pattern", "ShapeError", "Verdict",
    "block", "chain", "chain_rule", "cheapest", "check", "check_code", "check_derivation", "compare_plans",
    "conditions", "derivative", "differential", "draw", "emit", "equal", "evaluate", "explain", "eye", "family",
    "from_sympy", "function", "gradient", "hessian", "jacobian", "jax_function", "jvp", "matrix", "objective", "ones",
    "parse", "plan", "prod_over", "properties", "read", "reverse_is_never_dearer", "row", "scalar", "schedule",
    "size", "smallest_counterexamples", "sparsity", "stack", "stack_over", "structure", "sum_over", "tensor",
    "to_index", "to_latex", "to_sympy", "to_unicode", "torch_function", "trace", "variable", "vector",
    "vectorize", "verify", "vjp", "zeros",
]  # fmt: skip

_OWN = (*__all__, "__doc__", "__file__", "__name__", "__path__", "__version__")
__all__ += sorted({*FUNCTIONS} - {*dir(builtins)})  # but not sum, max and others that mean something in Python


def __getattr__(name: str) -> Any:
    """What is loaded on demand; and every function of the table is one of the package: ``mc.exp``, ``mc.inv`` …"""
    if name in _ON_DEMAND:
        value = globals()[name] = getattr(import_module(f"matcalc.{_ON_DEMAND[name]}"), name)
        return value
    found = find(name)
    if found is None:
        near = suggest(name, __dir__())
        raise AttributeError(f"module 'matcalc' has no attribute {shown(name)}{near and f': {near}'}", name=name)
    return found


def __dir__() -> list[str]:
    """What users call: the functions, those that are entered at run time among them, under all their names."""
    return sorted({*_OWN, *FUNCTIONS, *ALIASES})


DESCRIBE.append(lambda record: str(import_module("matcalc.showing.functions").described(record)))

"""matcalc: symbolic matrix calculus. Read ``api`` first: the whole way is on one screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matcalc.array_functions as _  # noqa: F401 - NumPy's functions of formulas: they enter themselves
import matcalc.operators as _operators  # noqa: F401 - and so do Python's operators
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
from matcalc.errors import DerivativeError, EvaluationError, MatcalcError, ParseError, ShapeError, shown
from matcalc.expr import Expr, eye, ones, size, zeros
from matcalc.families import family
from matcalc.function import Function
from matcalc.functions import FUNCTIONS
from matcalc.notation.latex import to_latex
from matcalc.notation.text import to_unicode
from matcalc.stacking import block, stack
from matcalc.version import __version__ as __version__

if TYPE_CHECKING:
    from matcalc.accumulation.chain import Factor, JacobianChain
    from matcalc.accumulation.dag import Edge, JacobianDag
    from matcalc.accumulation.dense import chain, reverse_is_never_dearer, smallest_counterexamples
    from matcalc.accumulation.schedule import schedule
    from matcalc.api_checking import check, check_code, check_derivation, equal, explain, verify
    from matcalc.autodiff.jax import jax_function
    from matcalc.autodiff.torch import torch_function
    from matcalc.checking.verdict import Verdict
    from matcalc.objectives import Objective, objective
    from matcalc.readers.numpy_functions import read, trace
    from matcalc.readers.sympy_expressions import from_sympy
    from matcalc.reading import prod_over, stack_over, sum_over, vectorize
    from matcalc.writers.sympy_expressions import to_sympy

# Loaded when it is asked for: most programs derive formulas, and do no more than that.
_ON_DEMAND = {
    "Factor": "accumulation.chain", "JacobianChain": "accumulation.chain", "Edge": "accumulation.dag",
    "JacobianDag": "accumulation.dag", "chain": "accumulation.dense", "reverse_is_never_dearer": "accumulation.dense",
    "smallest_counterexamples": "accumulation.dense", "schedule": "accumulation.schedule",
    **dict.fromkeys(("sum_over", "prod_over", "stack_over", "vectorize"), "reading"),
    "from_sympy": "readers.sympy_expressions", "to_sympy": "writers.sympy_expressions",
    "jax_function": "autodiff.jax", "torch_function": "autodiff.torch",
    "Verdict": "checking.verdict", "Objective": "objectives", "objective": "objectives",
    **dict.fromkeys(("read", "trace"), "readers.numpy_functions"),
    **dict.fromkeys(("check", "check_code", "check_derivation", "equal", "explain", "verify"), "api_checking"),
}  # fmt: skip

__all__ = [
    "FUNCTIONS", "DerivativeError", "Edge", "EvaluationError", "Expr", "Factor", "Function", "JacobianChain",
    "JacobianDag", "MatcalcError", "Objective", "ParseError", "ShapeError", "Verdict", "block", "chain", "chain_rule",
    "cheapest", "check", "check_code", "check_derivation", "compare_plans", "conditions", "derivative", "differential",
    "emit", "equal", "evaluate", "explain", "eye", "family", "from_sympy", "function", "gradient", "hessian",
    "jacobian", "jax_function", "jvp", "matrix", "objective", "ones", "parse", "plan", "prod_over", "properties",
    "read", "reverse_is_never_dearer", "row", "scalar", "schedule", "size", "smallest_counterexamples", "stack",
    "stack_over", "sum_over", "tensor", "to_index", "to_latex", "to_sympy", "to_unicode", "torch_function", "trace",
    "variable", "vector", "vectorize", "verify", "vjp", "zeros",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """What is loaded on demand; and every function of the table is one of the package: ``mc.exp``, ``mc.inv`` …"""
    if name in _ON_DEMAND:
        from importlib import import_module

        value = globals()[name] = getattr(import_module(f"matcalc.{_ON_DEMAND[name]}"), name)
        return value
    from matcalc.functions import find

    function = find(name)
    if function is None:
        raise AttributeError(f"module 'matcalc' has no attribute {shown(name)}")
    return function


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""matcalc: symbolic matrix calculus. Read ``api`` first: the whole way is on one screen."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from matcalc.version import __version__ as __version__

# The module of each name. It is loaded when the name is asked for: a program, and each command of the command line,
# pays for what it uses.
_HOMES = {
    **dict.fromkeys((
        "chain_rule", "cheapest", "compare_plans", "conditions", "derivative", "differential", "emit", "evaluate",
        "function", "gradient", "hessian", "jacobian", "jvp", "matrix", "parse", "plan", "properties", "row", "scalar",
        "tensor", "to_index", "variable", "vector", "vjp",
    ), "api"),
    **dict.fromkeys(("check", "check_code", "check_derivation", "equal", "explain", "verify"), "api_checking"),
    **dict.fromkeys(("DerivativeError", "EvaluationError", "MatcalcError", "ParseError", "ShapeError"), "errors"),
    **dict.fromkeys(("Expr", "eye", "ones", "size", "zeros"), "expr"),
    "family": "families",
    "Function": "function", "FUNCTIONS": "functions",
    "to_latex": "notation.latex", "to_unicode": "notation.text",
    **dict.fromkeys(("block", "stack"), "stacking"),
    **dict.fromkeys(("sum_over", "prod_over", "stack_over", "vectorize"), "reading"),
    **dict.fromkeys(("Factor", "JacobianChain"), "accumulation.chain"),
    **dict.fromkeys(("Edge", "JacobianDag"), "accumulation.dag"),
    **dict.fromkeys(("chain", "reverse_is_never_dearer", "smallest_counterexamples"), "accumulation.dense"),
    "schedule": "accumulation.schedule",
    "from_sympy": "readers.sympy_source.expressions", "to_sympy": "writers.sympy_expressions",
    "Diagram": "drawing.diagram", "draw": "showing.drawing",
    "Pattern": "drawing.pattern", "sparsity": "showing.sparsity", "structure": "patterns.structure",
    "jax_function": "autodiff.jax", "torch_function": "autodiff.torch",
    "jax_value_and_grad": "optimisers.jax", "torch_closure": "optimisers.torch",
    "residual_blocks": "optimisers.residuals", "pymanopt_problem": "optimisers.pymanopt",
    "Verdict": "checking.verdict", "Objective": "fitting.objective", "objective": "objectives",
    **dict.fromkeys(("read", "trace"), "readers.numpy_source.functions"),
}  # fmt: skip

_ELSEWHERE = {  # names of other packages, and what is called here
    "grad": "gradient", "jac": "jacobian", "hess": "hessian", "value_and_grad": "emit", "lambdify": "emit",
"Symbol": "scalar, vector, matrix", "MatrixSymbol": "matrix", "Variable": "variable",
    "latex": "to_latex", "parse_latex": 'parse(text, notation="latex")', "parse_expr": "parse",
    "sympify": "from_sympy", "minimize": "objective(f, x).minimize(values)",
}  # fmt: skip
_EXTENSION = {"load_ipython_extension": "showing.notebook"}  # for %load_ext matcalc, which users do not call
_OF_MODULES = ("__doc__", "__file__", "__name__", "__path__", "__version__")


class _Package(ModuleType):
    """A package whose modules do not hide the names of the same spelling: ``matcalc.function`` declares a function."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (isinstance(value, ModuleType) and name in _HOMES):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    """What is loaded on demand; and every function of the table is one of the package: ``mc.exp``, ``mc.inv`` …

    Modules are there, too, as if they had been imported: ``mc.errors``.
    """
    from importlib import import_module
    from importlib.util import find_spec

    home = _HOMES.get(name) or _EXTENSION.get(name)
    if home is not None:
        value = globals()[name] = getattr(import_module(f"matcalc.{home}"), name)
        return value
    if name == "__all__":
        return _public()
    if name.startswith("__"):
        raise AttributeError(f"module 'matcalc' has no attribute {name!r}", name=name)
    if name.isidentifier() and find_spec(f"matcalc.{name}") is not None:
        return import_module(f"matcalc.{name}")
    from matcalc.functions import find

    found = find(name)
    if found is None:
        from matcalc.errors import shown, suggest

        near = f"did you mean {_ELSEWHERE[name]}?" if name in _ELSEWHERE else suggest(name, __dir__())
        raise AttributeError(f"module 'matcalc' has no attribute {shown(name)}{near and f': {near}'}", name=name)
    return found


def _public() -> list[str]:
    """What ``from matcalc import *`` gives: but not sum, max and other functions that mean something in Python."""
    import builtins

    from matcalc.functions import FUNCTIONS

    return [*sorted(_HOMES), *sorted({*FUNCTIONS} - {*dir(builtins)})]


def __dir__() -> list[str]:
    """What users call: the functions, those that are entered at run time among them, under all their names."""
    from matcalc.functions import ALIASES, FUNCTIONS

    return sorted({*_HOMES, *_OF_MODULES, *FUNCTIONS, *ALIASES})

"""The options that several commands have. Each has one meaning, which is told here, once.

What can be chosen stands here in full, for help has to be quick: the modules that know it load all that they need.
"""

from __future__ import annotations

from matcalc.commands.record import Argument, argument

NOTATIONS = ("text", "latex", "numpy", "index", "sympy")  # that are read, and those that are written
WRITTEN = ("text", "unicode", "latex", "index", "numpy", "sympy", "matlab", "julia", "mathematica")
LAYOUTS = ("numerator", "denominator")
STRUCTURES = ("ignore", "project", "free")
TARGETS = ("numpy", "c", "jax", "torch", "array_api", "dask", "matlab", "cpp")
KINDS = ("gradient", "jacobian", "hessian", "jvp")

FORMULA = argument(
    "formula",
    metavar="FORMULA",
    help='such as "norm2(A*x - b)^2"; loss.py:loss is a function of a file; - reads standard input',
)
WRT = argument("by", metavar="WRT", help="the variable, such as x; x' for a row; X[1,2]; several: x,y")
WHERE = argument(
    "--where", default="", metavar="DECLARATIONS", help='what names are, such as "S: n×n symmetric, x: n positive"'
)
FROM = argument(
    "--from",
    dest="notation",
    default="text",
    metavar="NOTATION",
    help=f"the notation of formulas, claims and lines: {', '.join(NOTATIONS)}, or auto (default: text)",
)
TO = argument("--to", metavar="NOTATION", choice="form", help=f"print formulas in one of: {', '.join(WRITTEN)}")
LAYOUT = argument(
    "--layout",
    choices=LAYOUTS,
    default="numerator",
    help="of Jacobians and Hessians; denominator is the transpose (default: numerator)",
)
STRUCTURE = argument(
    "--structure",
    choices=STRUCTURES,
    default="ignore",
    help="of a gradient by a variable with tied entries, such as a symmetric one (default: ignore)",
)
SIZES = argument(
    "--sizes", default="", metavar="SIZES", help="of dimensions, such as n=1000,m=50: what orders are chosen for"
)
JSON = argument("--json", choice="form", action="store_true", help="print the answer as JSON")
BATCH = argument(
    "--batch",
    action="store_true",
    help="FORMULA is a file (or -) with one formula a line; a faulty one is told, and the others are answered",
)
READ: tuple[Argument, ...] = (WHERE, FROM)  # of each command that reads a formula

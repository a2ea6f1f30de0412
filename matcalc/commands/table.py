"""The table of commands, in the order of the help."""

from __future__ import annotations

from matcalc.commands.options import (
    BATCH,
    FORMULA,
    JSON,
    KINDS,
    LAYOUT,
    READ,
    SIZES,
    STRUCTURE,
    TARGETS,
    TO,
    WRT,
)
from matcalc.commands.record import Argument, Command, argument

_FORMS = (
    JSON,
    argument("--latex", choice="form", action="store_true", help="short for --to latex"),
    argument("--unicode", choice="form", action="store_true", help="short for --to unicode, for reading only"),
    TO,
)
_TOLD = (
    argument("--cheapest", action="store_true", help="also the formula of the fewest multiplications"),
    SIZES,
    argument("--conditions", action="store_true", help="say where the result is valid"),
    argument("--properties", action="store_true", help="say what is known of the result"),
    *_FORMS,
)


def _derivative(name: str, summary: str, *own: Argument, example: tuple[str, ...], about: str = "") -> Command:
    return Command(name, summary, "deriving", (FORMULA, WRT, *own, *READ, *_TOLD, BATCH), example, about)


_ALL = (
    _derivative("gradient", "gradient of a scalar", STRUCTURE, example=("norm2(A*x - b)^2", "x")),
    _derivative("jacobian", "Jacobian of a scalar, vector or matrix", LAYOUT, example=("exp(A*x)", "x")),
    _derivative("hessian", "Hessian of a scalar", LAYOUT, example=("norm2(A*x - b)^2", "x")),
    _derivative("derivative", "derivative by a column x or a row x'", example=("A*x", "x'")),
    _derivative(
        "differential", "differential, linear in dx", example=("x'*A*x", "x"),
        about="The change of a variable x is dx, of its shape; of several, x,y, their changes are dx and dy.",
    ),
    Command(
        "check", "whether a derivative done by hand is right, and what is wrong with it", "checking",
        (
            FORMULA, WRT,
            argument("claim", metavar="CLAIM", nargs="?", help='such as "(A + A\')*x"'),
            argument("--kind", choices=KINDS, default="gradient", help="of the derivative (default: gradient)"),
            STRUCTURE, LAYOUT,
            argument(
                "--lines", metavar="FILE", help="a derivation: lines f = …, df = …, D = …, u = …; - is standard input"
            ),
            *READ, JSON,
        ),
        ("x'*A*x", "x", "(A + A')*x"),
        "Exit codes: 0 correct, 1 wrong, 3 undecided; 2 where something cannot be read. --json prints the certificate.",
    ),
    Command(
        "explain", "how a derivative is derived, step by step", "explaining",
        (
            FORMULA, WRT,
            argument("--style", choices=("chain", "differential"), default="chain", help="default: chain"),
            *READ, JSON,
            *(
                argument(f"--{form}", choice="form", action="store_true", help=f"print the steps as {words}")
                for form, words in (("latex", "LaTeX"), ("markdown", "Markdown"), ("html", "HTML"))
            ),
        ),
        ("norm2(A*x - b)^2", "x"),
    ),
    Command(
        "plan", "steps of the value and its derivative, with their costs", "planning",
        (
            FORMULA, WRT,
            argument(
                "--mode", choices=("forward", "reverse", "optimal"), help="default: optimal, after a comparison"
            ),
            SIZES, LAYOUT, STRUCTURE, *READ, JSON,
            argument("--dot", choice="form", action="store_true", help="print the steps as a graph for Graphviz"),
            argument("--svg", choice="form", action="store_true", help="print the steps as a picture"),
        ),
        ("norm2(A*x - b)^2", "x", "--sizes", "m=1000,n=50"),
        "Without --sizes, costs are polynomials in the dimensions.",
    ),
    Command(
        "chain", "the cheapest order of a product of Jacobians", "chaining",
        (
            argument("dims", metavar="DIMS", nargs="?", default="", help="from the input to the loss: 10,6,8,2,1"),
            argument(
                "--file", metavar="FILE", help="a chain of factors: their number, then for each: outputs inputs edges"
            ),
            argument("--memory", type=int, metavar="EDGES", help="with --file: the largest tape, in edges"),
            JSON,
        ),
        ("10,6,8,2,1",),
    ),
    Command(
        "emit", "code for the value and its derivative", "emitting",
        (
            FORMULA, WRT,
            argument("--target", choices=TARGETS, default="numpy", help="default: numpy; c is for --sizes"),
            argument("--name", default="formula", help="name of the function (default: formula)"),
            argument("--style", choices=("readable", "fast"), default="readable", help="default: readable"),
            argument("--dtype", choices=("float64", "float32"), help="default: float64, or that of the arguments"),
            argument("--objective", action="store_true", help="functions for an optimiser, with a self-check"),
            SIZES, LAYOUT, STRUCTURE, *READ,
            argument("-o", "--output", metavar="FILE", help="write the source to a file"),
            JSON,
        ),
        ("norm2(A*x - b)^2", "x", "--name", "loss"),
    ),
    Command(
        "verify", "checks a certificate again", "verifying",
        (argument("file", metavar="FILE", help="a certificate that check --json wrote; - reads standard input"), JSON),
        about="Exit codes are those of check.",
    ),
    Command(
        "serve", "a page in the browser, on this machine", "serving",
        (
            argument("--host", default="127.0.0.1", help="default: 127.0.0.1, this machine alone"),
            argument("--port", type=int, default=8000, help="default: 8000; 0 is any that is free"),
            argument("--name", action="append", default=[], help="a name of this machine that browsers may use"),
        ),
    ),
    Command(
        "functions", "lists the functions of formulas, or explains one", "functions",
        (argument("function", metavar="NAME", nargs="?", help="such as logdet"), JSON),
        ("logdet",),
    ),
    Command(
        "completion", "a script that completes commands and options in a shell", "completion",
        (argument("shell", choices=("bash", "zsh", "tcsh"), help="for which shell"),),
        about="Needs the extra cli: pip install 'matcalc-engine[cli]'. For bash: eval \"$(matcalc completion bash)\".",
    ),
)  # fmt: skip

COMMANDS = {command.name: command for command in _ALL}

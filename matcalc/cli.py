"""The command line: ``matcalc gradient FORMULA WRT``. Results on stdout, diagnostics on stderr.

Exit codes: 0 fine, 2 usage or a formula that does not parse, fit or derive; those of ``check`` are told there.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from matcalc import __version__, api, check_commands
from matcalc.accumulation.chain import JacobianChain
from matcalc.accumulation.dense import chain
from matcalc.boundary import decimal
from matcalc.deriving import LAYOUTS
from matcalc.emission.options import DTYPES, STYLES
from matcalc.emission.targets import TARGETS
from matcalc.errors import DerivativeError, MatcalcError, ParseError, ShapeError, shown
from matcalc.expr import Expr, transpose
from matcalc.families import members_of, specification
from matcalc.notation.declarations import parse_where
from matcalc.notation.each_member import Form, equation, fresh_name, shape_of_each
from matcalc.notation.latex import to_latex
from matcalc.notation.text import to_unicode
from matcalc.readers import read
from matcalc.structured import CHOICES
from matcalc.symbols import with_hints
from matcalc.terminal import printable
from matcalc.writers import WRITERS, check_known, write

USAGE_ERROR = 2
_IN_FILE = re.compile(r"(?P<file>.+\.py):(?P<function>[^\W\d]\w*)")  # a function of a file: loss.py:loss
_COMMA = re.compile(r",(?![^\[]*\])")  # between variables, not between the positions of one
By = Expr | list[Expr]

_KINDS: dict[str, tuple[Callable[..., Expr], str, str]] = {
    "gradient": (api.gradient, "gradient of a scalar", "the gradient has the shape of its variable"),
    "jacobian": (api.jacobian, "Jacobian of a scalar, vector or matrix", "J[i,j] = ∂f_i/∂x_j, matrices by columns"),
    "hessian": (api.hessian, "Hessian of a scalar", "H is the Jacobian of the column gradient"),
    "derivative": (
        api.derivative,
        "derivative by a column x or a row x'",
        "a column by a row is the Jacobian, a row by a column its transpose",
    ),
}

_OF_LISTS = {
    "gradient": "the gradients stand one below the other, matrices as their vecs",
    "jacobian": "the Jacobians stand side by side, matrices by columns",
    "hessian": "H[i,j] is the Jacobian by the second of a pair of the column gradient by the first",
}


_LEFT = {"gradient": "G", "jacobian": "J", "hessian": "H", "derivative": "D"}  # of an equation for each member


def main(arguments: list[str] | None = None) -> int:
    """Runs the command line; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")  # for what is no character at all, such as half of a pair
    given = sys.argv[1:] if arguments is None else arguments
    options = _parser().parse_args([_shielded(argument) for argument in given])
    try:
        text, code = _run(options)
    except MatcalcError as error:
        error.hint = _for_commands(error.hint)
        print(printable(f"matcalc: {error}", sys.stderr.encoding), file=sys.stderr)
        return USAGE_ERROR
    try:
        print(printable(text), flush=True)
    except OSError as error:  # a closed pipe, a full disk: say so once, and keep the interpreter from trying again
        if not isinstance(error, BrokenPipeError):
            print(f"matcalc: cannot write the result: {error.strerror}", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return code if isinstance(error, BrokenPipeError) else USAGE_ERROR
    return code


def _for_commands(hint: str) -> str:
    """A hint with the options of the command line in place of Python's arguments."""
    hint = hint.replace('emit(..., target="numpy")', "--target numpy").replace('target="c", ', "--target c ")
    hint = hint.replace('structure="ignore"', "--structure ignore")
    sizes = lambda found: "--sizes " + found[1].replace("'", "").replace(": ", "=").replace(", ", ",")  # noqa: E731
    return re.sub(r"sizes=\{([^{}]*)\}", sizes, hint)


def _shielded(argument: str) -> str:
    """A formula such as -x'*y, kept from looking like an option."""
    is_formula = argument.startswith("-") and not argument.startswith("--") and argument not in ("-", "-h", "-o")
    return f" {argument}" if is_formula else argument


class _Parser(argparse.ArgumentParser):
    """A parser whose help any terminal can print."""

    def _print_message(self, message: str, file: Any = None) -> None:
        super()._print_message(printable(message, getattr(file, "encoding", None)), file)


def _parser() -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = _Parser(
        prog="matcalc",
        description="Symbolic matrix calculus: derivatives of formulas over scalars, vectors and matrices.",
        epilog="Undeclared names: a-g and Greek letters scalars, h-z columns, A-Z matrices, unless their use says "
        'otherwise; sizes are inferred. Declarations: --where "S: n×n symmetric, a: vector, c: scalar". '
        "A FORMULA of - is read from standard input.",
    )
    parser.add_argument("--version", action="version", version=f"matcalc {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (_, summary, _) in _KINDS.items():
        command = _formula_command(commands.add_parser(name, help=summary, description=f"Derives the {summary}."))
        if name in ("jacobian", "hessian"):
            command.add_argument("--layout", choices=LAYOUTS, default="numerator", help="default: numerator")
        if name == "gradient":
            command.add_argument(
                "--structure",
                choices=CHOICES,
                default="ignore",
                help="for a symmetric or diagonal variable: see the docs",
            )
        command.add_argument("--cheapest", action="store_true", help="also the formula of the fewest multiplications")
        command.add_argument("--conditions", action="store_true", help="say where the result is valid")
        command.add_argument("--properties", action="store_true", help="say what is known of the result")
        form = command.add_mutually_exclusive_group()
        form.add_argument("--json", action="store_true", help="print the result as JSON")
        form.add_argument("--latex", action="store_true", help="print the result as LaTeX")
        form.add_argument("--unicode", action="store_true", help="print the result in Unicode, for reading only")
        form.add_argument("--to", metavar="NOTATION", help=f"print the result in one of: {', '.join(WRITERS)}")
    emit = _formula_command(commands.add_parser("emit", help="NumPy code for the value and its derivative"))
    emit.add_argument("--name", default="formula", help="name of the function (default: formula)")
    emit.add_argument("--style", choices=STYLES, default="readable", help="default: readable")
    emit.add_argument("--dtype", choices=DTYPES, help="default: float64, or that of the arguments")
    emit.add_argument("--sizes", default="", metavar="SIZES", help="such as n=1000,m=50: what the order is chosen for")
    emit.add_argument("--target", choices=TARGETS, default="numpy", help="default: numpy; c is for --sizes")
    emit.add_argument("--objective", action="store_true", help="functions for an optimiser, with a self-check")
    emit.add_argument("-o", "--output", metavar="FILE", help="write the source to a file")
    emit.add_argument("--json", action="store_true", help="print the source and its interface as JSON")
    plan = _formula_command(commands.add_parser("plan", help="steps of the value and its derivative, with their costs"))
    plan.add_argument("--mode", choices=("forward", "reverse", "optimal"), help="default: optimal, after a comparison")
    plan.add_argument(
        "--sizes", default="", metavar="SIZES", help="such as n=1000,m=50; without, costs are polynomials"
    )
    form = plan.add_mutually_exclusive_group()
    form.add_argument("--dot", action="store_true", help="print the steps as a graph for Graphviz")
    form.add_argument("--svg", action="store_true", help="print the steps as a picture")
    chain = commands.add_parser("chain", help="the cheapest order of a product of Jacobians")
    chain.add_argument("dims", metavar="DIMS", nargs="?", default="", help="from the input to the loss: 10,6,8,2,1")
    chain.add_argument("--file", help="a chain of factors: their number, then a line: outputs inputs edges, for each")
    chain.add_argument("--memory", type=int, help="with --file: the largest tape, in edges")
    chain.add_argument("--json", action="store_true", help="print the costs as JSON")
    check_commands.add_parsers(commands)
    serve = commands.add_parser("serve", help="a page in the browser, on this machine")
    serve.add_argument("--host", default="127.0.0.1", help="default: 127.0.0.1, this machine alone")
    serve.add_argument("--port", type=int, default=8000, help="default: 8000; 0 is any that is free")
    serve.add_argument("--name", action="append", default=[], help="a name of this machine that browsers may use")
    return parser


def _formula_command(command: argparse.ArgumentParser) -> argparse.ArgumentParser:
    command.add_argument(
        "formula",
        metavar="FORMULA",
        help='such as "norm2(A*x - b)^2"; loss.py:loss is a function of a file; - reads standard input',
    )
    command.add_argument("by", metavar="WRT", help="the variable, such as x; x' for a row; X[1,2]; several: x,y")
    command.add_argument(
        "--where", default="", metavar="DECLARATIONS", help='such as "S: n×n symmetric, x: n positive"'
    )
    check_commands.add_notation(command)
    return command


# ---------------------------------------------------------------- commands
def _run(options: argparse.Namespace) -> tuple[str, int]:
    """The text to print, and the exit code."""
    if options.command == "chain":
        return _chain(options), 0
    if options.command == "verify":
        return check_commands.run_verify(options)
    if options.command == "serve":
        from matcalc.web.server import serve

        serve(options.host, options.port, options.name)
        return "", 0
    check_known(getattr(options, "to", None) or "text")
    text = _stdin() if options.formula == "-" else options.formula
    declared = parse_where(options.where)
    in_file = _IN_FILE.fullmatch(text)
    if in_file is not None:
        from matcalc.readers.numpy_source import read_function

        formula, names = read_function(check_commands.read_text(in_file["file"]), in_file["function"], declared)
    else:
        formula, names = read(text, declared, options.notation)
    formula = with_hints(formula, *names.values())
    inferred = {name: v for name, v in names.items() if v is not declared.get(name)}
    try:
        return _answered(options, text, formula, names, inferred)
    except (ShapeError, DerivativeError) as error:
        raise (error if error.text == options.by else _resting_on(inferred, error)) from None


def _answered(
    options: argparse.Namespace, text: str, formula: Expr, names: Mapping[str, Expr], inferred: Mapping[str, Expr]
) -> tuple[str, int]:
    if options.command == "check":
        return check_commands.run_check(options, formula, names, inferred)
    if options.command == "explain":
        return check_commands.run_explain(options, formula, names)
    by = _by(options.by, names)
    if isinstance(by, Expr) and by.kind == "transpose" and options.command != "derivative":
        hint = f"{options.command} by {by.operands[0]}, or matcalc derivative by {by}"
        raise DerivativeError(f"a {options.command} is by variables, not by {by}", hint=hint).at(
            options.by, (0, len(options.by))
        )
    try:
        if options.command == "emit":
            return _emit(options, formula, by), 0
        return (_plan if options.command == "plan" else _derived)(options, formula, by, names), 0
    except MatcalcError as error:
        raise error.at(text, (0, len(text))) from None


def _resting_on(inferred: Mapping[str, Expr], error: MatcalcError) -> MatcalcError:
    """The error, with the shapes that were inferred, on which it may rest."""
    if inferred:
        error.details += (f"not declared, and read as {check_commands.shapes(inferred)}; --where says otherwise",)
    return error


def _derived(options: argparse.Namespace, formula: Expr, by: By, names: Mapping[str, Expr]) -> str:
    derive, _, meaning = _KINDS[options.command]
    meaning = meaning if isinstance(by, Expr) else _OF_LISTS.get(options.command, meaning)
    choices = {name: getattr(options, name) for name in ("structure", "layout") if hasattr(options, name)}
    result = derive(formula, by, **choices)
    layout = choices.get("layout", "numerator")
    if layout != "numerator":
        meaning += ", here transposed"
    if choices.get("structure", "ignore") != "ignore":
        meaning += f", structure {choices['structure']}"
    if options.json:
        return _as_json(options, formula, result, names)
    shown = _shown(options, result, by)
    shape = shape_of_each(result) if _is_by_family(options, by) else str(result.shape)
    lines = [shown, f"shape {shape}, {layout} layout: {meaning}", check_commands.where(names)]
    if options.cheapest:
        lines.append(f"cheapest: {_shown(options, api.cheapest(result), by)}")
    if options.conditions:
        lines.append(f"valid for {', '.join(api.conditions(formula, result)) or 'all values'}")
    if options.properties:
        lines.append(f"the result is {', '.join(api.properties(result)) or 'of no known structure'}")
    return "\n".join(lines)


def _shown(options: argparse.Namespace, result: Expr, by: By) -> str:
    """The result as it was asked for; one that is a stack of members, as an equation for each."""
    if options.to is not None:
        return write(result, options.to)
    left = fresh_name(_LEFT[options.command], result)
    is_family = _is_by_family(options, by)
    plain: dict[Form, Callable[[Expr], str]] = {"text": str, "latex": to_latex, "unicode": to_unicode}

    def written(form: Form) -> str:
        return equation(left, result, form, of_members=is_family) or plain[form](result)

    if options.unicode and printable(written("unicode")) == written("unicode"):
        return written("unicode")
    return written("latex" if options.latex else "text")


def _is_by_family(options: argparse.Namespace, by: By) -> bool:
    """Whether the members of a gradient are those of a family."""
    return options.command == "gradient" and isinstance(by, Expr) and members_of(by) is not None


def _value_and_slope(formula: Expr, by: By) -> dict[str, Expr]:
    slope = "gradient" if formula.shape.is_scalar else "jacobian"
    return {"value": formula, slope: getattr(api, slope)(formula, by)}


def _emit(options: argparse.Namespace, formula: Expr, by: By) -> str:
    chosen = {"style": options.style, "dtype": options.dtype}
    sizes = _sizes(options.sizes)
    if options.objective:
        from matcalc.objectives import objective  # which loads NumPy

        if options.target != "numpy":
            raise MatcalcError("an objective is written for NumPy", hint='emit(..., target="numpy")')
        chosen["dtype"] = options.dtype or "float64"
        made = objective(formula, by, options.name, sizes=sizes, **chosen)
        source, interface = made.source, {"name": made.name, "arguments": list(made.arguments)}
    else:
        results = _value_and_slope(formula, by)
        emitted = api.emit(results, options.name, sizes=sizes, target=options.target, **chosen)
        source = emitted.source
        interface = {"name": emitted.name, "arguments": list(emitted.arguments), "results": emitted.results}
    if options.output:
        _write(options.output, source)
    if options.json:
        import json

        return json.dumps({**interface, "source": source}, ensure_ascii=False)
    return f"wrote {options.output}" if options.output else source.rstrip("\n")


def _write(path: str, text: str) -> None:
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise MatcalcError(f"cannot write {path}: {error.strerror}") from None


def _plan(options: argparse.Namespace, formula: Expr, by: By, names: Mapping[str, Expr]) -> str:
    results = _value_and_slope(formula, by)
    sizes = _sizes(options.sizes)
    compared = None if options.mode or options.dot or options.svg else api.compare_plans(results, sizes)
    chosen = api.plan(results, options.mode or "optimal", sizes) if compared is None else compared.plans["optimal"]
    if options.dot or options.svg:
        return str(chosen.to_dot() if options.dot else chosen.svg())
    shown = f"{chosen}\n{check_commands.where(names)}"
    return shown if compared is None else f"{compared}\n\n{shown}"


def _sizes(text: str) -> dict[str, int] | None:
    """n=1000,m=50"""
    found: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, size = (piece.strip() for piece in part.partition("="))
        number = decimal(size.removeprefix("-"))
        if not equals or not name or number is None:
            raise ParseError("sizes read: n=1000,m=50").at(text, (text.find(part), text.find(part) + len(part)))
        found[name] = -number if size.startswith("-") else number
    return found or None


def _chain(options: argparse.Namespace) -> str:
    import json
    from dataclasses import asdict

    if options.file:
        read = JacobianChain.read(check_commands.read_text(options.file))
        plan = read.optimal(options.memory)
        costs = {
            "tangent": read.tangent,
            "adjoint": read.adjoint,
            "preaccumulation": read.preaccumulation,
            "optimal": plan.cost,
        }
        if options.json:
            return json.dumps(costs)
        return "\n".join([*(f"{name:15}  {cost}" for name, cost in costs.items()), str(plan)])
    words = options.dims.split(",") if options.dims.strip() else []
    dims = [decimal(word.strip()) for word in words]
    bad = next((word for word, size in zip(words, dims, strict=True) if size is None), None)
    if bad is not None:
        place = options.dims.find(bad)
        error = ParseError(f"not a dimension: {shown(bad.strip())}", hint="matcalc chain 10,6,8,2,1")
        raise error.at(options.dims, (place, place + max(len(bad), 1)))
    found = chain([size for size in dims if size is not None])
    if options.json:
        return json.dumps({key: value for key, value in asdict(found).items() if key != "order"})
    return str(found)


def _as_json(options: argparse.Namespace, formula: Expr, result: Expr, names: Mapping[str, Expr]) -> str:
    import json

    shapes = {name: specification(v) for name, v in names.items()}
    return json.dumps(
        {
            "kind": options.command,
            "formula": str(formula),
            "by": options.by,
            "result": str(result),
            "latex": to_latex(result),
            "shape": {"rows": str(result.shape.rows), "cols": str(result.shape.cols)},
            "layout": getattr(options, "layout", "numerator"),
            "structure": getattr(options, "structure", "ignore"),
            "conditions": list(api.conditions(formula, result)),
            "properties": list(api.properties(result)),
            "variables": shapes,
        },
        ensure_ascii=False,
    )


def _by(text: str, names: Mapping[str, Expr]) -> By:
    """A variable, or a list of them: x,y or [x, y]."""
    listed = text.strip()
    is_bracketed = listed.startswith("[") and listed.endswith("]")
    parts = _COMMA.split(listed[1:-1] if is_bracketed else listed)
    return [_variable(part, names) for part in parts] if is_bracketed or len(parts) > 1 else _variable(text, names)


def _variable(text: str, names: Mapping[str, Expr]) -> Expr:
    name = text.strip()
    transposed = name.endswith("'")
    name = name.rstrip("'")
    if "[" in name:
        try:
            part = api.parse(name, names)
        except ParseError as error:
            base = name.partition("[")[0]
            if error.summary.endswith("is not bound") and base in names:
                error.hint = f"by all of it is by {base}, by one part by {base}[1]"
            raise
        return transpose(part) if transposed else part
    variable = check_commands.named(text, name, names)
    return transpose(variable) if transposed else variable


def _stdin() -> str:
    data = sys.stdin.buffer.read()
    try:
        return data.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        place = len(data[: error.start].decode("utf-8"))
        raise ParseError(
            "standard input is not UTF-8 text",
            f"byte {data[error.start]:#04x} does not belong there",
            hint="save the formula as UTF-8",
        ).at(data.decode("utf-8", "replace"), (place, place + 1)) from None


if __name__ == "__main__":
    sys.exit(main())

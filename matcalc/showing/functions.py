"""A function of the table in words, from its record: shapes, where it is defined, its derivative, and an example."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress

from matcalc.api import conditions, differential, gradient, jacobian
from matcalc.errors import MatcalcError
from matcalc.expr import Expr, name_of
from matcalc.facts import declare, implied
from matcalc.function import ABOVE, FLAT, Function
from matcalc.functions import FUNCTIONS

_WIDEST_EXAMPLE = 100  # characters of a result that is shown
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_OF_ENTRIES = {"u": "x", "v": "y", "w": "z"}  # how columns are called whose entries are these
_FACTS = {name: name for name in ("invertible", "posdef", "symmetric", "positive")}  # by the domain of samples


def described(record: Function) -> str:
    """All that a user wants to know of a function; the example is computed."""
    text = outlined(record)
    example = example_of(record)
    return f"{text}\n\nExample:\n{_indented(example)}" if example else text


def outlined(record: Function) -> str:
    """The same without the example."""
    called = f"{record.name}({', '.join(record.operands)})"
    lines = [f"{called}: {record.summary or 'a function without a summary'}."]
    if record.pair:
        lines.append(f"Of two arguments: {FUNCTIONS[record.pair].summary}.")
    lines += ["", f"Shapes: {shapes(record)}", f"Valid for: {_where(record)}", f"Derivative: {rule(record)}"]
    if record.interval is not None or record.gives:
        told = [f"entries in {record.range}"] if record.range else []
        lines.append(f"Value: {', '.join([*told, *record.gives])}")
    if record.aliases:
        lines.append(f"Also: {', '.join(record.aliases)}")
    if record.source:
        lines.append(f"Source: {record.source}")
    return "\n".join(lines)


def shapes(record: Function) -> str:
    """The signature with its brackets written as shapes: (n,n)->(1,1) is n×n → 1×1, and (n*n,n) is n²×n."""

    def side(letters: tuple[str, ...]) -> str:
        powers = Counter(letters)
        text = "*".join(x if k == 1 else f"{x}{_RAISED[k]}" for x, k in powers.items()) or "1"
        return f"({text})" if "+" in text or "-" in text else text

    def pair(sides: tuple[tuple[str, ...], tuple[str, ...]]) -> str:
        return "×".join(map(side, sides))

    forms = [f"{', '.join(map(pair, form.operands))} → {pair(form.result)}" for form in record.shape.forms]
    return " or ".join(forms)


def rule(record: Function, mark: Callable[[str], str] = str) -> str:
    """What the record says of the derivative; formulas in it are marked, as pages mark code."""
    if record.abstract is not None:
        return f"its Jacobian is {mark(f'D({record.name})')}"
    if record.derivative == FLAT:
        return "0"
    if record.derivative:
        parts = record.derivative.split("; ")
        if len(parts) == 1:
            return f"of each entry, {mark(record.derivative)}"
        pairs = zip(record.operands, parts, strict=True)
        return ", ".join(f"by {mark(operand)}, {mark(part)}" for operand, part in pairs) + ", of each entry"
    if record.differential:
        return f"the differential is {mark(record.differential)}"
    if record.definition:
        return f"that of {mark(record.definition)}"
    if record.contracts:
        return "linear" if len(record.operands) == 1 else "linear in each operand"
    return "not known"


def _where(record: Function) -> str:
    """Where the function and its derivative are defined, as ``conditions`` tells it of operands without facts."""
    if record.states or record.abstract is not None:
        return "all values"
    operands = _operands(record, {})
    value = record(*operands)
    found = conditions(value)
    with suppress(MatcalcError):  # it is the last derivative that is known
        found += conditions(value, _derived(value, operands[0], "")[1])
    return ", ".join(dict.fromkeys(found)) or "all values"


# ---------------------------------------------------------------- the example
def example_of(record: Function) -> str:
    """Declared operands, and a derivative of the function as the prompt shows it; nothing where there is none short."""
    if record.states or record.abstract is not None:
        return ""
    operands = _operands(record, _FACTS)
    value = record(*operands)
    called = f"mc.{record.name}({', '.join(map(name_of, operands))})"
    answers = {called: repr(value)}
    with suppress(MatcalcError):
        question, answer = _derived(value, operands[0], called)
        answers[question] = repr(answer)
    answers = {q: answer for q, answer in answers.items() if "…" not in answer and len(answer) <= _WIDEST_EXAMPLE}
    lines = [f">>> {line}" for line in ("import matcalc as mc", *map(_declared, operands))]
    return "\n".join([*lines, *(f">>> {question}\n{answer}" for question, answer in answers.items())])


def _operands(record: Function, known: Mapping[str, str]) -> list[Expr]:
    """Operands of the shapes of the signature; functions of entries are shown at columns."""
    found = []
    for name, sides in zip(record.operands, record.shape.forms[0].operands, strict=False):
        rows, cols = ("*".join(side) or "1" for side in sides)
        if record.elementwise:
            name, rows, cols = _OF_ENTRIES.get(name, name), "n", "1"
        fact = known.get(record.domain, "")
        found.append(declare(name, rows, cols, *([fact] if fact and (rows == cols or fact == "positive") else [])))
    return found


def _derived(value: Expr, x: Expr, text: str) -> tuple[str, Expr]:
    """How a derivative is asked for, and it: of a scalar the gradient, of a column by a column the Jacobian."""
    if value.shape.is_scalar:
        return f"mc.gradient({text}, {name_of(x)})", gradient(value, x)
    if value.shape.cols.number == 1 and x.shape.cols.number == 1:
        return f"mc.jacobian({text}, {name_of(x)})", jacobian(value, x)
    dx = declare(f"d{name_of(x)}", *x.shape)
    return f"mc.differential({text}, {name_of(x)}, {_made(dx)})", differential(value, x, dx)


def _declared(variable: Expr) -> str:
    return f"{name_of(variable)} = {_made(variable)}"


def _made(variable: Expr) -> str:
    """How a variable is declared in Python."""
    rows, cols = (f'"{side}"' if side.number is None else str(side) for side in variable.shape)
    told = set(variable.data[1])
    follow = {fact for other in told for fact in implied({other}, variable.shape) - {other}}
    facts = "".join(f', "{fact}"' for fact in sorted(told - follow))
    name = name_of(variable)
    if variable.shape.is_scalar:
        return f'mc.scalar("{name}"{facts})'
    if variable.shape.cols.number == 1:
        return f'mc.vector("{name}", {rows}{facts})'
    return f'mc.matrix("{name}", {rows}, {cols}{facts})'


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


ABOVE["describe"] = described

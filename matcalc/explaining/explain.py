"""How a derivative is derived: by the chain of Jacobians or by differentials; a sum goes term by term."""

from __future__ import annotations

from matcalc.errors import DerivativeError, shown
from matcalc.explaining.board import Board, Calculus, checked, confirm, row, vec
from matcalc.explaining.parts import chain_of_parts, fresh, leads_with_minus, moving_terms, sum_of
from matcalc.explaining.rules import LINEAR, rule_of
from matcalc.explaining.steps import Explanation, ExplanationStep
from matcalc.expr import Expr, call, mul, name_of, number, transpose
from matcalc.families import alike, is_of_matrices, members_of
from matcalc.functions import TR
from matcalc.lifting.lift import lift
from matcalc.lowering.lower import lower
from matcalc.network.build import scale
from matcalc.network.leaves import split_coefficient
from matcalc.rational import Fraction

_1 = Fraction(1)

STYLES = ("chain", "differential")
MOST_TERMS = 4  # that are derived one by one; of more, the linear ones are derived together
MOST_GROUPS = 8
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_OPENED = (
    "product rule",
    "quotient rule",
    "sum rule",
    LINEAR,
)  # whose differentials are shown before they are collected


def explain(f: Expr, x: Expr, style: str, calculus: Calculus) -> Explanation:
    """The derivation of the gradient of a scalar, or the Jacobian of ``f`` by ``x``.

    Raises:
        DerivativeError: the style is not known, or a step could not be confirmed.
    """
    if style not in STYLES:
        raise DerivativeError(f"unknown style: {shown(style)}", f"known: {', '.join(STYLES)}").about("style")
    named: dict[Expr, Expr] = {}
    terms = _terms(f, x)
    if not terms:
        board = Board(f, x, "f", calculus, named)
        steps = board.definitions("the formula", "in its parts")
        steps += _by_chain(board) if style == "chain" else _read_off(board, board.differentials())
        return Explanation(tuple(steps))
    boards = [Board(t, x, fresh(f"f{k}", f, x), calculus, named) for k, t in enumerate(terms.values(), 1)]
    steps = []
    for board, words in zip(boards, terms, strict=True):
        steps += board.definitions(words, f"{words}, in its parts")
    whole = Board(f, x, "f", calculus, named)
    for board in boards:
        steps += _derived_term(board) if style == "chain" else board.differentials()
    steps += _summed(whole, boards) if style == "chain" else _gathered(whole, boards)
    return Explanation(tuple(steps))


def _terms(f: Expr, x: Expr) -> dict[str, Expr]:
    """The terms that are derived one by one, by what they are called; none where one step is enough."""
    if chain_of_parts(f, x):
        return {}
    terms = moving_terms(f, x)
    if not 2 <= len(terms) <= len(ORDINALS) or all(rule_of(t, x).startswith(LINEAR) for t in terms):
        return {}
    if x.shape.is_scalar and not any(chain_of_parts(t, x) for t in terms):  # polynomials and the like
        return {}
    named = {f"the {ordinal} term": term for ordinal, term in zip(ORDINALS, terms, strict=False)}
    linear = [name for name, term in named.items() if rule_of(term, x).startswith(LINEAR)]
    if len(terms) > MOST_TERMS and len(linear) > 1:
        together = sum_of([named[name] for name in linear])
        named = {"the linear terms" if name == linear[0] else name: term for name, term in named.items()
                 if name not in linear[1:]} | {"the linear terms": together}  # fmt: skip
    return named if len(named) <= MOST_GROUPS else {}


# ---------------------------------------------------------------- by the chain of Jacobians
def _by_chain(board: Board) -> list[ExplanationStep]:
    """The Jacobians, and the gradient of a scalar from its row; by a matrix in one step, the gradient alone."""
    if not board.f.shape.is_scalar:
        return board.jacobians()
    if board.x.shape.is_scalar:
        return board.jacobians()
    if board.x.shape.cols.number == 1:
        return [*board.jacobians(), _gradient(board, "the gradient is the transpose, a column")]
    if len(board.layers) == 1:
        return [_gradient(board, rule_of(board.f, board.x))]
    return [*board.jacobians(), _gradient(board, "the gradient has the shape of its variable")]


def _gradient(board: Board, words: str, factors: str = "") -> ExplanationStep:
    f, x = board.f, board.x
    step = checked(f"∂{board.label}/∂{name_of(x)}", board.calculus.gradient(f, x), f, x, words, kind="gradient")
    return ExplanationStep(step.left, step.formula, words, factors, step.certificate, members_of(x) is not None)


def _derived_term(board: Board) -> list[ExplanationStep]:
    """The row of a term; by a matrix, its gradient."""
    return board.jacobians() if board.x.shape.cols.number == 1 else _by_chain(board)


def _summed(whole: Board, boards: list[Board]) -> list[ExplanationStep]:
    x = whole.x
    if not whole.f.shape.is_scalar:
        by = row(x)
        factors = " + ".join(f"∂{vec(board.label, board.f)}/∂{by}" for board in boards)
        answer = whole.calculus.jacobian(whole.f, x)
        step = checked(f"∂{vec('f', whole.f)}/∂{by}", answer, whole.f, x, "sum rule")
        return [ExplanationStep(step.left, answer, "sum rule", factors, step.certificate)]
    is_row = x.shape.cols.number == 1 and not x.shape.is_scalar
    factors = " + ".join(f"∂{board.label}/∂{row(x) if is_row else name_of(x)}" for board in boards)
    if is_row:
        return [_gradient(whole, "sum rule; the gradient is the transpose, a column", f"({factors})'")]
    return [_gradient(whole, "sum rule", factors)]


# ---------------------------------------------------------------- by differentials
def _read_off(board: Board, steps: list[ExplanationStep]) -> list[ExplanationStep]:
    """df collected, and the derivative read off it."""
    last = steps[-1]
    collected = _collected(board, last.formula)
    if len(steps) > 1:
        steps = [*steps, ExplanationStep("df", collected, "the parts written out")]
    elif str(collected) != str(last.formula):
        if last.reason.startswith(_OPENED):
            steps = [*steps, ExplanationStep("df", collected, _why_collected(board))]
        else:
            steps = [ExplanationStep("df", collected, last.reason)]
    return [*steps, _coefficient(board)]


def _gathered(whole: Board, boards: list[Board]) -> list[ExplanationStep]:
    """The sum of the differentials of the terms, collected."""
    factors = " + ".join(f"d{board.label}" for board in boards)
    moved = alike(whole.x, f"d{name_of(whole.x)}")
    collected = _collected(whole, whole.calculus.differential(whole.f, whole.x, moved))
    return [ExplanationStep("df", collected, f"sum rule; {_why_collected(whole)}", factors), _coefficient(whole)]


def _collected(board: Board, local: Expr) -> Expr:
    """df as the derivative times dx, or as tr(…*dX); as it came for matrices by matrices."""
    f, x = board.f, board.x
    dx = alike(x, f"d{name_of(x)}")
    df = local if len(board.layers) == 1 else board.calculus.differential(f, x, dx)
    if is_of_matrices(x):
        return df
    if f.shape.cols.number == 1 and x.shape.cols.number == 1:
        jacobian = board.calculus.jacobian(f, x)
        made = jacobian * dx if jacobian.shape.is_scalar or dx.shape.is_scalar else mul(jacobian, dx)
    elif f.shape.is_scalar:
        made = _trace(transpose(board.calculus.gradient(f, x)), dx)
    else:
        return df
    confirm(made, df)
    return made


def _trace(row: Expr, dx: Expr) -> Expr:
    """tr(row*dX), with a number before it."""
    view = lower(row)
    coefficient, node = split_coefficient(view.node)
    sign = -1 if coefficient < 0 and not leads_with_minus(lift(scale(-_1, node), view.rows)) else 1
    made = call(TR, mul(lift(scale(sign * _1, node), view.rows), dx))
    before = coefficient * sign
    return made if before == 1 else -made if before == -1 else number(before) * made


def _why_collected(board: Board) -> str:
    if not board.f.shape.is_scalar or board.x.shape.is_scalar:
        return "collected"
    if board.x.shape.cols.number == 1:
        return "collected: a scalar is its own transpose"
    return "collected: tr(A*B) = tr(B*A) and tr(A') = tr(A)"


def _coefficient(board: Board) -> ExplanationStep:
    """The derivative, read off df."""
    f, x = board.f, board.x
    name = name_of(x)
    if f.shape.is_scalar:
        is_column = x.shape.cols.number == 1
        of = f"∂f/∂{name}"
        form = f"{of}·d{name}" if x.shape.is_scalar else f"({of})'·d{name}" if is_column else f"tr(({of})'·d{name})"
        if is_of_matrices(x):
            form = f"the sum of all tr(({of}[k])'·d{name}[k])"
        return _gradient(board, f"read off: df = {form}")
    left = f"∂{vec('f', f)}/∂{row(x)}"
    df = "df" if f.shape.cols.number == 1 else "vec(df)"
    dx = f"d{name}" if x.shape.cols.number == 1 else f"vec(d{name})"
    return checked(left, board.calculus.jacobian(f, x), f, x, f"read off: {df} = ({left})·{dx}")

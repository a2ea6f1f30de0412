"""The prompt: what its lines answer, what stays from one to the next, and what is refused."""

from __future__ import annotations

import pytest

import matcalc as mc
from matcalc.cli import main
from matcalc.commands.prompt import completions, respond
from matcalc.commands.session import OWN, Session
from matcalc.commands.table import COMMANDS


def answers(*lines: str) -> list[str]:
    session = Session()
    return [session.answer(line)[0] for line in lines]


def last(*lines: str) -> str:
    """The first line of the last answer."""
    return answers(*lines)[-1].split("\n")[0]


DECLARED = "A: m×n, x: n, b: m, S: n×n symmetric"
TOLD = [  # lines, and the first line of what the last one answers
    (["x'*x"], "x'*x"),
    ([DECLARED, "x'*S*x"], "x'*S*x"),
    ([DECLARED], "A: m×n"),
    ([DECLARED, "gradient x'*S*x by x"], "2*S*x"),
    ([DECLARED, "gradient x'*S*x x"], "2*S*x"),
    ([DECLARED, 'gradient "x\'*S*x" x'], "2*S*x"),
    ([DECLARED, "gradient -x'*S*x by x"], "-2*S*x"),
    ([DECLARED, "gradient x'*S*x by x --to latex"], r"2 \, S \, x"),
    (["gradient x'*S*x by x --where S: n×n symmetric"], ""),  # an option of several words needs quotes
    (['gradient x\'*S*x by x --where "S: n×n symmetric"'], "2*S*x"),
    (["f = norm2(A*x - b)^2", "gradient f by x"], "2*A'*(A*x - b)"),
    (["f = norm2(A*x - b)^2", "hessian 3*f by x"], "6*A'*A"),
    (["f = norm2(A*x - b)^2", "gradient f by x,b"], "2*[-A'; eye(m)]*(b - A*x)"),
    (["f = norm2(A*x - b)^2", "check f by x: 2*A'*(A*x - b)"], "correct: proved: the same canonical form"),
    (["f = norm2(A*x - b)^2", "check f by x: A'*(A*x - b)"], "wrong: the values differ"),
    (["f = x'*x", "g = gradient f by x", "jacobian g by x"], "2*eye(n)"),
    (["gradient x'*A*x by x", "jacobian ans by x"], "A + A'"),
    (["x'*x", "2*ans"], "2*(x'*x)"),
    (["differential x'*A*x by x,A"], "dx'*A*x + x'*A*dx + x'*dA*x"),
    (["chain 10,6,8,2,1"], "reverse  124  ((J4*J3)*J2)*J1"),
    (["functions logdet"], "logdet(X): logarithm of the absolute value of the determinant."),
    (["help logdet"], "logdet(X): logarithm of the absolute value of the determinant."),
    (["names"], "no names yet"),
    ([DECLARED, "forget S", "gradient x'*S*x by x"], "(S + S')*x"),
    (["x: vector", "f = x'*x", "names"], "x: n×1"),
    (["help"], "A line is one of:"),
    ([""], ""),
]


@pytest.mark.parametrize(("lines", "told"), TOLD, ids=["; ".join(lines) for lines, _ in TOLD])
@pytest.mark.quick_part(1)
def test_lines_are_answered(lines: list[str], told: str) -> None:
    if not told and lines != [""]:
        with pytest.raises((SystemExit, mc.MatcalcError)):
            last(*lines)
    else:
        assert last(*lines) == told


REFUSED = [  # lines, what the last one is told, and a hint
    (["exp = x'*x"], "exp is a function", "choose another name"),
    (["gradient = x'*x"], "gradient is a command", ""),
    (["plan: n"], "plan is a command", ""),
    (["f = plan x'*x by x"], "plan gives no formula that could be named", ""),
    (["forget q"], "there is no name q", ""),
    (["gradient f"], "gradient is of a formula by a variable", "gradient x'*A*x by x"),
    (["gradient x'*x by z"], "not a variable", "variables: x"),
    (["x'*sofmax(x)"], "unknown function: sofmax", "did you mean softmax?"),
    (["x: n×m", "y: n", "x'*x*y"], "cannot multiply", ""),
    (["check x'*x by x"], "a claim is missing", ""),
    (["gradient x'*x by x --batch"], "--batch", ""),
    (["gradient x'*x by x --where \"x"], "the options cannot be read", ""),
    (["a b: n"], "", ""),
]


@pytest.mark.parametrize(("lines", "summary", "hint"), REFUSED, ids=["; ".join(lines) for lines, *_ in REFUSED])
@pytest.mark.quick_part(1)
def test_lines_are_refused(lines: list[str], summary: str, hint: str) -> None:
    session = Session()
    for line in lines[:-1]:
        session.answer(line)
    with pytest.raises(mc.MatcalcError) as refused:
        session.answer(lines[-1])
    assert summary in str(refused.value) and hint in str(refused.value)


def test_a_session_answers_what_the_command_line_does(capsys: pytest.CaptureFixture[str]) -> None:
    for command in COMMANDS.values():
        if command.example and command.name != "completion":
            main([command.name, *command.example])
            wanted = capsys.readouterr().out.rstrip("\n")
            words = command.example
            if command.has("formula"):
                formula, by, *rest = words
                claim = f": {rest.pop(0)}" if rest and not rest[0].startswith("--") else ""
                words = (formula, f"by {by}{claim}", *rest)
            assert answers(" ".join([command.name, *words]))[0] == wanted, command.name


def test_a_failed_line_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    session = Session()
    session.answer("f = x'*x")
    before = dict(session.names)
    for line in ("f = x'*sofmax(x)", "y: n×", "g = gradient f by q", "gradient f by x --layout", "f == 2"):
        respond(session, line)
        assert session.names == before, line
    told = capsys.readouterr()
    assert not told.out and "Traceback" not in told.err


def test_the_session_ends_when_it_is_told() -> None:
    for word in ("quit", "exit"):
        with pytest.raises(EOFError):
            Session().answer(word)


def test_words_are_completed_by_what_can_stand_there() -> None:
    session = Session()
    session.answer("weights: n")

    def of(line: str) -> list[str]:
        word = line.rpartition(" ")[2].rpartition("*")[2].rpartition("-")[2]
        return completions(session, line, len(line) - len(word), word)

    assert of("grad") == ["gradient"] and of("g = grad") == ["gradient"] and of("help grad") == ["gradient"]
    assert "gradient" not in of("x'*grad") and of("x'*sof") == ["softmax", "softplus"]
    assert of("gradient wei") == ["weights"]
    assert of("gradient x'*x by x --str") == ["structure"] and of("g = hessian f by x --lay") == ["layout"]
    assert {*COMMANDS, *OWN} <= {*of("")}


def test_an_interrupted_line_leaves_the_session(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(session: Session, line: str) -> str:
        raise KeyboardInterrupt

    session = Session()
    with monkeypatch.context() as patch:
        patch.setattr(Session, "answer", interrupted)
        respond(session, "hessian x'*x by x")
    assert capsys.readouterr() == ("", "interrupted\n")
    respond(session, "x'*x")
    assert capsys.readouterr().out.startswith("x'*x")

"""What a check found: correct, wrong or undecided, on what ground, and what is wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from matcalc.notation.markup import words
from matcalc.terminal import Printed, printable
from matcalc.version import __version__

ROUNDING = 1e-14  # of the largest entry: what rounding leaves of a zero beside it is shown as 0


@dataclass(frozen=True, repr=False)
class Counterexample(Printed):
    """A point where two formulas differ: sizes, values of the variables, and both values."""

    sizes: dict[str, int]
    values: dict[str, Any]  # nested lists
    left: Any
    right: Any

    def __str__(self) -> str:
        at = ", ".join(f"{name} = {_shown(value)}" for name, value in self.values.items())
        noise = ROUNDING * max(_size(self.left), _size(self.right))
        left, right = _shown(self.left, noise), _shown(self.right, noise)
        if left == right:
            left, right = _shown(self.left), _shown(self.right)
        return f"at {at}: {left}, not {right}"


@dataclass(frozen=True, repr=False)
class Verdict(Printed):
    """``status`` is "correct", "wrong" or "undecided"; ``ground`` says how that is known.

    For a wrong claim, ``mistake`` is a code such as "transpose" or "factor", ``explanation`` says it in words,
    ``repaired`` is the claim put right (and was checked), ``answer`` the derived formula, ``counterexample`` a point.
    """

    status: str
    ground: str
    mistake: str | None = None
    explanation: str = ""
    repaired: str | None = None
    answer: str | None = None
    counterexample: Counterexample | None = None
    evidence: dict[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.status == "correct"

    def __str__(self) -> str:
        lines = [f"{self.status}: {self.ground}"]
        if self.explanation:
            lines.append(self.explanation)
        if self.repaired is not None:
            lines.append(f"repaired: {self.repaired}")
        elif self.answer is not None and self.status != "correct":
            lines.append(f"the answer: {self.answer}")
        if self.counterexample is not None:
            lines.append(str(self.counterexample))
        return printable("\n".join(lines))

    def _repr_markdown_(self) -> str:
        from matcalc.checking.typeset import reasons, status_in_words

        answer = None if self else self.answer
        lines = [status_in_words(self.status, self.ground)]
        lines += reasons(self.explanation, self.repaired, answer, self.evidence)
        return "\n\n".join([*lines, *([words(str(self.counterexample))] if self.counterexample else [])])

    def to_json(self) -> str:
        """All that is needed to check the verdict again, without trust in the program that gave it."""
        return json.dumps({"version": __version__, **self.certificate}, ensure_ascii=False, sort_keys=True)

    @property
    def certificate(self) -> dict[str, Any]:
        """What ``to_json`` writes."""
        made: dict[str, Any] = {
            "status": self.status,
            "ground": self.ground,
            "mistake": self.mistake,
            "explanation": self.explanation,
            "repaired": self.repaired,
            "answer": self.answer,
            **self.evidence,
        }
        if self.counterexample is not None:
            example = self.counterexample
            made["counterexample"] = {
                "sizes": example.sizes,
                "values": example.values,
                "left": example.left,
                "right": example.right,
            }
        return made


def _shown(value: Any, noise: float = 0.0) -> str:
    """A number or an array as MATLAB writes it: [1, 2; 3, 4]; what is not larger than ``noise`` is 0."""
    if isinstance(value, list):
        if value and isinstance(value[0], list):
            return "[" + "; ".join(", ".join(_shown(entry, noise) for entry in row) for row in value) + "]"
        return "[" + ", ".join(_shown(entry, noise) for entry in value) + "]"
    return "0" if abs(value) <= noise else f"{value + 0.0:.6g}"  # never -0


def _size(value: Any) -> float:
    """The largest absolute value of the entries that are finite."""
    if isinstance(value, list):
        return max(map(_size, value), default=0.0)
    return abs(value) if isfinite(value) else 0.0

"""Functions in MATLAB's language run in one process of Octave: files, arguments as numbers, results read back."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from matcalc.emission.emitted import Emitted

OCTAVE = shutil.which("octave-cli") or shutil.which("octave")
NEEDS_OCTAVE = pytest.mark.skipif(OCTAVE is None, reason="Octave is not installed")


class Call(NamedTuple):
    """A function, and its arguments in MATLAB's shapes."""

    emitted: Emitted
    arguments: Sequence[Any]


def literal(value: Any) -> str:
    """An array in Octave's words, of two axes or more, in the order of columns."""
    array = np.asarray(value, dtype=float)
    if array.ndim < 2:
        array = array.reshape(-1, 1)
    numbers = " ".join(repr(float(x)).replace("nan", "NaN").replace("inf", "Inf") for x in array.ravel(order="F"))
    return f"reshape([{numbers}], [{', '.join(map(str, array.shape))}])"


def run(calls: Sequence[Call], folder: Path) -> list[list[np.ndarray] | str]:
    """The results of each call, or the message with which it ended."""
    lines = ["warning('off', 'all');", "more off;"]
    for k, (emitted, arguments) in enumerate(calls):
        place = folder / f"case{k}"
        place.mkdir()
        (place / f"{emitted.name}.m").write_text(emitted.source, encoding="utf-8")
        outputs = [f"r{j}" for j in range(len(emitted.results))]
        lines += [
            f"addpath('{place}');",
            "try",
            f"  [{', '.join(outputs)}] = {emitted.name}({', '.join(map(literal, arguments))});",
            *(
                f"  printf('={k} %d %s :%s\\n', isreal({r}), sprintf(' %d', size({r})), sprintf(' %.17g', {r}));"
                for r in outputs
            ),
            "catch failure",
            f"  printf('!{k} %s | %s\\n', failure.identifier, strrep(failure.message, \"\\n\", ' '));",
            "end",
            f"rmpath('{place}');",
            f"clear {emitted.name};",
        ]
    (folder / "driver.m").write_text("\n".join(lines), encoding="utf-8")
    assert OCTAVE is not None
    command = [OCTAVE, "--no-gui", "--norc", "--quiet", str(folder / "driver.m")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    found: list[list[np.ndarray] | str] = [[] for _ in calls]
    for line in done.stdout.splitlines():
        if told := re.match(r"!(\d+) (.*)", line):
            found[int(told[1])] = told[2]
        elif told := re.match(r"=(\d+) (\d) ([ \d]*):(.*)", line):
            assert told[2] == "1", f"a result of case {told[1]} is not real"
            sizes = [int(text) for text in told[3].split()]
            values = np.array([float(text) for text in told[4].split()])
            results = found[int(told[1])]
            assert isinstance(results, list)
            results.append(values.reshape(sizes, order="F"))
    assert done.returncode == 0, done.stderr
    return found

"""Emitted C++ is compiled, many functions in one program, and run at values.

A program that was compiled without a word is kept, by a digest of all that it was made of: the same texts are not
compiled again. To compile all of them anew, remove .pytest_cache.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from atexit import register
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from shutil import copy, rmtree
from tempfile import mkdtemp
from typing import Any, NamedTuple

import numpy as np
import pytest

from matcalc.emission.eigen.writing import word

COMPILER = shutil.which("g++") or shutil.which("clang++") or ""
EIGEN = next((p for p in map(Path, ("/usr/include/eigen3", "/usr/local/include/eigen3")) if p.is_dir()), None)
NEEDS_CPP = pytest.mark.skipif(not COMPILER or EIGEN is None, reason="there is no C++ compiler, or no Eigen")
STRICT = ("-std=c++17", "-Wall", "-Wextra", "-Wpedantic")
KEPT = Path(__file__).parents[1] / ".pytest_cache" / "cpp"
MOST_KEPT = 150  # programs of two megabytes

_FRAME = """
#include <cstdio>
#include <exception>
#include <iostream>
#include <vector>

template <typename Matrix>
Matrix read(Eigen::Index rows, Eigen::Index cols) {
    Matrix x(rows, cols);
    for (Eigen::Index i = 0; i < rows; ++i)
        for (Eigen::Index j = 0; j < cols; ++j) std::cin >> x(i, j);
    return x;
}

template <typename Matrix>
std::vector<Matrix> read_each(int count, Eigen::Index rows, Eigen::Index cols) {
    std::vector<Matrix> members;
    for (int k = 0; k < count; ++k) members.push_back(read<Matrix>(rows, cols));
    return members;
}

inline void print(double x) { std::printf("1 1 %.17g\\n", x); }

template <typename Derived>
void print(const Eigen::MatrixBase<Derived>& x) {
    std::printf("%d %d", static_cast<int>(x.rows()), static_cast<int>(x.cols()));
    for (Eigen::Index i = 0; i < x.rows(); ++i)
        for (Eigen::Index j = 0; j < x.cols(); ++j) std::printf(" %.17g", static_cast<double>(x(i, j)));
    std::printf("\\n");
}

template <typename Matrix>
void print(const std::vector<Matrix>& members) {
    const Eigen::Index rows = members.empty() ? 0 : members[0].rows(), cols = members.empty() ? 0 : members[0].cols();
    Eigen::MatrixXd all(members.size() * rows, cols);
    for (std::size_t k = 0; k < members.size(); ++k)
        all.middleRows(k * rows, rows) = members[k].template cast<double>();
    print(all);
}
"""


class Run(NamedTuple):
    """An emitted function, whose name is no other one's, and the values of its variables."""

    emitted: Any
    values: Mapping[str, Any]
    dtype: str = "float64"


@lru_cache(maxsize=4)
def _precompiled(options: tuple[str, ...]) -> Path:
    """A folder with Eigen's headers, compiled once: reading them takes longer than a function does."""
    folder = Path(mkdtemp())
    register(rmtree, folder, ignore_errors=True)
    header = folder / "frame.hpp"
    header.write_text(
        "#include <Eigen/Dense>\n#include <unsupported/Eigen/MatrixFunctions>\n" + _FRAME, encoding="utf-8"
    )
    subprocess.run([COMPILER, *STRICT, *options, "-isystem", str(EIGEN), "-x", "c++-header", str(header)], check=True)
    return folder


def compiled(folder: Path, sources: Mapping[str, str], main: str, *options: str) -> Path:
    """A program of these headers; the compiler has nothing to say about it."""
    for name, source in sources.items():
        (folder / name).write_text(source, encoding="utf-8")
    (folder / "main.cpp").write_text(main, encoding="utf-8")
    program = folder / "main"
    options = options or ("-O0",)
    made_of = repr((_compiler(), STRICT, options, _FRAME, sorted(sources.items()), main))
    kept = KEPT / sha256(made_of.encode()).hexdigest()
    if kept.exists():
        kept.touch()
        return kept
    included = ["-I", str(_precompiled(options)), "-isystem", str(EIGEN)]
    command = [COMPILER, *STRICT, *options, *included, "main.cpp", "-s", "-o", str(program)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert not done.returncode and not done.stderr, done.stderr[:6000]
    return _keep(program, kept)


@lru_cache(maxsize=1)
def _compiler() -> str:
    """What compiles, and Eigen's version."""
    assert EIGEN is not None
    told = subprocess.run([COMPILER, "-v"], capture_output=True, text=True, check=True).stderr
    return told + (EIGEN / "Eigen/src/Core/util/Macros.h").read_text(encoding="utf-8")[:4000]


def _keep(program: Path, kept: Path) -> Path:
    """Moves a program to where the next run of the tests finds it; those that were not used for longest make room."""
    KEPT.mkdir(parents=True, exist_ok=True)
    programs = sorted(KEPT.iterdir(), key=lambda path: path.stat().st_mtime)
    for old in programs[: len(programs) + 1 - MOST_KEPT]:
        old.unlink(missing_ok=True)
    partial = kept.with_name(f"{kept.name}.{os.getpid()}")  # another process finds all of it, or nothing
    copy(program, partial)
    partial.replace(kept)
    return kept


def run(runs: Sequence[Run], folder: Path, *options: str) -> list[list[np.ndarray] | str]:
    """The results of each run, as matrices; what is thrown, where it throws."""
    sources = {f"{r.emitted.name}.hpp": r.emitted.source for r in runs}
    calls, data = [], []
    for r in runs:
        arguments = []
        for name, argument in zip(r.emitted.variables, r.emitted.arguments, strict=True):
            array = np.asarray(r.values[name], dtype=float)
            signature = r.emitted.source[r.emitted.source.rindex("\ninline ") :].partition(" {")[0] + ","
            if re.search(rf"[(\s](?:double|float) {argument}[,)]", signature):
                array = array.reshape(())
            scalar = "float" if r.dtype == "float32" else "double"
            data += [repr(float(x)) for x in array.ravel()]
            if array.ndim > 2:
                kind = re.search(rf"std::vector<((?:(?!std::vector).)*)>& {argument}[,)]", r.emitted.source)
                assert kind is not None
                arguments.append(f"read_each<{kind[1]}>({', '.join(map(str, array.shape))})")
                continue
            is_row = "RowVector" in _parameter(r.emitted.source, argument)
            matrix = array.reshape(1, -1) if is_row else array.reshape(array.shape[0] if array.ndim else 1, -1)
            if array.ndim:
                kind = f"Eigen::Matrix<{scalar}, Eigen::Dynamic, Eigen::Dynamic>"
                if 1 in matrix.shape and array.ndim == 1:
                    kind = f"Eigen::Matrix<{scalar}, {'1, Eigen::Dynamic' if is_row else 'Eigen::Dynamic, 1'}>"
                arguments.append(f"read<{kind}>({matrix.shape[0]}, {matrix.shape[1]})")
            else:
                arguments.append(f"read<Eigen::Matrix<{scalar}, 1, 1>>(1, 1)(0)")
        locals_ = [f"const auto a{k} = {text};" for k, text in enumerate(arguments)]
        names = ", ".join(f"a{k}" for k in range(len(arguments)))
        got = f"const auto r = {word(r.emitted.name)}({names});"
        members = [f"r.{word(key)}" for key in r.emitted.results] if len(r.emitted.results) > 1 else ["r"]
        prints = " ".join(f"print({member});" for member in members)
        calls.append(
            f"    {{\n        {' '.join(locals_)}\n        try {{ {got} {prints} }}\n"
            f'        catch (const std::exception& e) {{ std::printf("! %s\\n", e.what()); }}\n'
            f'        std::printf("end\\n");\n    }}'
        )
    includes = "".join(f'#include "{name}"\n' for name in sources)
    main = '#include "frame.hpp"\n' + includes + "\nint main() {\n" + "\n".join(calls) + "\n}\n"
    program = compiled(folder, sources, main, *options)
    done = subprocess.run([program], input=" ".join(data), capture_output=True, text=True, check=False, timeout=120)
    assert not done.returncode, done.stderr[-3000:]
    return [_read(part) for part in done.stdout.split("end\n")[:-1]]


def _read(text: str) -> list[np.ndarray] | str:
    if text.startswith("! "):
        return text[2:].strip()
    found = []
    for line in text.splitlines():
        rows, cols, *entries = line.split()
        found.append(np.array(list(map(float, entries))).reshape(int(rows), int(cols)))
    return found


def _parameter(source: str, name: str) -> str:
    signature = source[source.rindex("\ninline ") :]
    before = signature.split(f"& {name},")[0] if f"& {name}," in signature else signature.split(f"& {name})")[0]
    return before[before.rfind("Ref<") :]

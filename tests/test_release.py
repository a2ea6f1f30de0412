"""What is released: a wheel and a source distribution that hold all that is needed; the wheel runs from elsewhere."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of both distributions."""
    pytest.importorskip("hatchling", reason="hatchling is not installed")
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder), "-t", "wheel", "-t", "sdist"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_wheel_holds_every_file_of_the_package_and_the_licences(built: Path) -> None:
    (path,) = built.glob("*.whl")
    held = set(ZipFile(path).namelist())
    own = {str(file.relative_to(ROOT)) for file in (ROOT / "matcalc").rglob("*") if file.is_file()}
    assert {name for name in own if "__pycache__" not in name} <= held
    licences = {
        f"{path.name[: -len('-py3-none-any.whl')]}.dist-info/licenses/{name}" for name in PROJECT["license-files"]
    }
    assert licences <= held
    assert not any(name.startswith(("tests/", "docs/", "benchmarks/")) for name in held)


def test_the_source_distribution_can_be_tested(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    wanted = [ROOT / name for name in ("pyproject.toml", "conftest.py", "README.md", "ARCHITECTURE.md")]
    for folder in ("docs", "tests", "examples", "benchmarks"):
        wanted += (ROOT / folder).rglob("*.py")
    assert {str(file.relative_to(ROOT)) for file in wanted} <= held


def test_the_wheel_runs_from_elsewhere(built: Path, tmp_path: Path) -> None:
    (path,) = built.glob("*.whl")
    ZipFile(path).extractall(tmp_path / "installed")
    code = 'import matcalc as mc; print(mc.__file__, mc.gradient(mc.parse("norm2(A*x - b)^2"), "x"))'
    where = {"PYTHONPATH": str(tmp_path / "installed")}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, cwd=tmp_path, env=where
    )
    assert done.returncode == 0, done.stderr
    assert str(tmp_path) in done.stdout and "2*A'*(A*x - b)" in done.stdout

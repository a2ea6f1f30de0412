"""The written architecture is the checked one."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ARCHITECTURE = ROOT / "ARCHITECTURE.md"
PACKAGE = ROOT / "matcalc"
LONGEST_MODULE = 450

MODULES = sorted(PACKAGE.rglob("*.py"))


def checked_layers() -> list[str]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    (layers,) = [contract["layers"] for contract in contracts if contract.get("containers") == ["matcalc"]]
    return [name.strip("()") for layer in layers for name in re.split(r"\s*[|:]\s*", layer)]


def written_layers() -> list[str]:
    text = ARCHITECTURE.read_text(encoding="utf-8")
    block = re.search(r"^#+ Layers\s*$.*?^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert block, "ARCHITECTURE.md has no fenced block under the heading Layers"
    return [line.split()[0].strip("/:,") for line in block.group(1).splitlines() if line.strip()]


@pytest.mark.skipif(not ARCHITECTURE.exists(), reason="ARCHITECTURE.md is not written yet")
def test_the_layers_of_the_document_are_those_of_the_import_contract() -> None:
    assert written_layers() == checked_layers()


@pytest.mark.skipif(not ARCHITECTURE.exists(), reason="ARCHITECTURE.md is not written yet")
def test_every_module_belongs_to_a_layer() -> None:
    names = {
        path.stem if path.is_file() else path.name
        for path in PACKAGE.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert names - {"__init__", "__main__"} == set(written_layers())


@pytest.mark.skipif(not ARCHITECTURE.exists(), reason="ARCHITECTURE.md is not written yet")
def test_every_module_that_the_document_names_exists() -> None:
    for name in re.findall(r"`(?:matcalc/)?([\w/]+\.py)`", ARCHITECTURE.read_text(encoding="utf-8")):
        assert list(ROOT.glob(f"*/**/{Path(name).name}")), name


@pytest.mark.parametrize("path", MODULES, ids=[str(path.relative_to(ROOT)) for path in MODULES])
def test_no_module_is_too_long(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE


@pytest.mark.parametrize("path", MODULES, ids=[str(path.relative_to(ROOT)) for path in MODULES])
def test_every_module_says_what_it_does(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not text.strip() or text.startswith('"""')


def test_patterns_that_are_compiled_later_are_asked_themselves() -> None:
    """``re`` takes no pattern that is not compiled yet: not re.sub(_WORD, …) but _WORD.sub(…)."""
    made = re.compile(r"^(\w+)(?:: [^=\n]+)? = regex\(", re.MULTILINE)
    names = {name for module in MODULES for name in made.findall(module.read_text("utf-8"))}
    for module in MODULES:
        text = module.read_text("utf-8")
        imported = {name for name in names if re.search(rf"\bimport\b.*\b{name}\b", text)}
        for name in {*made.findall(text), *imported}:
            assert not re.search(rf"\bre\.\w+\({name}\b", text), f"{module.name}: {name}"

"""``matcalc completion``: a script for a shell, written from the records of commands."""

from __future__ import annotations

from argparse import Namespace

from matcalc.commands.parser import parser
from matcalc.errors import MatcalcError


def run(options: Namespace) -> tuple[str, int]:
    try:
        import shtab
    except ImportError:
        raise MatcalcError(
            "completion scripts need the package shtab", hint="pip install 'matcalc-engine[cli]'"
        ) from None
    return str(shtab.complete(parser(), options.shell)).rstrip("\n"), 0

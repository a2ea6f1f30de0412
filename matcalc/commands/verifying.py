"""``matcalc verify``: a certificate that ``check --json`` wrote, checked again."""

from __future__ import annotations

from argparse import Namespace

from matcalc.api_checking import verify
from matcalc.commands.checking import CODES
from matcalc.commands.files import read_text


def run(options: Namespace) -> tuple[str, int]:
    verdict = verify(read_text(options.file))
    return verdict.to_json() if options.json else str(verdict), CODES[verdict.status]

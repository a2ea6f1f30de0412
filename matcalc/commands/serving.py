"""``matcalc serve``: the page in the browser."""

from __future__ import annotations

from argparse import Namespace

from matcalc.web.server import serve


def run(options: Namespace) -> tuple[str, int]:
    serve(options.host, options.port, options.name)
    return "", 0

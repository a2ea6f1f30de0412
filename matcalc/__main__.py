"""``python -m matcalc`` is the command line."""

import sys

from matcalc.cli import entry

sys.exit(entry())

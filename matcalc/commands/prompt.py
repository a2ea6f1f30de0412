"""``matcalc`` alone on a terminal: a prompt with history and completion, by the editor of lines that Python has.

Where Python has none, as on Windows, the terminal's own serves.
"""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from pathlib import Path

from matcalc.commands.messages import coloured, reported
from matcalc.commands.session import LAST, OWN, Session
from matcalc.commands.table import COMMANDS
from matcalc.errors import MatcalcError
from matcalc.functions import FUNCTIONS
from matcalc.terminal import printable
from matcalc.version import __version__

REMEMBERED = 1000  # lines of the history
_SPECIAL = " \t\n`~!@#$%^&*()-=+[{]}\\|;:'\",<>/?"  # what ends a word


def prompt() -> int:
    """Reads lines and answers them until the end of the input."""
    session = Session()
    history = _edited(session)
    print(f"matcalc {__version__}: type a formula, or help; Ctrl-D leaves")
    try:
        while True:
            try:
                line = input("> ")
            except KeyboardInterrupt:  # leaves the line, as in a shell
                print()
                continue
            respond(session, line)
    except EOFError:
        print()
    finally:
        _keep(history)
    return 0


def respond(session: Session, line: str) -> None:
    """Prints what a line answers, or what is wrong with it.

    Raises:
        EOFError: it says that the session ends.
    """
    try:
        text, options = session.answer(line)
    except MatcalcError as error:
        print(reported(error), file=sys.stderr)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
    except SystemExit:  # the parser of options has printed what it says
        pass
    else:
        if text:
            print(printable(coloured(text, options) if options is not None else text))


# ---------------------------------------------------------------- editing
def completions(session: Session, line: str, start: int, word: str) -> list[str]:
    """What may stand for the word that begins at a place of a line: options of a command, commands, names."""
    first = line.split(" ", 1)[0]
    if line[:start].endswith("--"):
        command = COMMANDS.get(re.sub(r"^\s*\w+\s*=\s*", "", line).split(" ", 1)[0])
        known = [name[2:] for a in (command.arguments if command else ()) for name in a.names if name[:2] == "--"]
        return sorted(name for name in [*known, "help"] if name.startswith(word))
    names = [*session.names, LAST, *FUNCTIONS]
    at_start = not line[:start].strip() or first in ("help",) or line[:start].rstrip().endswith("=")
    if at_start:
        names += [*COMMANDS, *OWN]
    return sorted({name for name in names if name.startswith(word)})


def _edited(session: Session) -> Path | None:
    """Gives lines a history and completion; returns the file of the history."""
    try:
        import readline
    except ImportError:
        return None

    def complete(word: str, number: int) -> str | None:
        found = completions(session, readline.get_line_buffer(), readline.get_begidx(), word)
        return found[number] if number < len(found) else None

    readline.set_completer(complete)
    readline.set_completer_delims(_SPECIAL)
    is_libedit = "libedit" in (readline.__doc__ or "")
    readline.parse_and_bind("bind ^I rl_complete" if is_libedit else "tab: complete")
    readline.set_history_length(REMEMBERED)
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    file = Path(state) / "matcalc" / "history"
    with suppress(OSError):  # there is none yet
        readline.read_history_file(file)
    return file


def _keep(history: Path | None) -> None:
    """Writes the history; a file that cannot be written is no reason to complain when one leaves."""
    if history is None:
        return
    import readline

    with suppress(OSError):
        history.parent.mkdir(parents=True, exist_ok=True)
        readline.write_history_file(history)

"""A worker process: it computes one answer after another, with limits of memory and no way to files or the network.

Importing this module loads all that an answer needs, so that processes that are forked later have it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import warnings
from importlib import import_module
from multiprocessing.connection import Connection
from pkgutil import iter_modules
from typing import Any

from matcalc.readers import READERS
from matcalc.web.answers import ANSWERS, answer
from matcalc.web.code import TARGETS
from matcalc.web.messages import READY, refusal
from matcalc.web.questions import BadRequest

MEMORY = 512 * 1024 * 1024  # bytes of address space
MOST_ANSWERS = 2_000  # of one process, then another takes its place: what it remembers is forgotten

_FORBIDDEN = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.remove", "os.rename",
              "os.mkdir", "os.rmdir", "os.chmod", "os.link", "os.symlink", "os.truncate", "os.putenv", "shutil.",
              "ctypes.dlopen", "ftplib.", "urllib.", "http.", "webbrowser.")  # fmt: skip
_PLACES = tuple(filter(None, sys.path))  # of modules


def serve(pipe: Connection, memory: int = MEMORY) -> None:
    """Says that it is ready, then answers what comes over the pipe: the answer, and whether it was the last one."""
    warnings.simplefilter("ignore")  # of Python, about code that was typed: they would be printed where the server runs
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which closes the pipe
    limit(memory)
    pipe.send_bytes(READY)
    for left in range(MOST_ANSWERS, 0, -1):
        try:
            what, fields = json.loads(pipe.recv_bytes())
        except EOFError:
            return
        made, is_spent = answered(what, fields)
        is_last = is_spent or left == 1 or has_grown(memory)
        pipe.send_bytes(json.dumps([made, is_last], ensure_ascii=False).encode("utf-8", "replace"))
        if is_last:
            return


def has_grown(memory: int) -> bool:
    """Whether this process holds so much that an answer might lack memory for what others left behind."""
    try:
        import resource
    except ImportError:
        return False
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit > memory / 2


def answered(what: str, fields: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """The answer, and whether the process is to be replaced. No exception leaves it: a message says what happened."""
    try:
        return answer(what, fields), False
    except BadRequest as error:
        return {"bad": str(error)}, False
    except MemoryError:
        return {"error": refusal("the formula needs more memory than one answer may take")}, True
    except RecursionError:
        return {"error": refusal("the formula is nested too deeply")}, False
    except Exception as error:
        return {"error": refusal(f"this is a mistake of matcalc: {type(error).__name__}: {str(error)[:200]}")}, True


def limit(memory: int) -> None:
    """Limits this process for good: memory, no files written, no processes, no connections.

    Where the system knows no such limits (Windows), the time limit alone holds.
    """
    sys.addaudithook(_refuse)
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """Python's own account of what the process is about to do: nothing is opened but modules of Python, for reading."""
    if event == "open":
        path, mode, flags = (*arguments, None, None, 0)[:3]
        is_written = (isinstance(mode, str) and set(mode) & set("wax+")) or (flags or 0) & (os.O_WRONLY | os.O_RDWR)
        is_module = isinstance(path, str) and path.endswith((".py", ".pyc", ".so", ".pyd")) and path.startswith(_PLACES)
        if is_written or not is_module:
            raise PermissionError(f"no file is opened for a formula: {path}")
    elif event.startswith(_FORBIDDEN):
        raise PermissionError(f"not done for a formula: {event}")


def _load() -> None:
    """Loads what is loaded on demand elsewhere, by one answer of each kind, and all modules of their packages."""
    for notation in READERS.values():
        import_module(f"matcalc.readers.{notation}")
    for what in ANSWERS:
        answered(what, {"formula": "norm2(A*x - b)^2 + logdet(S)", "claim": "A'*(A*x - b)", "by": "x"})
    for target in TARGETS:
        answered("code", {"formula": "x'*A*x", "target": target, "by": "x"})
    for formula in (
        "sum_i x_i A_ij x_j",
        r"\|Ax\|^2",
        "np.sum(A @ x)",
        "Trace(A*X)",
        "MatMul(A, x) + b",
        "Sum(x, n)",
        "A*",
    ):
        answered("derive", {"formula": formula})
        answered("check", {"formula": formula, "claim": "x + 1"})
    answered("derive", {"formula": "exp(0.5)*(a + 1)*(b + 1)*c", "notation": "sympy"})
    answered("plan", {"formula": "tr(A*B*C*D*E*F*G*H*X)", "by": "X"})
    answered("derive", {"formula": "norm2(A*x - b)^2", "by": "*", "kind": "hessian"})
    for name, module in [*sys.modules.items()]:
        if name.startswith("matcalc.") and hasattr(module, "__path__") and name != "matcalc.web":
            for part in iter_modules(module.__path__):  # what formulas of other kinds need
                import_module(f"{name}.{part.name}")


_load()

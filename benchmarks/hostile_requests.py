"""Hostile requests to the page, made from a seed: formulas, declarations, sizes, bodies, headers that nobody means."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from matcalc.web.answers import ANSWERS
from matcalc.web.code import TARGETS


class Hostile(NamedTuple):
    """A request: what kind of mischief it is, and the path, the headers and the body that are sent."""

    kind: str
    path: str
    headers: dict[str, str]
    body: bytes
    method: str = "POST"


VALID = {
    "text": [
        "norm2(A*x - b)^2", "x'*A*x", "sum(log(1 + exp(-y.*(X*w))))", "logdet(S) + tr(inv(S)*C)", "softmax(W*x)",
        "u'*u where u = A*x - b", "[A, b; b', c]", "sum_{i} x[i]^2", "kron(A, B)*vec(X)", "max(x, 0)", "A^3*x",
        "where(x < 0, x, x.^2)", "x[1:3]", "inv(A + c*eye(n))*b",
    ],
    "latex": [
        r"\frac12\|Ax-b\|_2^2 + \lambda\|x\|_2^2", r"\operatorname{tr}(A^\top X B)", r"\log\det(X)",
        r"\sum_{i=1}^n \log(1+e^{-y_i x_i})", r"x^{\top} A x", r"\begin{bmatrix} A & b \\ c^\top & 1\end{bmatrix}",
        r"\left\| X w - y \right\|^2", r"\sqrt{x^\top x}",
    ],
    "numpy": [
        "np.sum((X @ w - y)**2)", "x @ A @ x", "def loss(X, w, y):\n    r = X @ w - y\n    return r @ r / 2",
        "np.linalg.slogdet(S)[1]", "np.einsum('ij,j->i', A, x)", "lambda x: np.exp(x).sum()", "np.trace(A @ B.T)",
        "X * y[:, None]", "for i in range(3):\n    x = x * x\nx.sum()", "np.where(x > 0, x, 0).sum()",
    ],
    "index": ["f = x_i Y_ij x_j", "C_ik = A_ij B_jk", "sum_i (y_i - sum_j X_ij w_j)^2", "y[i] = sum_{j} A[i,j]*x[j]"],
    "sympy": ["Trace(A*X)", "MatMul(A, x)", "Determinant(X)", "Inverse(X)*b", "HadamardProduct(A, B)"],
}  # fmt: skip
ALL_VALID = [(notation, formula) for notation, formulas in VALID.items() for formula in formulas]

STRANGE = [
    "\0", "\x01", "\x1b[31m", "\r", "\u2028", "\u202e", "\ufeff", "\ufffd", "\ud800", "𝐱", "ﬁ", "é", "ⅷ", "²", "∂", "∇",
    "٣", "A\u0301", "\U0010ffff", "𒐫", "‖", "⊗", "𝟙", "½", "\u00a0", "\u200b",
]  # fmt: skip
PIECES = ["(", ")", "[", "]", "{", "}", "'", "^", "_", "\\", "*", "@", "/", ".", ",", ";", ":", "=", "==", "<", "|",
          "‖",
          "\"", "`", "$", "%", "#", "\n", "  ", "where", "lambda", "sum_{", "[i", "x_i", "0", "1e999", "-", "np.", ".T",
          "if", "else", "for", "None", "...", "**", "//", ">>", "~"]  # fmt: skip
OPENERS = ["(", "[", "{", "((", "exp(", "inv(", "sum_{i} ", "where(x<0,", "\\frac{", "\\left(", "\\sqrt{", "\\|", "|",
           "-", "√", "x^", "x_{", "np.sum(", "lambda x: ", "[[", "not ", "kron(A,", "'", "x if x else ",
           "f'{"]  # fmt: skip
CLOSERS = {"(": ")", "[": "]", "{": "}", "((": "))", "[[": "]]", "\\left(": "\\right)"}
ATTRIBUTES = [
    "__class__", "__class__.__bases__[0].__subclasses__()", "__init__.__globals__", "__dict__", "__reduce__", "mro()",
    "__getattribute__('x')", "func_globals", "gi_frame.f_builtins", "tofile('/tmp/x')", "dump('/tmp/x')", "ctypes",
    "__array_interface__", "base", "data", "format.__globals__",
]  # fmt: skip
CODE = [
    "__import__('os').system('true')", "import os\nos.system('true')\nx", "from subprocess import run\nrun('true')",
    "open('/etc/passwd').read()", "eval('1+1')", "exec('x=1')", "compile('1','','eval')", "globals()", "locals()",
    "vars()", "getattr(np, 'lo' + 'ad')('/etc/passwd')", "np.load('/etc/passwd')", "np.loadtxt('/etc/passwd')",
    "np.fromfile('/etc/passwd')", "np.memmap('/etc/passwd')", "np.lib.npyio.os.system('true')", "np.ctypeslib",
    "np.save('/tmp/x', x)", "np.f2py.compile('')", "np.testing.rundocs()", "np.random.seed(1)", "input()",
    "breakpoint()", "exit()", "raise SystemExit", "raise KeyboardInterrupt", "raise MemoryError", "assert False",
    "while True: pass", "[x for x in iter(int, 1)]", "def f(x): return f(x)\nf(x)", "x = yield", "await x", "async def",
    "class A: pass\nA", "print(x)", "help()", "with open('/etc/passwd') as f:\n    x = f\nx", "del np\nx",
    "global x\nx", "np = 3\nnp.sum(x)", "(lambda: (yield))()", "*x, y = x\nx", "x := open", "f'{open(1)}'", "b'x'",
    "import socket\nsocket.create_connection(('127.0.0.1', 9))\nx", "import urllib.request\nx", "import matcalc\nx",
    "np.ones(10**9)", "np.zeros((10**5, 10**5))", "np.arange(10**12)", "x * (9**9**9)", "'a' * 10**10", "range(10**18)",
    "1 << 10**10", "x.repeat(10**12)", "np.eye(10**9) @ x", "np.linalg.matrix_power(A, 10**9)", "x**10**9",
    "pow(9, 9**9)",
]  # fmt: skip
PATHS = ["/etc/passwd", "../../etc/passwd", "file:///etc/passwd", "C:\\Windows\\win.ini", "\\\\host\\share",
         "\\input{/etc/passwd}", "\\include{x}", "\\write18{ls}", "\\def\\x{\\x\\x}\\x", "\\newcommand{\\a}{\\a}\\a",
         "~root", "$(ls)", "`ls`", "; ls", "<script>alert(1)</script>", "{{7*7}}", "%s%n", "' OR 1=1 --"]  # fmt: skip
SPEC = [
    "", " ", "n", "n×n", "0", "-1", "1.5", "n×", "×n", "n×n×n", "n×n symmetric", "10^9×10^9", "9" * 40, "9" * 4000,
    "n*m×k", "n^99999×1", "(" * 500, "n+1", "n/2", "n-n", "K of n×n posdef", "K of K of n", "symmetric",
    "n×m symmetric",
    "n×n symmetric skew", "n positive negative", "n " + "positive " * 500, "lambda", "None", "__class__", "a,b", "n: m",
    "\0", "\ud800", "e^n", "pi", "x", "n×n " + "x" * 5000, "n=3", "1×1", "10000000000", "é×é",
]  # fmt: skip
SIZES: list[Any] = [
    {}, {"n": 1}, {"n": 10**6}, {"n": 10**12}, {"n": 10**30}, {"n": -1}, {"n": 0}, {"n": 1.5}, {"n": "3"}, {"n": None},
    {"n": True}, [], "n", {"n": 10**9, "m": 10**9, "k": 10**9}, {"": 3}, {"n" * 5000: 3}, {"n": [3]}, {"n": {"n": 3}},
    {f"n{k}": 3 for k in range(500)}, {"__class__": 3}, {"n": 64, "m": 64}, {"n": 1000, "m": 1000},
]  # fmt: skip
VALUES: list[Any] = [
    None, True, 0, -1, 1.5, 10**400, 1e308, "", "x", [], {}, [[]], {"x": {}}, "x" * 20_000, "\ud800", "\0",
    ["x"] * 1000,
    {"formula": "x"}, {str(k): k for k in range(200)},
]  # fmt: skip
NESTED = [
    b"[" * 60_000,
    b'{"a":' * 9_000,
    b'{"formula":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    b'{"a":' * 9_000 + b"1" + b"}" * 9_000,
]
BYTES = [
    b"", b"{", b"null", b"3", b'"x"', b"[]", b"\xff\xfe", b"\xef\xbb\xbf{}", b'{"formula": NaN}',
    b'{"formula": "\\ud800"}',
    b'{"formula": "\\u0000"}', b'{"formula": "x", "formula": 3}', b'{"formula": ' + b"9" * 50_000 + b"}", b"\0" * 100,
    b'{"formula": "x"}garbage', b" " * 63_000 + b"{}", b"a" * 63_999, b"a" * 64_001, b"\x1f\x8b\x08\x00", b"--x\r\n",
    b'{"formula": 1e99999}', b'{"formula": -Infinity}', b'{"__proto__": {"x": 1}, "formula": "x"}', *NESTED,
]  # fmt: skip
HEADERS: list[dict[str, str]] = [
    {"Host": "evil.example"}, {"Host": ""}, {"Host": "127.0.0.1@evil"}, {"Host": "[::1"}, {"Host": "a" * 5000},
    {"Content-Type": "text/plain"}, {"Content-Type": ""}, {"Content-Type": "application/json" * 100},
    {"Content-Type": "multipart/form-data; boundary=x"}, {"Content-Encoding": "gzip"}, {"Origin": "http://evil.example"},
    {"Sec-Fetch-Site": "cross-site"}, {"Transfer-Encoding": "chunked"}, {"Transfer-Encoding": "gzip, chunked"},
    {"Content-Length": "-1"}, {"Content-Length": "abc"}, {"Content-Length": "999999999999"}, {"Expect": "100-continue"},
    {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Key": "x", "Sec-WebSocket-Version": "13"},
    {"Upgrade": "h2c"}, {"X-Forwarded-For": "127.0.0.1"}, {"X-Forwarded-Host": "evil"},
    {"Range": "bytes=0-" + "9" * 50},
    {"If-None-Match": "x" * 5000}, {"Cookie": "a" * 30_000}, {"Accept": "\x00"}, {"X": "a\x0bb"},
    {"Accept-Encoding": "gzip;q=" + "9" * 500}, {"Authorization": "Basic Og=="}, {f"X-{k}": "x" for k in range(300)},
]  # fmt: skip
TARGET_PATHS = [
    "/../pyproject.toml", "/static/../server.py", "/static/%2e%2e/server.py", "/static/..%2fserver.py", "/%00",
    "/static//etc/passwd", "/static/%2fetc/passwd", "//evil.example/", "/api/", "/api/__class__", "/api/derive/x",
    "/api/%64erive", "/api/derive?x=" + "a" * 5000, "/" + "a" * 20_000, "/static/katex/fonts", "/static/.",
    "/api/about",
    "/static/page.js%00.html", "*", "http://evil.example/", "/static/\\..\\server.py", "/;/", "/#", "/?" + "&a" * 2000,
]  # fmt: skip


def _garbled(rng: random.Random, text: str) -> str:
    """A formula with a few edits."""
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        at = rng.randrange(len(text) + 1)
        end = min(len(text), at + rng.choice((0, 0, 1, 2, 5)))
        chosen = rng.random()
        if chosen < 0.35:
            text = text[:at] + rng.choice(PIECES) + text[end:]
        elif chosen < 0.45:
            text = text[:at] + rng.choice(STRANGE) + text[end:]
        elif chosen < 0.6:
            text = text[:at] + text[at + rng.choice((1, 2, 5)) :]
        elif chosen < 0.75:
            text = text[:end] + text[at:end] * rng.choice((1, 2, 30)) + text[end:]
        elif chosen < 0.9:
            other = rng.choice(ALL_VALID)[1]
            text = text[:at] + other[rng.randrange(len(other)) :] + text[end:]
        else:
            text = text[:at] + text[at:][::-1]
    return text[:9_999]


def _nested(rng: random.Random) -> str:
    opener = rng.choice(OPENERS)
    count = rng.choice((20, 100, 300, 1000, 3000))
    inner = rng.choice(("x", "A*x", "", "1", "x'*x"))
    closer = CLOSERS.get(opener, ")" if opener.endswith("(") else "}")
    return (opener * count + inner + closer * rng.choice((0, count)))[:9_999]


NUMBERS = (
    "9" * 30, "9" * 4_000, "1e308", "1e-320", "1e9999", "0." + "0" * 3000 + "1", "10^1000", "2^10^10", "-1e400", "1/0",
    "0/0", "10^-400", "1e", "0x" + "f" * 2000, "1_000", "9" * 9_000,
)  # fmt: skip
FORMS = (
    "x^{}", "{}*x", "x[{}]", "eye({})*x", "x/{}", "A^{}*x", "sum_{{i=1}}^{} x", "zeros({0},{0})", "x^(1/{})",
    "ones({0},{0})*x", "x[1:{}]", "unit(n,{})", "exp({})*x", "s^{0} + s^-{0}", "det(A)^{}",
)  # fmt: skip


def _huge(rng: random.Random) -> str:
    number, form = rng.choice(NUMBERS), rng.choice(FORMS)
    return form.format(number)[:9_999]


def _doubled(step: str, count: int) -> str:
    steps = (f"u{k} = {step.replace('u', f'u{k - 1}')}" for k in range(1, count + 1))
    return f"u{count} where u0 = A, {', '.join(steps)}"


DOUBLING = ("u*u", "u+u'", "kron(u,u)", "[u,u;u,u]", "u.*u + A", "inv(u)", "exp(u)*u", "u^9")


def _growing(rng: random.Random) -> str:
    """What is short and means much."""
    n = rng.choice((5, 12, 30, 100))
    letters = [f"{chr(97 + k % 26)}{chr(97 + (k + 1) % 26)}" for k in range(n)]
    several = "+".join(f"a{k}" for k in range(n))
    return rng.choice((
        lambda: _doubled(rng.choice(DOUBLING), n),
        lambda: f"({several})^{rng.choice((2, 5, 9, 50))}",
        lambda: "*".join(f"(a{k} + b{k})" for k in range(n)),
        lambda: "*".join(f"(A{k} + B{k})" for k in range(n)),
        lambda: " + ".join(f"x{k}'*A{k}*x{k}" for k in range(n)),
        lambda: "*".join(["exp(x)'*A*x"] * n),
        lambda: "inv(" * n + "A + x*x'" + ")" * n,
        lambda: "kron(" * min(n, 9) + "A" + ",A)" * min(n, 9),
        lambda: "exp(" * n + "sin(c)*c" + ")" * n,
        lambda: f"[{';'.join([','.join(['A'] * n)] * n)}]",
        lambda: f"sum_{{{','.join(f'i{k}' for k in range(n))}}} " + "*".join(f"x[i{k}]" for k in range(n)),
        lambda: f"np.einsum('{','.join(letters)}'{',A' * n})",
        lambda: "y = x\n" + "y = y * y + x\n" * n + "y.sum()",
        lambda: "y = A\n" + "y = np.kron(y, y)\n" * n + "y.sum()",
        lambda: "s = 0\nfor i in range(" + str(10**rng.choice((1, 3, 6, 12))) + "):\n    s = s + x @ x * i\ns",
        lambda: "/".join(["(c + 1)"] * n),
        lambda: "^".join(["c"] * n),
        lambda: f"(1 + c + c^2)^{rng.choice((10, 100, 1000, 10**6))}",
        lambda: f"(A + B)^{rng.choice((3, 8, 20, 10**6))}*x",
        lambda: "*".join(["(x'*A*x + c)"] * n),
    ))()[:9_999]  # fmt: skip


KINDS = (
    *["garbled"] * 4, "nested", "huge", "strange", "long", "open", "attribute", "code", "path", "growing", "where",
    "order",
)  # fmt: skip
DEFINITIONS = (
    "x = x", "x = y", "y = x", "u = u*u", "A = 3", "x = x + 1", "", "=", "= 3", "x =", "1 = 2", "n = 3", "sum = x",
    "x = (", "x: n", "x = open('/etc/passwd')", "where = x", "x = x where x = x", "inv = A", "f(x) = x", "x[1] = 2",
    "A = A'", "b = A*b", "x = 10^10^10", "__class__ = x",
)  # fmt: skip
ORDERS = (
    "jax.grad(jax.grad(jax.grad(lambda x: x @ x)))(x)", "jax.hessian(jax.hessian(f))(x)", "grad(grad(f))", "f(x)",
    "d^100/dx^100 x^100", r"\frac{\partial^{1000} f}{\partial x^{1000}}", "D(D(D(x)))", "hessian(hessian(x'*x))",
    "gradient(x'*x, x)", "np.gradient(np.gradient(x))", "jax.jacfwd(jax.jacrev(lambda x: x))(x)", "diff(f, x, 99)",
    "torch.autograd.grad(x, x)", r"\nabla^{50} f", "∂∂∂∂f/∂x∂x∂x∂x", "np.diff(x, n=10**9)", "np.polyder(x, 10**9)",
)  # fmt: skip
JOINTS = ("+", "*", " ", "'*", "\n", ", ", ".*", "\\\\", "@")


def _formula(rng: random.Random) -> tuple[str, str]:
    """A kind of mischief, and a formula of it."""
    kind = rng.choice(KINDS)
    valid = rng.choice(ALL_VALID)[1]
    made: dict[str, Callable[[], str]] = {
        "garbled": lambda: _garbled(rng, valid),
        "nested": lambda: _nested(rng),
        "huge": lambda: _huge(rng),
        "strange": lambda: "".join(rng.choices((*STRANGE, valid[:5], "x", "*"), k=rng.choice((1, 3, 20, 500)))),
        "long": lambda: (valid + rng.choice(JOINTS)) * rng.choice((5, 40, 300)),
        "where": lambda: f"{valid} where {', '.join(rng.choices(DEFINITIONS, k=rng.choice((1, 2, 5))))}",
        "order": lambda: rng.choice(ORDERS),
        "open": lambda: valid[: rng.randrange(len(valid) + 1)],
        "attribute": lambda: f"{rng.choice(('x', 'np', 'A', '()', 'np.linalg', '1', 'x.T'))}.{rng.choice(ATTRIBUTES)}",
        "code": lambda: rng.choice(("", "x + ", "def f(x):\n    return ")) + rng.choice(CODE),
        "path": lambda: rng.choice(("", "x*", "'")) + rng.choice(PATHS),
        "growing": lambda: _growing(rng),
    }
    return kind, made[kind]()[:9_999]


def _fields(rng: random.Random) -> tuple[str, dict[str, Any]]:
    """A kind of mischief, and the fields of a request."""
    kind, formula = _formula(rng)
    fields: dict[str, Any] = {"formula": formula, "notation": rng.choice(("auto", "auto", *VALID))}
    if rng.random() < 0.2:
        kind, fields["formula"] = "declared", rng.choice(ALL_VALID)[1]
        names = rng.sample(("x", "A", "b", "S", "n", "", "lambda", "__class__", "x y", "\0", "x" * 99, "é", "u"), 2)
        fields["declared"] = {name: rng.choice(SPEC) for name in names}
    if rng.random() < 0.25:
        fields["kind"] = "hessian"
        fields["then"] = rng.choice(("", "", "x", "A", "b", "*", "__class__"))
    if rng.random() < 0.3:
        fields["by"] = rng.choice(("x", "A", "*", "S", "", "\0", "x'", "n", "x" * 500, "__class__"))
    fields["structure"] = rng.choice(("ignore", "ignore", "project", "free"))
    fields["style"] = rng.choice(("chain", "differential"))
    fields["target"] = rng.choice([*TARGETS])
    fields["sizes"] = rng.choice(SIZES) if rng.random() < 0.3 else {}
    valid = rng.choice(ALL_VALID)[1]
    fields["claim"] = rng.choice((formula, valid, _garbled(rng, valid), "2*x"))
    if rng.random() < 0.06:
        kind, fields[rng.choice([*fields])] = "field", rng.choice(VALUES)
    return kind, fields


def requests(count: int, seed: int) -> Iterator[Hostile]:
    """So many requests, that follow from the seed."""
    rng = random.Random(seed)
    for _ in range(count):
        what = rng.choice(("derive", "derive", "derive", *ANSWERS))
        plain = {"Content-Type": "application/json"}
        chosen = rng.random()
        if chosen < 0.03:
            yield Hostile("body", f"/api/{what}", plain, rng.choice(BYTES))
        elif chosen < 0.06:
            body = json.dumps({"formula": rng.choice(ALL_VALID)[1]}).encode()
            yield Hostile("headers", f"/api/{what}", {**plain, **rng.choice(HEADERS)}, body)
        elif chosen < 0.08:
            method = rng.choice(("GET", "POST", "HEAD", "PUT", "X" * 50))
            yield Hostile("path", rng.choice(TARGET_PATHS), plain, b"", method)
        else:
            kind, fields = _fields(rng)
            yield Hostile(kind, f"/api/{what}", plain, json.dumps(fields).encode())

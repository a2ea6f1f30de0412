"""What LaTeX's macros mean in formulas: tables that the reader looks into."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LOWER = (
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi omicron pi varpi rho "
    "varrho sigma varsigma tau upsilon phi varphi chi psi omega ell hbar"
)
_UPPER = "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
LETTERS = words(f"{_LOWER} {_UPPER} Alpha Beta Eta Kappa Mu Nu Rho Tau Chi")
VARIANTS = {"varepsilon": "epsilon", "vartheta": "theta", "varphi": "phi", "varrho": "rho", "varsigma": "sigma"}

FONTS = words(
    "mathbf bm boldsymbol mathsf mathit mathcal mathfrak mathscr mathtt pmb mathbfit mathbb mathbbm mathds "
    "mathrm textbf textit textrm textsf texttt textnormal text mbox operatorname symbf symbfit bs vec vect "
    "overrightarrow bold"
)
UPRIGHT = words("mathrm text textrm textnormal textsf texttt mbox operatorname mathit mathsf")
BLACKBOARD = words("mathbb mathbbm mathds")
SWITCHES = words("bf rm it sf tt cal boldmath bfseries displaystyle textstyle scriptstyle limits nolimits")

ACCENTS = {
    "hat": "hat", "widehat": "hat", "tilde": "tilde", "widetilde": "tilde", "bar": "bar", "overline": "bar",
    "dot": "dot", "ddot": "ddot", "check": "check", "breve": "breve", "underline": "", "mathring": "ring",
}  # fmt: skip

SPACES = frozenset([",", ";", "!", ":", ">", " ", "/", "thinspace", "medspace", "thickspace", "enspace", "negthinspace",
    "nonumber", "notag", "noindent", "allowbreak", "mathstrut", "strut", "hfill", "middle", "mathop", "mathrel",
    "mathbin", "mathord", "ensuremath", "boxed", "null", "relax", "left", "right",
    *(size + side for size in ("big", "Big", "bigg", "Bigg") for side in ("", "l", "r", "m"))])  # fmt: skip
OPENERS = frozenset(["left", *(size + "l" for size in ("big", "Big", "bigg", "Bigg"))])
CLOSERS = frozenset(["right", *(size + "r" for size in ("big", "Big", "bigg", "Bigg"))])
WITH_A_GROUP = words("label tag hspace vspace phantom hphantom vphantom color ref eqref cite footnote intertext")
GAPS = frozenset(["quad", "qquad", "\\", "newline", "cr"])

SIGNS = {
    "lbrace": "{", "rbrace": "}", "{": "{", "}": "}", "lbrack": "[", "rbrack": "]", "langle": "<", "rangle": ">",
    "lvert": "|", "rvert": "|", "lVert": "‖", "rVert": "‖", "vert": "|", "Vert": "‖", "|": "‖", "mid": "|",
}  # fmt: skip
EQUALS = words("coloneqq equiv triangleq eqqcolon doteq")
RELATIONS = {
    "<": "<", ">": ">", "=": "==", "lt": "<", "gt": ">", "le": "<=", "leq": "<=", "leqslant": "<=", "ge": ">=",
    "geq": ">=", "geqslant": ">=", "ne": "!=", "neq": "!=", "≤": "<=", "≥": ">=", "≠": "!=",
}  # fmt: skip
INFIX = {
    "cdot": "dot", "bullet": "dot", "·": "dot", "⋅": "dot", "times": "times", "×": "times", "odot": "hadamard",
    "circ": "hadamard", "∘": "hadamard", "⊙": "hadamard", "*": "star", "ast": "convolve", "otimes": "kron",
    "⊗": "kron", "oslash": "eldiv", "⊘": "eldiv", "/": "div", "div": "div", ":": "frobenius",
}  # fmt: skip
FRACTIONS = words("frac tfrac dfrac cfrac nicefrac sfrac")

FUNCTIONS = {
    "exp": "exp", "log": "log", "ln": "log", "sin": "sin", "cos": "cos", "tan": "tan", "sinh": "sinh", "cosh": "cosh",
    "tanh": "tanh", "arcsin": "arcsin", "arccos": "arccos", "arctan": "arctan", "det": "det", "tr": "tr", "Tr": "tr",
    "trace": "tr", "Trace": "tr", "diag": "diag", "Diag": "diag", "sgn": "sign", "sign": "sign", "abs": "abs",
    "ReLU": "relu", "Relu": "relu", "relu": "relu", "sigmoid": "sigmoid", "sigm": "sigmoid", "logistic": "sigmoid",
    "Sigmoid": "sigmoid", "softmax": "softmax", "Softmax": "softmax", "SoftMax": "softmax", "softplus": "softplus",
    "Vec": "vec", "etr": "etr", "logdet": "logdet", "ldet": "logdet", "lse": "logsumexp", "LSE": "logsumexp",
    "LogSumExp": "logsumexp", "logsumexp": "logsumexp", "erf": "erf", "vec": "vec", "inv": "inv", "arcsinh": "",
    "TR": "tr", "lgamma": "lgamma", "Det": "det", "DIAG": "diag", "asin": "arcsin", "acos": "arccos", "atan": "arctan",
}  # fmt: skip
NOT_READ = words("var Var cov Cov std sinc rank norm phi max min sup inf arg")
OF_MATRICES = words("tr det logdet")  # what these say of AB without brackets, they say of the product
MACROS_OF_PEOPLE = {"norm": "‖", "abs": "|", "Norm": "‖", "Abs": "|", "absolute": "|"}
INNER = words("inner innerproduct ip iprod innerp inp dotp braket dotprod")

MATRICES = {"bmatrix": "", "pmatrix": "", "matrix": "", "smallmatrix": "", "Bmatrix": "", "array": "",
            "vmatrix": "|", "Vmatrix": "‖"}  # fmt: skip
SETS = frozenset(["in", "∈"])

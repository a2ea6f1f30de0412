"""The open table: every function that matcalc knows, one record each. Adding a function is adding a record."""

from __future__ import annotations

from matcalc.errors import ShapeError
from matcalc.function import CONDITIONS, PAIRED, Function
from matcalc.functions.conditions import WHERE as WHERE
from matcalc.functions.convolution import CONVOLUTION
from matcalc.functions.elementwise import ELEMENTWISE
from matcalc.functions.elementwise import POWER as POWER
from matcalc.functions.norms import NORMS
from matcalc.functions.products import PRODUCTS
from matcalc.functions.rotations import ROTATIONS
from matcalc.functions.sequences import SEQUENCES
from matcalc.functions.spectral import SPECTRAL
from matcalc.functions.square import SQUARE
from matcalc.functions.statistics import STATISTICS
from matcalc.functions.structure import STRUCTURE

_RECORDS = (
    *(*ELEMENTWISE, *STRUCTURE, *SQUARE, *SPECTRAL, *NORMS),
    *(*PRODUCTS, *STATISTICS, *ROTATIONS, *SEQUENCES, *CONVOLUTION),
)

FUNCTIONS: dict[str, Function] = {f.name: f for f in _RECORDS}

BUILT_IN = frozenset((*_RECORDS, *CONDITIONS.values(), POWER))  # what ``register`` enters besides is a user's

PAIRED.update({f.pair: FUNCTIONS[f.pair] for f in FUNCTIONS.values() if f.pair})

ALIASES: dict[str, Function] = {alias: f for f in FUNCTIONS.values() for alias in f.aliases}

# Functions that algorithms treat by themselves, or make; everything else goes by what records say.
ABS = FUNCTIONS["abs"]
ATLEAST = CONDITIONS["nonnegative"]
CIRCSUMS = FUNCTIONS["circsums"]
CIRCULANT = FUNCTIONS["circulant"]
CIRCULANTTENSOR = FUNCTIONS["circulanttensor"]
COLSUM = FUNCTIONS["colsum"]
CONV = FUNCTIONS["conv"]
CONVMATRIX = FUNCTIONS["convmatrix"]
CONVTENSOR = FUNCTIONS["convtensor"]
CORR = FUNCTIONS["corr"]
COS = FUNCTIONS["cos"]
COSH = FUNCTIONS["cosh"]
CROSS = FUNCTIONS["cross"]
CUMSUM = FUNCTIONS["cumsum"]
DET = FUNCTIONS["det"]
DIAG = FUNCTIONS["diag"]
DIFF = FUNCTIONS["diff"]
DIFFMATRIX = FUNCTIONS["diffmatrix"]
DIVDIFF = FUNCTIONS["divdiff"]
DPOLAR = FUNCTIONS["dpolar"]
DIFFERS = CONDITIONS["nonzero"]
EITHER = CONDITIONS["or"]
EIGGAP = FUNCTIONS["eiggap"]
EIGVALS = FUNCTIONS["eigvals"]
EIGVECS = FUNCTIONS["eigvecs"]
EQUALS = CONDITIONS["iszero"]
EXP = FUNCTIONS["exp"]
EXPM = FUNCTIONS["expm"]
EXPM1 = FUNCTIONS["expm1"]
HANKEL = FUNCTIONS["hankel"]
HAT = FUNCTIONS["hat"]
INV = FUNCTIONS["inv"]
INVMILLS = FUNCTIONS["invmills"]
KHATRIRAO = FUNCTIONS["khatrirao"]
KRON = FUNCTIONS["kron"]
LEFTSV = FUNCTIONS["leftsv"]
LEVICIVITA = FUNCTIONS["levicivita"]
LOG = FUNCTIONS["log"]
LOG1P = FUNCTIONS["log1p"]
LOGDET = FUNCTIONS["logdet"]
LOGSUMEXP = FUNCTIONS["logsumexp"]
LOWERSUMS = FUNCTIONS["lowersums"]
LOWERTENSOR = FUNCTIONS["lowertensor"]
MAX = FUNCTIONS["max"]
MIN = FUNCTIONS["min"]
NORM1 = FUNCTIONS["norm1"]
NORM_P = FUNCTIONS["norm_p"]
NORM2 = FUNCTIONS["norm2"]
NOT = CONDITIONS["not"]
NUCLEARNORM = FUNCTIONS["nuclearnorm"]
PINV = FUNCTIONS["pinv"]
RELU = FUNCTIONS["relu"]
REVCUMSUM = FUNCTIONS["revcumsum"]
RODRIGUES = FUNCTIONS["rodrigues"]
ROWLOGSUMEXP = FUNCTIONS["rowlogsumexp"]
ROWSOFTMAX = FUNCTIONS["rowsoftmax"]
ROWSUM = FUNCTIONS["rowsum"]
SIGMOID = FUNCTIONS["sigmoid"]
SIGN = FUNCTIONS["sign"]
SIN = FUNCTIONS["sin"]
SINH = FUNCTIONS["sinh"]
SOFTMAX = FUNCTIONS["softmax"]
SOFTPLUS = FUNCTIONS["softplus"]
SOLVE = FUNCTIONS["solve"]
SPECTRALNORM = FUNCTIONS["spectralnorm"]
SQRT = FUNCTIONS["sqrt"]
SQRTM = FUNCTIONS["sqrtm"]
STEP = FUNCTIONS["step"]
SUM = FUNCTIONS["sum"]
TANH = FUNCTIONS["tanh"]
TOEPLITZ = FUNCTIONS["toeplitz"]
TR = FUNCTIONS["tr"]
TRIL = FUNCTIONS["tril"]
TRILONES = FUNCTIONS["trilones"]
TRIU = FUNCTIONS["triu"]
UNVEC = FUNCTIONS["unvec"]
UPPERSUMS = FUNCTIONS["uppersums"]
UPPERTENSOR = FUNCTIONS["uppertensor"]
VAR = FUNCTIONS["var"]
VEC = FUNCTIONS["vec"]
VEE = FUNCTIONS["vee"]

INDICATORS = (ATLEAST, DIFFERS, EITHER, EQUALS)  # beside STEP, which is one of the table


def register(function: Function) -> Function:
    """Enters a record into the table: it is read, printed, differentiated, emitted and checked from then on.

    Raises:
        ShapeError: the name, or an alias, is taken.
    """
    for name in (function.name, *function.aliases):
        if find(name) is not None:
            raise ShapeError(f"{name} is a known function", hint="choose another name")
    FUNCTIONS[function.name] = function
    ALIASES.update(dict.fromkeys(function.aliases, function))
    return function


def find(name: str, count: int = 1) -> Function | None:
    """The function of this name or alias, of so many arguments: max of two is another one than max of one."""
    found = FUNCTIONS.get(name) or ALIASES.get(name) or CONDITIONS.get(name)
    return FUNCTIONS[found.pair] if found is not None and found.pair and count == 2 else found


def known(name: str) -> Function:
    """The function of this name, which is one."""
    found = find(name)
    assert found is not None
    return found

"""Written C functions, called with NumPy arrays: compiled with a frame that reads arrays and returns new ones.

The frame declares by itself what it needs of Python's stable ABI (3.11): headers of Python or NumPy need not be
installed, and the compiler reads none of them, which would take it longer than the function does.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from matcalc.emission.c_sources import FAILURES
from matcalc.errors import MatcalcError

FLAGS = (
    *("-ftree-vectorize", "-fpeel-loops", "-march=native", "-fPIC", "-fvisibility=hidden"),
    *("-fno-math-errno", "-fno-trapping-math", "-fno-signed-zeros", "-fassociative-math"),
    "-fno-asynchronous-unwind-tables",  # nothing is thrown, and the linker has less to do
)
LEVELS = ("-O2", "-O3")  # the second takes half as long again, and makes products of matrices faster

RESERVED = "call_"  # what names of the frame begin with

FRAME = r"""
typedef __PTRDIFF_TYPE__ Py_ssize_t;
typedef struct PyObject PyObject;
typedef struct {
    void *buf;
    PyObject *obj;
    Py_ssize_t len, itemsize;
    int readonly, ndim;
    char *format;
    Py_ssize_t *shape, *strides, *suboffsets;
    void *internal;
} Py_buffer;
typedef struct {
    const char *name;
    PyObject *(*function)(PyObject *, PyObject *const *, Py_ssize_t);
    int flags;
    const char *doc;
} PyMethodDef;

extern PyObject *PyExc_ValueError;
int PyObject_GetBuffer(PyObject *, Py_buffer *, int);
void PyBuffer_Release(Py_buffer *);
PyObject *PyTuple_New(Py_ssize_t);
int PyTuple_SetItem(PyObject *, Py_ssize_t, PyObject *);
double PyFloat_AsDouble(PyObject *);
PyObject *PyFloat_FromDouble(double);
PyObject *PyErr_Occurred(void);
PyObject *PyErr_Format(PyObject *, const char *, ...);
void Py_DecRef(PyObject *);

enum { CALL_ALL = CALL_GIVEN + CALL_RETURNED };

static const char *const call_failures[] = {CALL_FAILURES};

/* The arguments, then the results. */
static const struct { const char *name; int axes; Py_ssize_t rows, cols; } call_values[] = {CALL_VALUES};

static int call_read_number(PyObject *given, int k, double *number) {
    *number = PyFloat_AsDouble(given);
    if (*number != -1.0 || !PyErr_Occurred()) return 1;
    PyErr_Format(PyExc_ValueError, "%s must be a number", call_values[k].name);
    return 0;
}

static int call_read_array(PyObject *given, int k, Py_buffer *buffer) {
    const int axes = call_values[k].axes;
    const Py_ssize_t rows = call_values[k].rows, cols = call_values[k].cols;
    if (!PyObject_GetBuffer(given, buffer, 0x3c)) { /* row-major, with its format */
        const Py_ssize_t *shape = buffer->shape;
        const int fits = buffer->ndim == 1   ? axes == 1 && shape[0] == rows * cols
                         : buffer->ndim == 2 ? shape[0] * shape[1] == rows * cols
                                                   && (axes == 2 ? shape[0] == rows : shape[0] == 1 || shape[1] == 1)
                                             : 0;
        if (fits && buffer->format && buffer->format[0] == 'd' && !buffer->format[1]) return 1;
    }
    PyErr_Format(
        PyExc_ValueError, "%s must be a row-major array of doubles, %zd by %zd", call_values[k].name, rows, cols
    );
    return 0;
}

/* NumPy's table of functions, in which each keeps its place: 2 the type of arrays, 93 a new array, 160 its entries. */
__attribute__((visibility("default"))) void **call_numpy;

static PyObject *call_new_array(int k, double **entries) {
    typedef PyObject *New(void *, int, const Py_ssize_t *, int, const Py_ssize_t *, void *, int, int, PyObject *);
    typedef void *Entries(PyObject *, const Py_ssize_t *);
    const int axes = call_values[k].axes;
    const Py_ssize_t rows = call_values[k].rows, cols = call_values[k].cols, first[2] = {0, 0};
    const Py_ssize_t shape[2] = {axes == 2 ? rows : rows * cols, cols};
    PyObject *made = ((New *)call_numpy[93])(call_numpy[2], axes, shape, 12, 0, 0, 0, 0, 0); /* 12: of doubles */
    if (made) *entries = ((Entries *)call_numpy[160])(made, first);
    return made;
}

static PyObject *call_answer(PyObject *self, PyObject *const *given, Py_ssize_t count) {
    Py_buffer buffers[CALL_GIVEN + 1];
    PyObject *results[CALL_RETURNED];
    PyObject *answer = 0;
    double numbers[CALL_ALL], *call_at[CALL_ALL];
    int failed;
    if (count != CALL_GIVEN)
        return PyErr_Format(PyExc_ValueError, CALL_NAME " takes %d arguments, got %zd", CALL_GIVEN, count);
    for (int k = 0; k < CALL_GIVEN; k++) buffers[k].obj = 0;
    for (int k = 0; k < CALL_RETURNED; k++) results[k] = 0;
    for (int k = 0; k < CALL_GIVEN; k++) {
        if (!call_values[k].axes) {
            if (!call_read_number(given[k], k, &numbers[k])) goto end;
            call_at[k] = &numbers[k];
        } else {
            if (!call_read_array(given[k], k, &buffers[k])) goto end;
            call_at[k] = buffers[k].buf;
        }
    }
    for (int k = CALL_GIVEN; k < CALL_ALL; k++) {
        call_at[k] = &numbers[k];
        if (!call_values[k].axes) continue;
        if (!(results[k - CALL_GIVEN] = call_new_array(k, &call_at[k]))) goto end;
    }
    failed = CALL_MADE;
    if (failed) {
        PyErr_Format(PyExc_ValueError, call_failures[failed]);
        goto end;
    }
    for (int k = 0; k < CALL_RETURNED; k++)
        if (!results[k] && !(results[k] = PyFloat_FromDouble(numbers[CALL_GIVEN + k]))) goto end;
    if (CALL_RETURNED == 1) {
        answer = results[0];
        results[0] = 0;
    } else if ((answer = PyTuple_New(CALL_RETURNED)))
        for (int k = 0; k < CALL_RETURNED; k++) {
            PyTuple_SetItem(answer, k, results[k]);
            results[k] = 0;
        }
end:
    for (int k = 0; k < CALL_GIVEN; k++) PyBuffer_Release(&buffers[k]);
    for (int k = 0; k < CALL_RETURNED; k++) Py_DecRef(results[k]);
    return answer;
}

__attribute__((visibility("default"))) PyMethodDef call_method = {CALL_NAME, call_answer, 0x80, 0};
"""


class Value(NamedTuple):
    """An argument or a result: its name, the shape of its array, () for a number, and its rows and columns."""

    name: str
    shape: tuple[int, ...]
    rows: int
    cols: int


class Function(NamedTuple):
    """A C function: its names in Python and in C, its signature, its arguments, then its results."""

    name: str
    word: str
    signature: str
    given: Sequence[Value]
    returned: Sequence[Value]


def callable_of(source: str, function: Function, *, thorough: bool) -> Any:
    """The function, to be called with arrays of doubles; new ones are returned. It is compiled thoroughly or quickly.

    Raises:
        MatcalcError: there is no compiler, or it fails.
    """
    import numpy as np

    name, word, signature, given, returned = function
    values = [f'{{"{v.name}", {len(v.shape)}, {v.rows}, {v.cols}}}' for v in (*given, *returned)]
    places = [f"call_at[{k}]" for k in range(len(values))]
    places[: len(given)] = [p if v.shape else f"*{p}" for p, v in zip(places, given, strict=False)]
    holes = {
        "NAME": f'"{name}"',
        "GIVEN": len(given),
        "RETURNED": len(returned),
        "VALUES": ", ".join(values),
        "FAILURES": ", ".join(f'[{code}] = "{message}"' for code, message in FAILURES.items()),
        "MADE": f"{word}({', '.join(places)})",
    }
    once = f"__attribute__((noinline)) {signature};"  # not once more inside the call
    defined = "\n".join(f"#define CALL_{key} {text}" for key, text in holes.items())
    library = _library("\n".join([once, source, defined, FRAME]), LEVELS[thorough])
    core = getattr(np, "_core", None) or np.core  # of NumPy 2, and of NumPy 1
    ctypes.c_void_p.in_dll(library, "call_numpy").value = _pointer_in(core.multiarray._ARRAY_API, None)
    return _function_of(ctypes.addressof(ctypes.c_char.in_dll(library, "call_method")), None, None)


def _library(source: str, level: str) -> ctypes.CDLL:
    """A library from its source, by the system's compiler; it stays loaded."""
    compiler = (sysconfig.get_config_var("CC") or "cc").split()
    # It calls functions of C alone, and does without what a program starts with: linking that takes long.
    kind = ("-bundle", "-undefined", "dynamic_lookup") if sys.platform == "darwin" else ("-shared", "-nostdlib")
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "matcalc.so"))
        command = [*compiler, level, *FLAGS, *kind, "-x", "c", "-", "-o", path, "-lm", "-lc"]
        try:
            done = subprocess.run(command, input=source, capture_output=True, encoding="utf-8", check=False)
        except OSError as error:
            raise MatcalcError(f"there is no C compiler: {error.strerror}", hint='emit(..., target="numpy")') from None
        if done.returncode:
            reasons = (done.stderr.strip().split("\n") or [""])[:3]
            raise MatcalcError("the C compiler fails", *reasons, hint='emit(..., target="numpy")')
        return ctypes.CDLL(path)


# Of Python's stable ABI: a function from its definition, its first argument and its module; the pointer in a capsule.
_function_of: Callable[..., Any] = ctypes.PYFUNCTYPE(
    ctypes.py_object, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p
)(("PyCFunction_NewEx", ctypes.pythonapi))
_pointer_in: Callable[..., int] = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)

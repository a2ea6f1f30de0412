"""Written C functions, called with NumPy arrays: compiled with a frame that reads arrays and returns new ones.

Row-major arrays of the function's dtype are read where they are; what is something else is made one, or refused, as
functions for NumPy do.

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
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from matcalc.emission.arguments import FIT, READ
from matcalc.emission.c.sources import FAILURES
from matcalc.errors import MatcalcError
from matcalc.records import NamedTuple

FLAGS = (
    *("-ftree-vectorize", "-fpeel-loops", "-march=native", "-fPIC", "-fvisibility=hidden"),
    *("-fno-math-errno", "-fno-trapping-math", "-fno-signed-zeros", "-fassociative-math"),
    "-fno-asynchronous-unwind-tables",  # nothing is thrown, and the linker has less to do
)
LEVELS = ("-O2", "-O3")  # the second takes half as long again, and makes products of matrices faster

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
PyObject *PyTuple_Pack(Py_ssize_t, ...);
double PyFloat_AsDouble(PyObject *);
PyObject *PyFloat_FromDouble(double);
extern PyObject PyFloat_Type;
PyObject *PyObject_Type(PyObject *);
PyObject *PyObject_CallFunction(PyObject *, const char *, ...);
PyObject *PyErr_Occurred(void);
void PyErr_Clear(void);
PyObject *PyErr_Format(PyObject *, const char *, ...);
void Py_DecRef(PyObject *);

#define CALL_EXPORTED __attribute__((visibility("default")))
#define CALL_ONCE __attribute__((noinline)) static

/* NumPy's table of functions, in which each keeps its place: 2 the type of arrays, 31 that of doubles, 45 a dtype by
   its number, 60 a new number, 93 a new array, 160 its entries. */
CALL_EXPORTED void **call_numpy;
CALL_EXPORTED PyObject *call_reader; /* makes what is given a row-major array, or a number */

CALL_ONCE PyObject *call_new_array(int axes, const Py_ssize_t *shape, call_real **entries) {
    typedef PyObject *New(void *, int, const Py_ssize_t *, int, const Py_ssize_t *, void *, int, int, PyObject *);
    typedef void *Entries(PyObject *, const Py_ssize_t *);
    const Py_ssize_t first[3] = {0, 0, 0};
    PyObject *made = ((New *)call_numpy[93])(call_numpy[2], axes, shape, CALL_TYPE, 0, 0, 0, 0, 0);
    if (made) *entries = ((Entries *)call_numpy[160])(made, first);
    return made;
}

CALL_ONCE PyObject *call_new_number(call_real value) {
    typedef PyObject *Described(int);
    typedef PyObject *New(void *, PyObject *, PyObject *);
    if (CALL_TYPE == 12) return PyFloat_FromDouble(value);
    PyObject *dtype = ((Described *)call_numpy[45])(CALL_TYPE);
    PyObject *made = dtype ? ((New *)call_numpy[60])(&value, dtype, 0) : 0;
    Py_DecRef(dtype);
    return made;
}

static int call_is_a(PyObject *given, void *wanted, void *other) {
    PyObject *type = PyObject_Type(given);
    Py_DecRef(type); /* what is given keeps it */
    return (void *)type == wanted || (void *)type == other;
}

CALL_ONCE PyObject *call_made(PyObject *given, const char *name, int axes, const Py_ssize_t *shape) {
    PyErr_Clear();
    return PyObject_CallFunction(call_reader, "Osinnn", given, name, axes, shape[0], shape[1], shape[2]);
}

CALL_ONCE int call_fits(PyObject *given, int axes, const Py_ssize_t *wanted, Py_buffer *buffer) {
    if (!PyObject_GetBuffer(given, buffer, 0x3c)) { /* row-major, with its format */
        const Py_ssize_t *shape = buffer->shape;
        const char *format = buffer->format;
        const int is_real = format && format[0] == CALL_FORMAT && !format[1];
        int fits = is_real && buffer->ndim == axes;
        for (int axis = 0; fits && axis < axes; axis++) fits = shape[axis] == wanted[axis];
        if (is_real && axes == 1 && buffer->ndim == 2) /* a column or a row for a vector */
            fits = shape[0] * shape[1] == wanted[0] && (shape[0] == 1 || shape[1] == 1);
        if (fits) return 1;
        PyBuffer_Release(buffer);
    }
    return 0;
}

CALL_ONCE int call_read_array(
    PyObject *given, const char *name, int axes, const Py_ssize_t *shape, Py_buffer *buffer
) {
    if (call_is_a(given, call_numpy[2], 0) && call_fits(given, axes, shape, buffer)) return 1;
    PyObject *made = call_made(given, name, axes, shape);
    const int fits = made && call_fits(made, axes, shape, buffer); /* the buffer keeps what is made */
    Py_DecRef(made);
    return fits;
}

CALL_ONCE int call_read_number(PyObject *given, const char *name, double *number) {
    static const Py_ssize_t none[3] = {1, 1, 1};
    PyObject *made = call_is_a(given, &PyFloat_Type, call_numpy[31]) ? 0 : call_made(given, name, 0, none);
    if (!made && PyErr_Occurred()) return 0;
    *number = PyFloat_AsDouble(made ? made : given);
    Py_DecRef(made);
    return 1;
}
"""


class Value(NamedTuple):
    """An argument or a result: its name, the shape of its array, () for a number, and that as it is told."""

    name: str
    shape: tuple[int, ...]
    told: str

    @property
    def sides(self) -> str:
        """In C: how many axes there are, and what each of at most three is."""
        return f"{len(self.shape)}, (const Py_ssize_t[3]){{{', '.join(map(str, (*self.shape, 1, 1)[:3]))}}}"


class Function(NamedTuple):
    """A C function: its names in Python and in C, its signature, its arguments, its results, and the dtype of all."""

    name: str
    word: str
    signature: str
    given: Sequence[Value]
    returned: Sequence[Value]
    dtype: str


# What a dtype is in C: its type, NumPy's number for it, and its format in buffers.
REALS = {"float64": ("double", 12, "d"), "float32": ("float", 11, "f")}


def callable_of(source: str, function: Function, *, thorough: bool) -> Any:
    """The function, to be called with arrays; new ones are returned. It is compiled thoroughly or quickly.

    Raises:
        MatcalcError: there is no compiler, or it fails.
    """
    once = f"__attribute__((noinline)) {function.signature};"  # not once more inside the call
    real, number, form = REALS[function.dtype]
    types = [f"typedef {real} call_real;", f"#define CALL_TYPE {number}", f"#define CALL_FORMAT '{form}'"]
    library = _library("\n".join([once, source, *types, FRAME, *_answer(function)]), LEVELS[thorough])
    functions = import_module("numpy._core.multiarray")._ARRAY_API
    ctypes.c_void_p.in_dll(library, "call_numpy").value = _pointer_in(functions, None)
    reader: ctypes.py_object[Any] = ctypes.py_object.in_dll(library, "call_reader")
    reader.value = _reader(function.dtype)
    return _function_of(ctypes.addressof(ctypes.c_char.in_dll(library, "call_method")), None, None)


@cache  # which keeps it, too: the library does not
def _reader(dtype: str) -> Callable[..., Any]:
    """What makes row-major arrays of a dtype, and numbers, of values, as functions for NumPy read them."""
    import numpy as np

    space: dict[str, Any] = {"np": np}
    exec(READ + FIT, space)

    def read(value: Any, name: str, axes: int, *shape: int) -> Any:
        array = space["_read"](name, value, axes)
        if not axes:
            return float(array)
        space["_fit"](name, array, *shape[:axes])
        return np.ascontiguousarray(array, dtype)

    return read


def _answer(function: Function) -> list[str]:
    """What Python calls: arguments are read, results made, and all is released in the end."""
    name, word, _, given, returned, _ = function
    declared, steps, places, made = [], [], [], []
    for k, value in enumerate(given):
        if value.shape:
            declared.append(f"Py_buffer call_buffer{k} = {{0}};")
            place, read, into = f"call_buffer{k}.buf", "array", f"{value.sides}, &call_buffer{k}"
        else:
            declared.append(f"double call_number{k};")
            place, read, into = f"call_number{k}", "number", f"&call_number{k}"
        places.append(place)
        steps.append(f'if (!call_read_{read}(call_given[{k}], "{value.name}", {into})) goto call_end;')
    for k, value in enumerate(returned):
        declared.append(f"PyObject *call_result{k} = 0;")
        if value.shape:
            declared.append(f"call_real *call_entries{k};")
            places.append(f"call_entries{k}")
            steps.append(f"if (!(call_result{k} = call_new_array({value.sides}, &call_entries{k}))) goto call_end;")
        else:
            declared.append(f"call_real call_value{k};")
            places.append(f"&call_value{k}")
            made.append(f"if (!(call_result{k} = call_new_number(call_value{k}))) goto call_end;")
    results = [f"call_result{k}" for k in range(len(returned))]
    failures = ", ".join(f'[{code}] = "{message}"' for code, message in FAILURES.items())
    return [
        "static PyObject *call_answer(PyObject *call_self, PyObject *const *call_given, Py_ssize_t call_count) {",
        f"static const char *const call_failures[] = {{{failures}}};",
        "PyObject *call_answered = 0;",
        "int call_failed;",
        *declared,
        f"if (call_count != {len(given)})",
        f'return PyErr_Format(PyExc_ValueError, "{name} takes {len(given)} arguments, got %zd", call_count);',
        *steps,
        f"call_failed = {word}({', '.join(places)});",
        "if (call_failed) { PyErr_Format(PyExc_ValueError, call_failures[call_failed]); goto call_end; }",
        *made,
        f"call_answered = PyTuple_Pack({len(results)}, {', '.join(results)});"
        if len(results) > 1
        else "call_answered = call_result0; call_result0 = 0;",
        "call_end:",
        *(f"PyBuffer_Release(&call_buffer{k});" for k, value in enumerate(given) if value.shape),
        *(f"Py_DecRef({result});" for result in results),
        "return call_answered; }",
        f'CALL_EXPORTED PyMethodDef call_method = {{"{name}", call_answer, 0x80, 0}};',
    ]


def _library(source: str, level: str) -> ctypes.CDLL:
    """A library from its source, by the system's compiler; it stays loaded."""
    compiler = (sysconfig.get_config_var("CC") or "cc").split()
    # It calls functions of C alone, and does without what a program starts with: linking that takes long.
    kind = ("-bundle", "-undefined", "dynamic_lookup") if sys.platform == "darwin" else ("-shared", "-nostdlib")
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "matcalc.so"))
        command = [*compiler, level, *FLAGS, *kind, "-x", "c", "-", "-o", path, "-lm"]
        try:
            done = subprocess.run(command, input=source, capture_output=True, encoding="utf-8", check=False)
        except OSError as error:
            raise MatcalcError(f"there is no C compiler: {error.strerror}", hint='emit(..., target="numpy")') from None
        if done.returncode:
            reasons = (done.stderr.strip().split("\n") or [""])[:3]
            raise MatcalcError("the C compiler fails", *reasons, hint='emit(..., target="numpy")')
        try:
            return ctypes.CDLL(path)
        except OSError as error:
            raise MatcalcError("compiled C cannot be loaded", str(error), hint='emit(..., target="numpy")') from None


# Of Python's stable ABI: a function from its definition, its first argument and its module; the pointer in a capsule.
_function_of: Callable[..., Any] = ctypes.PYFUNCTYPE(
    ctypes.py_object, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p
)(("PyCFunction_NewEx", ctypes.pythonapi))
_pointer_in: Callable[..., int] = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)

"""C texts: the frame of an extension module, functions of entries, and dense linear algebra for small matrices."""

from __future__ import annotations

MODULE = r"""#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <string.h>
#define NPY_NO_DEPRECATED_API NPY_1_7_API_VERSION
#include <numpy/arrayobject.h>

/* {doc} */

static int read_array(
    PyObject *given, const char *name, int axes, Py_ssize_t rows, Py_ssize_t cols, Py_buffer *buffer
) {{
    if (!PyObject_GetBuffer(given, buffer, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT)) {{
        const Py_ssize_t *shape = buffer->shape;
        const int fits = buffer->ndim == 1   ? axes == 1 && shape[0] == rows * cols
                         : buffer->ndim == 2 ? shape[0] * shape[1] == rows * cols
                                                   && (axes == 2 ? shape[0] == rows : shape[0] == 1 || shape[1] == 1)
                                             : 0;
        if (fits && buffer->format && !strcmp(buffer->format, "d")) return 0;
        PyBuffer_Release(buffer);
    }}
    PyErr_Format(PyExc_ValueError, "%s must be a row-major array of doubles, %zd by %zd", name, rows, cols);
    return 1;
}}

static int read_scalar(PyObject *given, const char *name, double *value) {{
    *value = PyFloat_AsDouble(given);
    if (*value == -1.0 && PyErr_Occurred()) {{
        PyErr_Format(PyExc_ValueError, "%s must be a number", name);
        return 1;
    }}
    return 0;
}}

{helpers}
static PyObject *run(PyObject *self, PyObject *const *args, Py_ssize_t count) {{
    Py_buffer buffers[{count} + 1];
    memset(buffers, 0, sizeof buffers);
    PyObject *answer = NULL;
    if (count != {count}) {{
        PyErr_Format(PyExc_ValueError, "{name} takes {count} arguments, got %zd", count);
        return NULL;
    }}
    {{
{reading}
{body}
{returning}
    }}
failed:
    for (int i = 0; i < {count}; i++) if (buffers[i].obj) PyBuffer_Release(&buffers[i]);
    return answer;
}}

static PyMethodDef methods[] = {{
    {{"{name}", (PyCFunction)(void (*)(void))run, METH_FASTCALL, NULL}}, {{NULL, NULL, 0, NULL}}
}};

static struct PyModuleDef definition = {{PyModuleDef_HEAD_INIT, "MODULE_NAME", NULL, -1, methods}};

#define JOINED(a, b) a##b
#define INIT(name) JOINED(PyInit_, name)
PyMODINIT_FUNC INIT(MODULE_NAME)(void) {{
    import_array();
    return PyModule_Create(&definition);
}}
"""

ELEMENTWISE = {
    **{
        name: f"{name}({{u}})"
        for name in ("exp", "log", "sin", "cos", "tan", "tanh", "sinh", "cosh", "log1p", "expm1", "erf")
    },
    "arcsin": "asin({u})",
    "arccos": "acos({u})",
    "arctan": "atan({u})",
    "abs": "fabs({u})",
    "sign": "({u} > 0) - ({u} < 0)",
    "relu": "({u} > 0 ? {u} : 0.0)",
    "step": "({u} > 0 ? 1.0 : 0.0)",
    "sigmoid": "1.0 / (1.0 + exp(-{u}))",
    "sigmoid_slope": "sigmoid_slope({u})",
    "softplus": "softplus({u})",
    "log_cosh": "log_cosh({u})",
    "power": "pow({u}, {v})",
    "logaddexp": "fmax({u}, {v}) + log1p(exp(-fabs({u} - {v})))",
    "log_of_rest": "({u} > -0.7 ? log(-expm1({u})) : log1p(-exp({u})))",
}

OF_ARRAYS = {
    "softmax": "softmax({x}, {y}, 1, {count});",
    "rowsoftmax": "softmax({x}, {y}, {rows}, {cols});",
    "logsumexp": "log_sum_exp({x}, &{y}, 1, {count});",
    "rowlogsumexp": "log_sum_exp({x}, {y}, {rows}, {cols});",
    "max": "{y} = {x}[0]; for (int i = 1; i < {count}; i++) if ({x}[i] > {y}) {y} = {x}[i];",
    "min": "{y} = {x}[0]; for (int i = 1; i < {count}; i++) if ({x}[i] < {y}) {y} = {x}[i];",
    "det": "determinant({x}, {rows}, &{y});",
    "logdet": "if (log_of_det({x}, {rows}, 0, &{y})) goto failed;",
    "cholesky": "memcpy({y}, {x}, sizeof {y}); if (cholesky_factor({y}, {rows})) goto failed;"
    " for (int i = 0; i < {count}; i++) if (i % {rows} > i / {rows}) {y}[i] = 0.0;",
    "maxmask": "max_mask({x}, {y}, {count});",
    "trilones": "for (int i = 0; i < {count}; i++) {y}[i] = i % {rows} <= i / {rows};",
    "halftril": "for (int i = 0; i < {count}; i++)"
    " {y}[i] = 0.5 * (i % {rows} <= i / {rows}) + 0.5 * (i % {rows} < i / {rows});",
}

HELPERS = {
    "max_mask": """static void max_mask(const double *x, double *y, int count) {
    double largest = x[0];
    int times = 0;
    for (int i = 1; i < count; i++) if (x[i] > largest) largest = x[i];
    for (int i = 0; i < count; i++) times += x[i] == largest;
    for (int i = 0; i < count; i++) y[i] = x[i] == largest ? 1.0 / times : 0.0;
}
""",
    "sigmoid_slope": """static double sigmoid_slope(double u) {
    const double e = exp(-fabs(u));
    return e / ((1.0 + e) * (1.0 + e));
}
""",
    "softplus": """static double softplus(double u) { return log1p(exp(-fabs(u))) + (u > 0 ? u : 0.0); }
""",
    "log_cosh": """static double log_cosh(double u) {
    double size = fabs(u), half = sinh(0.5 * fmin(size, 20.0));
    return size < 20.0 ? log1p(2.0 * half * half) : size - 0.69314718055994531;
}
""",
    "softmax": """static void softmax(const double *x, double *y, int rows, int cols) {
    for (int i = 0; i < rows; i++, x += cols, y += cols) {
        double largest = x[0], total = 0;
        for (int j = 1; j < cols; j++) if (x[j] > largest) largest = x[j];
        for (int j = 0; j < cols; j++) total += y[j] = exp(x[j] - largest);
        for (int j = 0; j < cols; j++) y[j] /= total;
    }
}
""",
    "log_sum_exp": """static void log_sum_exp(const double *x, double *y, int rows, int cols) {
    for (int i = 0; i < rows; i++, x += cols) {
        double largest = x[0], total = 0;
        for (int j = 1; j < cols; j++) if (x[j] > largest) largest = x[j];
        for (int j = 0; j < cols; j++) total += exp(x[j] - largest);
        y[i] = largest + log(total);
    }
}
""",
    "cholesky_factor": """static int cholesky_factor(double *a, int n) { /* a lower factor l of a = l l' */
    for (int j = 0; j < n; j++) {
        double d = a[j * n + j];
        for (int k = 0; k < j; k++) d -= a[j * n + k] * a[j * n + k];
        if (!(d > 0)) { PyErr_SetString(PyExc_ValueError, "Matrix is not positive definite"); return 1; }
        a[j * n + j] = d = sqrt(d);
        for (int i = j + 1; i < n; i++) {
            double s = a[i * n + j];
            for (int k = 0; k < j; k++) s -= a[i * n + k] * a[j * n + k];
            a[i * n + j] = s / d;
        }
    }
    return 0;
}
""",
    "cholesky_solve": """static void cholesky_solve(const double *l, double *x, int n, int m) {
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < i; k++) for (int j = 0; j < m; j++) x[i * m + j] -= l[i * n + k] * x[k * m + j];
        for (int j = 0; j < m; j++) x[i * m + j] /= l[i * n + i];
    }
    for (int i = n - 1; i >= 0; i--) {
        for (int k = i + 1; k < n; k++) for (int j = 0; j < m; j++) x[i * m + j] -= l[k * n + i] * x[k * m + j];
        for (int j = 0; j < m; j++) x[i * m + j] /= l[i * n + i];
    }
}
""",
    "triangular_solve": """static void triangular_solve(
    const double *t, double *x, int n, int m, int lower, int turned
) {
    const int down = turned ? 1 : n, across = turned ? n : 1;
    for (int r = 0; r < n; r++) {
        const int i = lower ? r : n - 1 - r;
        for (int k = lower ? 0 : i + 1; k < (lower ? i : n); k++)
            for (int j = 0; j < m; j++) x[i * m + j] -= t[i * down + k * across] * x[k * m + j];
        for (int j = 0; j < m; j++) x[i * m + j] /= t[i * (n + 1)];
    }
}
""",
    "exchange": """static void exchange(double *a, double *b, int n) {
    for (int j = 0; j < n; j++) { const double s = a[j]; a[j] = b[j]; b[j] = s; }
}
""",
    "lu_factor": """static int lu_plain(double *a, int *p, int n) { /* rows exchanged as p says; 1 where singular */
    int singular = 0;
    for (int k = 0; k < n; k++) {
        int best = k;
        for (int i = k + 1; i < n; i++) if (fabs(a[i * n + k]) > fabs(a[best * n + k])) best = i;
        p[k] = best;
        if (a[best * n + k] == 0) { singular = 1; continue; }
        if (best != k) exchange(a + k * n, a + best * n, n);
        for (int i = k + 1; i < n; i++) {
            const double f = a[i * n + k] /= a[k * n + k];
            for (int j = k + 1; j < n; j++) a[i * n + j] -= f * a[k * n + j];
        }
    }
    return singular;
}

static int lu_factor(double *a, int *p, int n) {
    if (!lu_plain(a, p, n)) return 0;
    PyErr_SetString(PyExc_ValueError, "Singular matrix");
    return 1;
}
""",
    "lu_solve": """static void lu_solve(const double *a, const int *p, double *x, int n, int m, int turned) {
    if (!turned) {
        for (int k = 0; k < n; k++) if (p[k] != k) exchange(x + k * m, x + p[k] * m, m);
        for (int i = 1; i < n; i++) for (int k = 0; k < i; k++)
            for (int j = 0; j < m; j++) x[i * m + j] -= a[i * n + k] * x[k * m + j];
        for (int i = n - 1; i >= 0; i--) {
            for (int k = i + 1; k < n; k++) for (int j = 0; j < m; j++) x[i * m + j] -= a[i * n + k] * x[k * m + j];
            for (int j = 0; j < m; j++) x[i * m + j] /= a[i * n + i];
        }
        return;
    }
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < i; k++) for (int j = 0; j < m; j++) x[i * m + j] -= a[k * n + i] * x[k * m + j];
        for (int j = 0; j < m; j++) x[i * m + j] /= a[i * n + i];
    }
    for (int i = n - 2; i >= 0; i--) for (int k = i + 1; k < n; k++)
        for (int j = 0; j < m; j++) x[i * m + j] -= a[k * n + i] * x[k * m + j];
    for (int k = n - 1; k >= 0; k--) if (p[k] != k) exchange(x + k * m, x + p[k] * m, m);
}
""",
    "inverse_of": """static int inverse_of(const double *a, double *x, int n) {
    double lu[n * n];
    int p[n];
    memcpy(lu, a, sizeof lu);
    if (lu_factor(lu, p, n)) return 1;
    memset(x, 0, n * n * sizeof(double));
    for (int i = 0; i < n; i++) x[i * n + i] = 1.0;
    lu_solve(lu, p, x, n, n, 0);
    return 0;
}
""",
    "determinant": """static void determinant(const double *a, int n, double *y) {
    double lu[n * n];
    int p[n];
    memcpy(lu, a, sizeof lu);
    lu_plain(lu, p, n);
    *y = 1.0;
    for (int i = 0; i < n; i++) *y *= p[i] == i ? lu[i * n + i] : -lu[i * n + i];
}
""",
    "log_of_det": """static int log_of_det(const double *a, int n, int signed_, double *y) {
    double lu[n * n];
    int p[n], sign = 1;
    memcpy(lu, a, sizeof lu);
    lu_plain(lu, p, n);
    *y = 0.0;
    for (int i = 0; i < n; i++) {
        if ((lu[i * n + i] < 0) != (p[i] != i)) sign = -sign;
        *y += log(fabs(lu[i * n + i]));
    }
    if (signed_ && sign < 0) *y = NAN;
    return 0;
}
""",
}

# What helpers call themselves.
NEEDS = {
    "lu_factor": ("exchange",),
    "lu_solve": ("exchange",),
    "inverse_of": ("exchange", "lu_factor", "lu_solve"),
    "determinant": ("exchange", "lu_factor"),
    "log_of_det": ("exchange", "lu_factor"),
}

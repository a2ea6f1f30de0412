"""C texts: dense linear algebra for small matrices, functions of entries, and the standard functions that these call.

A function that can fail returns 0, or a code of ``FAILURES``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from matcalc.emission.c.entries import OF_ENTRIES
from matcalc.emission.c.rotations import OF_ROTATIONS
from matcalc.emission.c.shifts import OF_SHIFTS

FAILURES = {1: "Matrix is not positive definite", 2: "Singular matrix"}

# They are declared one by one, as the standard allows, and not by math.h: so no name of a header can be in the way of a
# user's, and a small function is compiled in half the time.
_OF_ONE = """
    acos asin atan cos sin tan acosh asinh atanh cosh sinh tanh exp exp2 expm1 log log10 log1p log2 cbrt fabs sqrt
    erf erfc lgamma tgamma ceil floor
"""
_OF_TWO = "atan2 hypot pow fmod fmax fmin"
STANDARD = dict.fromkeys(_OF_ONE.split(), "double") | dict.fromkeys(_OF_TWO.split(), "double, double")

HELPERS = {
    **OF_ENTRIES,
    **OF_SHIFTS,
    "cholesky_factor": """static int cholesky_factor(double *a, int n) { /* a lower factor l of a = l l' */
    for (int j = 0; j < n; j++) {
        double d = a[j * n + j];
        for (int k = 0; k < j; k++) d -= a[j * n + k] * a[j * n + k];
        if (!(d > 0)) return 1;
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
    "lower_cholesky": """static int lower_cholesky(const double *x, double *y, int n) {
    for (int i = 0; i < n * n; i++) y[i] = x[i];
    for (int i = 0; i < n; i++) for (int j = i + 1; j < n; j++) y[i * n + j] = 0.0;
    return cholesky_factor(y, n);
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
    const double *t, double *x, int n, int m, int lower, int transposed
) {
    const int down = transposed ? 1 : n, across = transposed ? n : 1;
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
    "lu_factor": """static int lu_factor(double *a, int *p, int n) { /* rows exchanged as p says; 2 where singular */
    int failed = 0;
    for (int k = 0; k < n; k++) {
        int best = k;
        for (int i = k + 1; i < n; i++) if (fabs(a[i * n + k]) > fabs(a[best * n + k])) best = i;
        p[k] = best;
        if (a[best * n + k] == 0) { failed = 2; continue; }
        if (best != k) exchange(a + k * n, a + best * n, n);
        for (int i = k + 1; i < n; i++) {
            const double f = a[i * n + k] /= a[k * n + k];
            for (int j = k + 1; j < n; j++) a[i * n + j] -= f * a[k * n + j];
        }
    }
    return failed;
}
""",
    "lu_solve": """static void lu_solve(const double *a, const int *p, double *x, int n, int m, int transposed) {
    if (!transposed) {
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
    for (int i = 0; i < n * n; i++) lu[i] = a[i];
    if (lu_factor(lu, p, n)) return 2;
    for (int i = 0; i < n * n; i++) x[i] = i % (n + 1) == 0;
    lu_solve(lu, p, x, n, n, 0);
    return 0;
}
""",
    "determinant": """static void determinant(const double *a, double *y, int n) {
    double lu[n * n];
    int p[n];
    for (int i = 0; i < n * n; i++) lu[i] = a[i];
    lu_factor(lu, p, n);
    *y = 1.0;
    for (int i = 0; i < n; i++) *y *= p[i] == i ? lu[i * n + i] : -lu[i * n + i];
}
""",
    "sign_and_log_of_det": """static void sign_and_log_of_det(const double *a, double *y, int n) {
    double lu[n * n];
    int p[n];
    for (int i = 0; i < n * n; i++) lu[i] = a[i];
    lu_factor(lu, p, n);
    y[0] = 1.0;
    y[1] = 0.0;
    for (int i = 0; i < n; i++) {
        const double d = lu[i * n + i];
        y[0] *= d == 0 ? 0.0 : (d < 0) != (p[i] != i) ? -1.0 : 1.0;
        y[1] += log(fabs(d));
    }
}
""",
    "log_of_det": """static void log_of_det(const double *a, double *y, int n, int real) { /* real: NaN where det < 0 */
    double both[2];
    sign_and_log_of_det(a, both, n);
    *y = real && both[0] < 0 ? log(-1.0) : both[1];
}
""",
    "sum_of_logs": """static void sum_of_logs(const double *x, double *y, int n) {
    *y = 0.0;
    for (int i = 0; i < n; i++) *y += log(x[i]);
}
""",
    "posdef_of": """static int posdef_of(const double *a, double *y, int n) { /* its inverse, then log(det) */
    double l[n * n];
    for (int i = 0; i < n * n; i++) l[i] = a[i], y[i] = i % (n + 1) == 0;
    if (cholesky_factor(l, n)) return 1;
    cholesky_solve(l, y, n, n);
    y[n * n] = 0.0;
    for (int i = 0; i < n; i++) y[n * n] += 2.0 * log(l[i * (n + 1)]);
    return 0;
}
""",
    "norm_of": """static void norm_of(const double *x, double *y, int n) {
    double largest = 0, square = 0;
    for (int i = 0; i < n; i++) square += x[i] * x[i];
    *y = sqrt(square);
    if (square > 1e-30 && *y - *y == 0) return; /* in single precision, too */
    for (int i = 0; i < n; i++) if (!(fabs(x[i]) <= largest)) largest = fabs(x[i]);
    *y = largest;
    if (!(largest > 0) || largest - largest != 0) return;
    square = 0;
    for (int i = 0; i < n; i++) square += x[i] / largest * (x[i] / largest);
    *y = largest * sqrt(square);
}
""",
    **OF_ROTATIONS,
    "ldu_factor": """static double ldu_factor(const double *a, double *w, double *d, double *z, int n) {
    /* a = inv(w) diag(d) inv(z) with all pivots, so that small ones come last: returns det(w) det(z) */
    double lu[n * n], sign = 1.0;
    int p[n], q[n];
    for (int i = 0; i < n * n; i++) lu[i] = a[i];
    for (int i = 0; i < n; i++) p[i] = q[i] = i;
    for (int k = 0; k < n; k++) {
        int r = k, c = k;
        for (int i = k; i < n; i++) for (int j = k; j < n; j++)
            if (fabs(lu[i * n + j]) > fabs(lu[r * n + c])) { r = i; c = j; }
        if (r != k) {
            exchange(lu + k * n, lu + r * n, n);
            const int s = p[k]; p[k] = p[r]; p[r] = s;
            sign = -sign;
        }
        if (c != k) {
            for (int i = 0; i < n; i++) exchange(lu + i * n + k, lu + i * n + c, 1);
            const int s = q[k]; q[k] = q[c]; q[c] = s;
            sign = -sign;
        }
        d[k] = lu[k * n + k];
        if (d[k] == 0) { for (int i = k; i < n; i++) for (int j = k; j < n; j++) lu[i * n + j] = 0.0; continue; }
        for (int i = k + 1; i < n; i++) {
            const double f = lu[i * n + k] /= d[k];
            for (int j = k + 1; j < n; j++) lu[i * n + j] -= f * lu[k * n + j];
        }
        for (int j = k + 1; j < n; j++) lu[k * n + j] /= d[k];
    }
    for (int j = 0; j < n; j++) { /* the inverse of the lower factor, and that of the upper one */
        double x[n];
        for (int i = 0; i < n; i++) {
            x[i] = i == j;
            for (int k = j; k < i; k++) x[i] -= lu[i * n + k] * x[k];
            z[i * n + p[j]] = x[i];
        }
        for (int i = n - 1; i >= 0; i--) {
            x[i] = i == j;
            for (int k = i + 1; k <= j; k++) x[i] -= lu[i * n + k] * x[k];
            w[q[i] * n + j] = x[i];
        }
    }
    return sign;
}
""",
    "adjugate": """static void adjugate(const double *a, double *y, int n, double log_factor) {
    double w[n * n], d[n], z[n * n], sign = ldu_factor(a, w, d, z, n);
    for (int k = 0; k < n; k++) {
        double size = log_factor, transposed = sign;
        for (int i = 0; i < n; i++) if (i != k) {
            size += log(fabs(d[i]));
            if (d[i] < 0) transposed = -transposed;
        }
        transposed *= exp(size);
        for (int j = 0; j < n; j++) z[k * n + j] *= transposed;
    }
    for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) {
        y[i * n + j] = 0.0;
        for (int k = 0; k < n; k++) y[i * n + j] += w[i * n + k] * z[k * n + j];
    }
}
""",
    "minors": """static void minors(const double *a, double *w, double *p, double *z, int n) {
    double d[n], sign = ldu_factor(a, w, d, z, n);
    others_of_pairs(d, p, n);
    for (int i = 0; i < n * n; i++) p[i] *= sign;
}
""",
    "adjugate_slope": """static void adjugate_slope(const double *a, const double *e, double *y, int n) {
    double w[n * n], p[n * n], z[n * n], t[n * n], s[n * n];
    minors(a, w, p, z, n);
    for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) {
        t[i * n + j] = 0.0;
        for (int k = 0; k < n; k++) t[i * n + j] += z[i * n + k] * e[k * n + j];
    }
    for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) {
        s[i * n + j] = 0.0;
        for (int k = 0; k < n; k++) s[i * n + j] += t[i * n + k] * w[k * n + j];
    }
    for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) {
        t[i * n + j] = -p[i * n + j] * s[i * n + j];
        if (i == j) for (int k = 0; k < n; k++) t[i * n + i] += p[i * n + k] * s[k * n + k];
    }
    for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) {
        s[i * n + j] = 0.0;
        for (int k = 0; k < n; k++) s[i * n + j] += w[i * n + k] * t[k * n + j];
    }
    for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) {
        y[i * n + j] = 0.0;
        for (int k = 0; k < n; k++) y[i * n + j] += s[i * n + k] * z[k * n + j];
    }
}
""",
    "adjugates": """static void adjugates(const double *a, double *y, int n) {
    double w[n * n], p[n * n], z[n * n];
    minors(a, w, p, z, n);
    for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) for (int k = 0; k < n; k++) for (int l = 0; l < n; l++) {
        double s = 0.0;
        for (int q = 0; q < n; q++) for (int r = 0; r < n; r++) s += p[q * n + r] * w[i * n + q] * w[k * n + r]
            * (z[q * n + j] * z[r * n + l] - z[q * n + l] * z[r * n + j]);
        y[((i * n + j) * n + k) * n + l] = s;
    }
}
""",
}


def called_in(text: str, words: Iterable[str]) -> list[str]:
    """The functions that a text calls, in their order."""
    return [word for word in words if re.search(rf"\b{word}\(", text)]


def helpers_of(text: str) -> list[str]:
    """The helpers that a text calls, and those that these call, in the order of their list."""
    found: set[str] = set()
    waiting = [text]
    while waiting:
        new = set(called_in(waiting.pop(), HELPERS)) - found
        found |= new
        waiting += (HELPERS[word] for word in new)
    return [source for word, source in HELPERS.items() if word in found]

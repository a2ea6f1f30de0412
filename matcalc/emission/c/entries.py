"""C texts: functions of entries, and of the rows of a matrix."""

from __future__ import annotations

OF_ENTRIES = {
    "largest_of": """static void largest_of(const double *x, double *y, int count, int sign) {
    *y = x[0];
    for (int i = 1; i < count; i++) if (sign * x[i] > sign * *y) *y = x[i];
}
""",
    "norm_p": """static void norm_p(const double *x, const double p, double *y, int count) {
    double largest = 0.0, total = 0.0;
    for (int i = 0; i < count; i++) if (!(fabs(x[i]) <= largest)) largest = fabs(x[i]);
    *y = largest;
    if (!(largest > 0 && largest - largest == 0)) return;
    for (int i = 0; i < count; i++) total += pow(fabs(x[i]) / largest, p);
    *y = largest * pow(total, 1.0 / p);
}
""",
    "mask": """static void mask(double *y, int n, double on_diagonal) { /* ones below the diagonal */
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) y[i * n + j] = j < i ? 1.0 : j == i ? on_diagonal : 0.0;
}
""",
    "max_mask": """static void max_mask(const double *x, double *y, int count) {
    double largest = x[0];
    int times = 0;
    for (int i = 1; i < count; i++) if (x[i] > largest) largest = x[i];
    for (int i = 0; i < count; i++) times += x[i] == largest;
    for (int i = 0; i < count; i++) y[i] = x[i] == largest ? 1.0 / times : 0.0;
}
""",
    "row_largest": """static void row_largest(const double *x, double *y, int rows, int cols, int sign) {
    for (int i = 0; i < rows; i++, x += cols) {
        y[i] = x[0];
        for (int j = 1; j < cols; j++) if (sign * x[j] > sign * y[i]) y[i] = x[j];
    }
}
""",
    "row_max_mask": """static void row_max_mask(const double *x, double *y, int rows, int cols) {
    for (int i = 0; i < rows; i++, x += cols, y += cols) {
        double largest = x[0];
        int times = 0;
        for (int j = 1; j < cols; j++) if (x[j] > largest) largest = x[j];
        for (int j = 0; j < cols; j++) times += x[j] == largest;
        for (int j = 0; j < cols; j++) y[j] = x[j] == largest ? 1.0 / times : 0.0;
    }
}
""",
    "sigmoid_slope": """static double sigmoid_slope(double u) {
    const double e = exp(-fabs(u));
    return e / ((1.0 + e) * (1.0 + e));
}
""",
    "mills_gap": """static double mills_gap(double u) { /* u + normpdf(u) / normcdf(u), a continued fraction far out */
    if (u > -6.0) return u + 0.7978845608028654 * exp(-0.5 * u * u) / erfc(u * -0.7071067811865476);
    double fraction = -u;
    for (int k = 40; k > 1; k--) fraction = -u + k / fraction;
    return 1.0 / fraction;
}
""",
    "inverse_mills": """static double inverse_mills(double u) {
    return u > -6.0 ? 0.7978845608028654 * exp(-0.5 * u * u) / erfc(u * -0.7071067811865476) : mills_gap(u) - u;
}
""",
    "log_normcdf": """static double log_normcdf(double u) {
    if (u > 0) return log1p(-0.5 * erfc(u * 0.7071067811865476));
    if (u > -6.0) return log(0.5 * erfc(u * -0.7071067811865476));
    return -0.5 * u * u - 0.9189385332046727 - log(inverse_mills(u));
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
        for (int j = 0; j < cols; j++) total += y[j] = exp(x[j] == largest && largest > 0 ? 0.0 : x[j] - largest);
        for (int j = 0; j < cols; j++) y[j] /= total;
    }
}
""",
    "log_sum_exp": """static void log_sum_exp(const double *x, double *y, int rows, int cols) {
    for (int i = 0; i < rows; i++, x += cols) {
        double largest = x[0], total = 0;
        for (int j = 1; j < cols; j++) if (x[j] > largest) largest = x[j];
        if (largest - largest != 0) { y[i] = largest; continue; } /* infinite */
        for (int j = 0; j < cols; j++) total += exp(x[j] - largest);
        y[i] = largest + log(total);
    }
}
""",
}

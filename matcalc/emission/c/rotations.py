"""C texts: cross products, and rotations in space with their derivatives."""

from __future__ import annotations

OF_ROTATIONS = {
    "levi_civita": """static void levi_civita(double *y) {
    for (int i = 0; i < 27; i++) y[i] = (i / 3 % 3 - i / 9) * (i % 3 - i / 3 % 3) * (i % 3 - i / 9) / 2;
}
""",
    "cross": """static void cross(const double *x, const double *y, double *z) {
    for (int i = 0; i < 3; i++) z[i] = x[(i + 1) % 3] * y[(i + 2) % 3] - x[(i + 2) % 3] * y[(i + 1) % 3];
}
""",
    "hat": """static void hat(const double *x, double *y) {
    y[0] = y[4] = y[8] = 0.0;
    for (int i = 0; i < 3; i++) y[(i + 2) % 3 * 3 + (i + 1) % 3] = x[i], y[(i + 1) % 3 * 3 + (i + 2) % 3] = -x[i];
}
""",
    "rotation_series": """static void rotation_series(const double *x, double *y) {
    /* y[k - 1] is the sum of (-t)^i / (k + 2 i)! for t = *x: sin(r) / r, (1 - cos(r)) / r^2, ... of t = r^2 */
    const double t = *x;
    if (t < 1.0) {
        const double s = t * t;
        y[3] = 1.0 / 24 + s * (1.0 / 40320 + s * (1.0 / 479001600 + s * (1.0 / 20922789888000.0
            + s * (1.0 / 2432902008176640000.0))))
            - t * (1.0 / 720 + s * (1.0 / 3628800 + s * (1.0 / 87178291200.0 + s * (1.0 / 6402373705728000.0))));
        y[4] = 1.0 / 120 + s * (1.0 / 362880 + s * (1.0 / 6227020800.0 + s * (1.0 / 355687428096000.0)))
            - t * (1.0 / 5040 + s * (1.0 / 39916800 + s * (1.0 / 1307674368000.0 + s * (1.0 / 121645100408832000.0))));
        y[2] = 1.0 / 6 - t * y[4];
        y[1] = 0.5 - t * y[3];
        y[0] = 1.0 - t * y[2];
    } else {
        const double r = sqrt(t), s = sin(0.5 * r), c = cos(0.5 * r);
        y[0] = 2.0 * s * c / r;
        y[1] = 2.0 * s * s / t;
        y[2] = (1.0 - y[0]) / t;
        y[3] = (0.5 - y[1]) / t;
        y[4] = (1.0 / 6 - y[2]) / t;
    }
}
""",
    "beside_skew": """static void beside_skew(const double *x, double first, double second, double *y) {
    double h[9];
    hat(x, h);
    for (int i = 0; i < 3; i++) for (int j = 0; j < 3; j++) {
        double square = 0.0;
        for (int k = 0; k < 3; k++) square += h[i * 3 + k] * h[k * 3 + j];
        y[i * 3 + j] = (i == j) + first * h[i * 3 + j] + second * square;
    }
}
""",
    "rodrigues": """static void rodrigues(const double *x, double *y) {
    const double t = x[0] * x[0] + x[1] * x[1] + x[2] * x[2];
    double c[5];
    rotation_series(&t, c);
    beside_skew(x, c[0], c[1], y);
}
""",
    "right_jacobian": """static void right_jacobian(const double *x, double *y) {
    const double t = x[0] * x[0] + x[1] * x[1] + x[2] * x[2];
    double c[5];
    rotation_series(&t, c);
    beside_skew(x, -c[1], c[2], y);
}
""",
    "right_jacobian_slope": """static void right_jacobian_slope(const double *x, double *y) {
    /* y[j][i][k] is the derivative of entry (i, j) by x[k], of which e is the skew unit */
    const double t = x[0] * x[0] + x[1] * x[1] + x[2] * x[2];
    double c[5], h[9], e[9];
    rotation_series(&t, c);
    hat(x, h);
    for (int k = 0; k < 3; k++) {
        const double unit[3] = {k == 0 ? 1.0 : 0.0, k == 1 ? 1.0 : 0.0, k == 2 ? 1.0 : 0.0};
        hat(unit, e);
        for (int i = 0; i < 3; i++) for (int j = 0; j < 3; j++) {
            double square = 0.0, both = 0.0;
            for (int l = 0; l < 3; l++) {
                square += h[i * 3 + l] * h[l * 3 + j];
                both += e[i * 3 + l] * h[l * 3 + j] + h[i * 3 + l] * e[l * 3 + j];
            }
            y[(j * 3 + i) * 3 + k] = c[2] * both - c[1] * e[i * 3 + j]
                + x[k] * ((c[2] - 2.0 * c[3]) * h[i * 3 + j] + (3.0 * c[4] - c[3]) * square);
        }
    }
}
""",
}

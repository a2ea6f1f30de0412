"""C texts: products of entries; sums of first entries, differences of neighbours, and convolutions."""

from __future__ import annotations

OF_SHIFTS = {
    "product_without": """static double product_without(const double *x, int n, int i, int j) {
    /* of all entries but two: large and small ones in turn, so that only the result can be too large or too small */
    double product = 1.0;
    for (int large = 0, small = 0; large < n || small < n;) {
        int *at = (small < n && fabs(product) > 1.0) || large == n ? &small : &large;
        const int k = (*at)++;
        if (k != i && k != j && (fabs(x[k]) < 1.0) == (at == &small)) product *= x[k];
    }
    return product;
}
""",
    "product_of": """static void product_of(const double *x, double *y, int n) { *y = product_without(x, n, n, n); }
""",
    "others": """static void others(const double *x, double *y, int n) {
    for (int i = 0; i < n; i++) y[i] = product_without(x, n, i, i);
}
""",
    "others_of_pairs": """static void others_of_pairs(const double *x, double *y, int n) {
    for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) {
        y[i * n + j] = i != j ? product_without(x, n, i, j) : 0.0;
    }
}
""",
    "others_by_columns": """static void others_by_columns(const double *x, double *y, int m, int n) {
    const int count = m * n; /* columns before rows, as vec has the entries */
    for (int i = 0; i < count; i++) for (int j = 0; j < count; j++) {
        const int k = i % n * m + i / n, l = j % n * m + j / n;
        y[k * count + l] = i != j ? product_without(x, count, i, j) : 0.0;
    }
}
""",
    "row_products": """static void row_products(const double *x, double *y, int rows, int cols) {
    for (int i = 0; i < rows; i++) product_of(x + i * cols, y + i, cols);
}
""",
    "row_others": """static void row_others(const double *x, double *y, int rows, int cols) {
    for (int i = 0; i < rows; i++) others(x + i * cols, y + i * cols, cols);
}
""",
    "row_others_of_pairs": """static void row_others_of_pairs(const double *x, double *y, int rows, int cols) {
    for (int i = 0; i < rows; i++) others_of_pairs(x + i * cols, y + i * cols * cols, cols);
}
""",
    "cumulative_sum": """static void cumulative_sum(const double *x, double *y, int n) {
    y[0] = x[0];
    for (int i = 1; i < n; i++) y[i] = y[i - 1] + x[i];
}
""",
    "reverse_sum": """static void reverse_sum(const double *x, double *y, int n) {
    y[n - 1] = x[n - 1];
    for (int i = n - 1; i > 0; i--) y[i - 1] = y[i] + x[i - 1];
}
""",
    "differences": """static void differences(const double *x, double *y, int n) {
    for (int i = 1; i < n; i++) y[i - 1] = x[i] - x[i - 1];
}
""",
    "falls": """static void falls(const double *x, double *y, int n) {
    for (int i = 0; i <= n; i++) y[i] = (i ? x[i - 1] : 0.0) - (i < n ? x[i] : 0.0);
}
""",
    "difference_matrix": """static void difference_matrix(double *y, int n) {
    for (int i = 0; i + 1 < n; i++) for (int j = 0; j < n; j++) y[i * n + j] = (j == i + 1) - (j == i);
}
""",
    "convolution": """static void convolution(const double *x, int m, const double *y, int n, double *z) {
    for (int k = 0; k < m + n - 1; k++) z[k] = 0.0;
    for (int i = 0; i < m; i++) for (int j = 0; j < n; j++) z[i + j] += x[i] * y[j];
}
""",
    "correlation": """static void correlation(const double *x, int m, const double *y, int n, double *z) {
    for (int i = 0; i <= m - n; i++) {
        z[i] = 0.0;
        for (int j = 0; j < n; j++) z[i] += x[i + j] * y[j];
    }
}
""",
    "convolution_matrix": """static void convolution_matrix(const double *x, int n, double *y, int m) {
    for (int i = 0; i < m + n - 1; i++)
        for (int j = 0; j < m; j++) y[i * m + j] = j <= i && i - j < n ? x[i - j] : 0.0;
}
""",
    "hankel_matrix": """static void hankel_matrix(const double *x, double *y, int rows, int cols) {
    for (int i = 0; i < rows; i++) for (int j = 0; j < cols; j++) y[i * cols + j] = x[i + j];
}
""",
    "places_of_convolution": """static void places_of_convolution(double *y, int m, int n) {
    for (int k = 0; k < m + n - 1; k++)
        for (int i = 0; i < m; i++) for (int j = 0; j < n; j++) y[(k * m + i) * n + j] = k == i + j;
}
""",
    "wrapped_sums": """static void wrapped_sums(const double *x, const double *y, double *z, int n, int sign) {
    for (int i = 0; i < n; i++) {
        z[i] = 0.0;
        for (int k = 0; k < n; k++) z[i] += x[(i + n + sign * k) % n] * y[k];
    }
}
""",
    "circulant_matrix": """static void circulant_matrix(const double *x, double *y, int n) {
    for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) y[i * n + j] = x[(i + n - j) % n];
}
""",
    "places_around": """static void places_around(double *y, int n) {
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) for (int k = 0; k < n; k++) y[(i * n + j) * n + k] = (j + k) % n == i;
}
""",
}

"""Functions of matrices as wholes, of shifts and of rotations, in MATLAB: see ``matlab_sources``."""

from __future__ import annotations

MATRICES = """
function y = log_abs_det(X)
%LOG_ABS_DET  log(abs(det(X))) without overflow.
    [~, U] = lu(X);
    y = sum(log(abs(diag(U))));
end

function y = log_of_det(X)
%LOG_OF_DET  log(det(X)) without overflow; not a number where the determinant is negative.
    [~, U, P] = lu(X);
    d = diag(U);
    y = sum(log(abs(d)));
    if prod(sign(d)) * det(P) < 0
        y = NaN;
    end
end

function y = sign_log_det(X)
%SIGN_LOG_DET  The sign of the determinant, and the logarithm of its size.
    [~, U, P] = lu(X);
    d = diag(U);
    y = [prod(sign(d)) * det(P); sum(log(abs(d)))];
end

function L = lower_cholesky(X)
%LOWER_CHOLESKY  The lower triangular factor of a positive definite matrix.
    [R, failed] = chol(tril(X) + tril(X, -1)');
    assert(~failed, 'matcalc:domain', 'a matrix is not positive definite');
    L = R';
end

function [V, values] = symmetric_eig(X)
%SYMMETRIC_EIG  Eigenvectors, the largest entry of each positive, and eigenvalues, ascending.
    gap = max(max(abs(X - X')));
    assert(gap <= 1e-9 * max(max(abs(X))), 'matcalc:domain', 'a matrix is not symmetric');
    [V, D] = eig((X + X') / 2);
    [values, order] = sort(diag(D));
    V = signed_columns(V(:, order));
end

function V = signed_columns(V)
%SIGNED_COLUMNS  Columns whose largest entry is positive.
    [~, at] = max(abs(V), [], 1);
    V = V .* sign(V(sub2ind(size(V), at, 1:size(V, 2))));
end

function values = eigen_values(X)
%EIGEN_VALUES  The eigenvalues of a symmetric matrix, ascending.
    [~, values] = symmetric_eig(X);
end

function V = eigen_vectors(X)
%EIGEN_VECTORS  The eigenvectors of a symmetric matrix, the largest entry of each positive.
    V = symmetric_eig(X);
end

function G = inverse_gaps(x)
%INVERSE_GAPS  1/(x(j) - x(i)), zero on the diagonal.
    G = x' - x;
    n = numel(x);
    G(abs(G) <= 1e-12 * max(abs(x))) = NaN;
    G(1:n + 1:end) = Inf;
    G = 1 ./ G;
end

function D = divided_differences(x, f, g)
%DIVIDED_DIFFERENCES  (f(j) - f(i))/(x(j) - x(i)), the mean of the slopes g where the entries of x meet.
    gaps = x' - x;
    apart = abs(gaps) > 1e-5 * max(abs(x), abs(x'));
    D = choose(apart, (f' - f) ./ choose(apart, gaps, 1), (g' + g) / 2);
end

function [u, v] = leading_vectors(X)
%LEADING_VECTORS  Singular vectors of the largest singular value, the largest entry of the left one positive.
    [U, S, V] = svd(X, 'econ');
    s = diag(S(1:min(size(S)), 1:min(size(S))));
    assert(numel(s) == 1 || s(1) - s(2) > 1e-12 * s(1), 'matcalc:domain', 'two singular values are equal');
    [~, at] = max(abs(U(:, 1)));
    u = sign(U(at, 1)) * U(:, 1);
    v = sign(U(at, 1)) * V(:, 1);
end

function v = leading_right(X)
%LEADING_RIGHT  The right singular vector of the largest singular value.
    [~, v] = leading_vectors(X);
end

function Q = polar_factor(X)
%POLAR_FACTOR  The orthogonal factor of the polar decomposition.
    [U, S, V] = svd(X, 'econ');
    s = diag(S);
    assert(min(s) > 1e-12 * max(s), 'matcalc:domain', 'a matrix has not full rank');
    Q = U * V';
end

function Y = matrix_log(X)
%MATRIX_LOG  The principal logarithm of a matrix, refused where it is not real.
    Y = logm(X);
    assert(isreal(Y) || norm(imag(Y), 1) <= 1e-12 * norm(Y, 1), 'matcalc:domain', 'a matrix has no real logarithm');
    Y = real(Y);
end

function Y = matrix_sqrt(X)
%MATRIX_SQRT  The principal square root of a matrix, refused where it is not real.
    Y = sqrtm(X);
    assert(isreal(Y) || norm(imag(Y), 1) <= 1e-12 * norm(Y, 1), 'matcalc:domain', 'a matrix has no real square root');
    Y = real(Y);
end

function Y = adjugate(X)
%ADJUGATE  det(X)*inv(X), which exists where X is singular, too.
    [U, S, V] = svd(X);
    Y = det(U) * det(V) * V * diag(others(diag(S)')) * U';
end

function [U, V, products] = minors(X)
%MINORS  U, V and P of X = U*S*V': signed products P(i, j) of all singular values but two.
    [U, S, V] = svd(X);
    products = others_of_pairs(diag(S)) * (det(U) * det(V));
end

function Y = adjugate_slope(X, E)
%ADJUGATE_SLOPE  The derivative of the adjugate at X along E.
    [U, V, products] = minors(X);
    along = U' * E * V;
    Y = V * (diag(products * diag(along)) - products .* along) * U';
end

function Y = adjugates(X)
%ADJUGATES  Y(i, j, k, l) = det(X)*(inv(X)(i, j)*inv(X)(k, l) - inv(X)(i, l)*inv(X)(k, j)).
    [U, V, products] = minors(X);
    n = size(X, 1);
    Y = zeros(n, n, n, n);
    for p = 1:n
        for q = 1:n
            first = V(:, p) * U(:, p)';
            second = V(:, q) * U(:, q)';
            Y = Y + products(p, q) * reshape(first(:) * second(:)', [n, n, n, n]);
        end
    end
    Y = Y - permute(Y, [1, 4, 3, 2]);
end

function D = expm_jacobian(X)
%EXPM_JACOBIAN  D(j, i, l, k) is the derivative of entry (i, j) of expm(X) by X(k, l).
    n = size(X, 1);
    D = zeros(n, n, n, n);
    for k = 1:n
        for l = 1:n
            E = zeros(n);
            E(k, l) = 1;
            both = expm([X, E; zeros(n), X]);
            D(:, :, l, k) = both(1:n, n + 1:end)';
        end
    end
end

function D = logm_jacobian(X)
%LOGM_JACOBIAN  D(j, i, l, k) is the derivative of entry (i, j) of logm(X) by X(k, l).
    n = size(X, 1);
    D = zeros(n, n, n, n);
    for k = 1:n
        for l = 1:n
            E = zeros(n);
            E(k, l) = 1;
            both = matrix_log([X, E; zeros(n), X]);
            D(:, :, l, k) = both(1:n, n + 1:end)';
        end
    end
end

function S = sylvester_inverse(A, B)
%SYLVESTER_INVERSE  Of A*X + X*B = C: S(j, i, l, k) is the derivative of X(i, j) by C(k, l).
    m = size(A, 1);
    n = size(B, 1);
    S = inv(kron(eye(n), A) + kron(B', eye(m)));
    S = permute(reshape(S, [m, n, m, n]), [2, 1, 4, 3]);
end
"""

SHIFTS = """
function H = windows(x, rows)
%WINDOWS  The parts of a vector that begin at each of so many places, as rows.
    H = hankel(x(1:rows), x(rows:end));
end

function M = conv_matrix(x, y)
%CONV_MATRIX  The vector x in each column, each one further down.
    M = toeplitz([x; zeros(numel(y) - 1, 1)], [x(1); zeros(numel(y) - 1, 1)]);
end

function M = circulant(x)
%CIRCULANT  The matrix of a first column that moves down and around.
    M = toeplitz(x, x([1, end:-1:2]));
end

function y = lower_sums(X)
%LOWER_SUMS  The sums along the diagonals, from the main one down.
    [m, n] = size(X);
    y = zeros(m, 1);
    for k = 1:m
        at = 1:min(m - k + 1, n);
        y(k) = sum(X(sub2ind([m, n], at + k - 1, at)));
    end
end

function y = upper_sums(X)
%UPPER_SUMS  The sums along the diagonals above the main one, after a 0 in place of that.
    y = lower_sums(X');
    y(1) = 0;
end

function T = conv_tensor(x, y)
%CONV_TENSOR  1 at the places (k, i, j) with k = i + j, counted from 0.
    [m, n] = deal(numel(x), numel(y));
    T = double((0:m + n - 2)' == (0:m - 1) + reshape(0:n - 1, 1, 1, []));
end

function T = circulant_tensor(x)
%CIRCULANT_TENSOR  1 at the places (i, j, k) with i = j + k, counted from 0, up to a multiple of the size.
    at = 0:numel(x) - 1;
    T = double(at' == mod(at + reshape(at, 1, 1, []), numel(x)));
end

function T = lower_tensor(x, y)
%LOWER_TENSOR  1 at the places (i, j, k) with i - j = k, counted from 0.
    at = 0:numel(x) - 1;
    T = double(at' - (0:numel(y) - 1) == reshape(at, 1, 1, []));
end

function T = upper_tensor(x, y)
%UPPER_TENSOR  1 at the places (i, j, k) with j - i = k > 0, counted from 0.
    k = reshape(0:numel(y) - 1, 1, 1, []);
    T = double(((0:numel(y) - 1) - (0:numel(x) - 1)' == k) & k > 0);
end
"""

IN_SPACE = """
function K = skew(x)
%SKEW  The skew matrix of a vector: skew(x)*y is the cross product.
    K = [0, -x(3), x(2); x(3), 0, -x(1); -x(2), x(1), 0];
end

function E = levi_civita()
%LEVI_CIVITA  1 at places in the order of 1, 2, 3, -1 at those in the other order, else 0.
    E = zeros(3, 3, 3);
    E([8, 12, 22]) = 1;
    E([6, 16, 20]) = -1;
end

function c = stumpff(k, t)
%STUMPFF  The sum of (-t)^j/(k + 2*j)!: sin(r)/r, (1 - cos(r))/r^2, (r - sin(r))/r^3 of t = r^2.
    r = sqrt(t);
    if r > 2
        far = [sin(r) / r, (1 - cos(r)) / t, (1 - sin(r) / r) / t];
        c = far(k);
        return
    end
    c = 1;
    for j = 16:-1:1
        c = 1 - c * t / ((k + 2 * j) * (k + 2 * j - 1));
    end
    c = c / factorial(k);
end

function R = rodrigues(x)
%RODRIGUES  The rotation by the angle norm(x) about x.
    t = x' * x;
    K = skew(x);
    R = eye(3) + stumpff(1, t) * K + stumpff(2, t) * K^2;
end

function J = right_jacobian(x)
%RIGHT_JACOBIAN  The right Jacobian of the rotation by x.
    t = x' * x;
    K = skew(x);
    J = eye(3) - stumpff(2, t) * K + stumpff(3, t) * K^2;
end
"""

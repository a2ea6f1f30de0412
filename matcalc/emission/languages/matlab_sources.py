"""Functions that not both of MATLAB and Octave have, in their language: they end the files that call them."""

from __future__ import annotations

import re

_OF_ENTRIES = """
function y = choose(condition, a, b)
%CHOOSE  a where a condition holds, else b.
    y = b + zeros(size(condition + a + b));
    a = a + zeros(size(y));
    condition = condition & true(size(y));
    y(condition) = a(condition);
end

function y = in_reals(y)
%IN_REALS  The value itself, refused where it is not real.
    assert(isreal(y), 'matcalc:domain', 'an argument is outside of the domain of a function');
end

function y = larger(a, b)
%LARGER  The larger of two, and NaN where one is.
    y = max(a, b);
    y(isnan(a + b)) = NaN;
end

function y = smaller(a, b)
%SMALLER  The smaller of two, and NaN where one is.
    y = -larger(-a, -b);
end

function y = sigmoid(u)
%SIGMOID  1/(1 + exp(-u)).
    y = 1 ./ (1 + exp(-u));
end

function y = log_add_exp(a, b)
%LOG_ADD_EXP  log(exp(a) + exp(b)) without overflow.
    gap = -abs(a - b);
    gap(a + zeros(size(gap)) == b + zeros(size(gap))) = 0;
    y = max(a, b) + log1p(exp(gap));
end

function y = softplus(u)
%SOFTPLUS  log(1 + exp(u)) without overflow.
    y = log1p(exp(-abs(u))) + max(u, 0);
end

function y = x_log_y(x, y)
%X_LOG_Y  x*log(y), which is 0 where x is 0.
    y = x .* reallog(choose(x == 0, 1, y));
end

function y = log_or_zero(u)
%LOG_OR_ZERO  log(u), or 0 where u is 0: it stands beside what is 0 there.
    u(u == 0) = 1;
    y = reallog(u);
end

function u = or_inf(u)
%OR_INF  u, or Inf where it is 0: what is divided by it is 0 there.
    u(u == 0) = Inf;
end

function y = sin_over(u)
%SIN_OVER  sin(u)/u, which is 1 at 0.
    y = sin(u) ./ choose(u == 0, 1, u);
    y(u == 0) = 1;
end

function y = log_cosh(u)
%LOG_COSH  log(cosh(u)), right where u is small, and without overflow.
    most = min(abs(u), 20);
    y = log1p(2 * sinh(0.5 * most).^2) + (abs(u) - most);
end

function y = log_of_rest(u)
%LOG_OF_REST  log(1 - exp(u)), right where exp(u) is close to 0 and where it is close to 1.
    y = in_reals(log1p(-exp(u)));
    near = u > -0.7;
    y(near) = reallog(-expm1(u(near)));
end

function y = norm_cdf(u)
%NORM_CDF  The distribution function of the standard normal distribution.
    y = 0.5 * erfc(-u / sqrt(2));
end

function y = log_norm_cdf(u)
%LOG_NORM_CDF  log(norm_cdf(u)), where that is too small for a number, too.
    y = choose(u < 0, log(0.5 * erfcx(-u / sqrt(2))) - u.^2 / 2, log1p(-0.5 * erfc(u / sqrt(2))));
end

function y = inverse_mills(u)
%INVERSE_MILLS  normpdf(u)/normcdf(u), where both are too small for a number, too.
    y = sqrt(2 / pi) ./ erfcx(-u / sqrt(2));
end

function y = mills_gap(u)
%MILLS_GAP  u + normpdf(u)/normcdf(u), which cancels far below 0: a continued fraction there.
    far = max(-u, 6);
    fraction = far;
    for k = 40:-1:2
        fraction = far + k ./ fraction;
    end
    y = choose(u < -6, 1 ./ fraction, u + inverse_mills(u));
end

function y = near_zero(u, far, coefficients)
%NEAR_ZERO  A polynomial in u where u is close to zero, lowest power first; what is right far from it elsewhere.
    y = choose(abs(u) < 0.2, polyval(coefficients(end:-1:1), u), far);
end

function y = exp_below(u, v)
%EXP_BELOW  exp(u - v), which is 1 where both are infinite and equal.
    gap = u - v;
    gap(u + zeros(size(gap)) == v + zeros(size(gap))) = 0;
    y = exp(gap);
end
"""

_OF_ROWS = """
function y = log_sum_exp(x, axis)
%LOG_SUM_EXP  log(sum(exp(x))) along an axis, without overflow.
    shift = max(x, [], axis);
    shift(~isfinite(shift)) = 0;
    y = log(sum(exp(x - shift), axis)) + shift;
end

function y = softmax_of(x, axis)
%SOFTMAX_OF  The softmax along an axis; where entries are Inf, the limit.
    infinite = x == Inf;
    beside = any(infinite, axis) & true(size(x));
    x(beside) = -Inf;
    x(infinite) = 0;
    e = exp(x - max(x, [], axis));
    y = e ./ sum(e, axis);
end

function y = largest(x)
%LARGEST  1 at the largest entry, shared equally where there are several.
    y = double(x == max(x(:)));
    y = y / sum(y(:));
end

function y = largest_of_rows(x)
%LARGEST_OF_ROWS  1 at the largest entry of each row, shared equally where there are several.
    y = double(x == max(x, [], 2));
    y = y ./ sum(y, 2);
end

function y = norm_of(x)
%NORM_OF  The Euclidean norm of all entries.
    y = norm(x(:));
end

function y = p_norm(x, p)
%P_NORM  The p-norm of all entries, without overflow.
    scale = max(abs(x(:)));
    if ~(scale > 0 && scale < Inf)
        scale = 1;
    end
    y = scale * sum((abs(x(:)) / scale).^p)^(1 / p);
end

function y = others(x)
%OTHERS  The product of all other entries of each row, for each entry; entries may be zero.
    y = ones(size(x));
    for k = 1:size(x, 2)
        y(:, k) = prod(x(:, [1:k - 1, k + 1:end]), 2);
    end
end

function y = other_entries(x)
%OTHER_ENTRIES  The product of all other entries, for each entry; entries may be zero.
    y = reshape(others(x(:)'), size(x));
end

function y = others_of_pairs(x)
%OTHERS_OF_PAIRS  The product of all entries but two, for each pair of different ones; zero for twice the same.
    n = numel(x);
    y = zeros(n);
    for k = 1:n
        rest = x(:)';
        rest(k) = 1;
        y(k, :) = others(rest);
        y(k, k) = 0;
    end
end

function y = other_pairs(x)
%OTHER_PAIRS  The products of all entries of a matrix but two, entry by entry in columns: y(j, i, l, k).
    [m, n] = size(x);
    y = permute(reshape(others_of_pairs(x), [m, n, m, n]), [2, 1, 4, 3]);
end

function y = pairs_of_rows(x)
%PAIRS_OF_ROWS  For each row, the products of all entries but two.
    y = zeros(size(x, 1), size(x, 2), size(x, 2));
    for k = 1:size(x, 1)
        y(k, :, :) = others_of_pairs(x(k, :));
    end
end
"""

_MATRICES = """
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

_SHIFTS = """
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

_IN_SPACE = """
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

_ARRAYS = """
function check_size(name, value, wanted)
%CHECK_SIZE  Refuses what is no array of real floating-point numbers of this size.
    if ~isfloat(value) || ~isreal(value)
        error('matcalc:type', '%s must hold real floating-point numbers', name);
    elseif isempty(value)
        error('matcalc:size', '%s must have entries', name);
    elseif ndims(value) > numel(wanted) || any(sides_of(value, numel(wanted)) ~= wanted)
        error('matcalc:size', '%s must have size [%s], got [%s]', name, num2str(wanted), num2str(size(value)));
    end
end

function check_length(name, value, least)
%CHECK_LENGTH  Refuses a dimension with fewer entries than are asked for.
    assert(value >= least, 'matcalc:size', 'there is no entry %d: the dimension %s is %d', least, name, value);
end

function A = regular(A)
%REGULAR  The matrix itself, refused where it is singular up to rounding.
    assert(rcond(A) >= 1e-12, 'matcalc:domain', 'a matrix is singular up to rounding');
end

function B = along(A, a, b)
%ALONG  An array whose axes have the letters a, with them at their places among the letters b.
    [~, place] = ismember(a, b);
    sides = ones(1, max(numel(b), 2));
    for k = 1:numel(a)
        sides(place(k)) = size(A, k);
    end
    [~, order] = sort(place);
    B = reshape(permute(A, [order, numel(a) + 1:2]), sides);
end

function C = contract(A, a, B, b, c)
%CONTRACT  C(c) is the sum of A(a)*B(b) over the letters that c has not: a product of matrices.
    shared = intersect(a, b);
    pages = shared(ismember(shared, c));
    inner = shared(~ismember(shared, c));
    rows = a(~ismember(a, b));
    columns = b(~ismember(b, a));
    [A, sides] = grouped(A, a, rows, inner, pages);
    [B, more] = grouped(B, b, inner, columns, pages);
    C = zeros(size(A, 1), size(B, 2), size(A, 3));
    for k = 1:size(A, 3)
        C(:, :, k) = A(:, :, k) * B(:, :, k);
    end
    sides = [sides(1:numel(rows)), more(numel(inner) + 1:end)];
    C = total(reshape(C, [sides, 1, 1]), [rows, columns, pages], c);
end

function [B, sides] = grouped(A, a, rows, columns, pages)
%GROUPED  An array as matrices, one for each value of the letters in pages, and the sizes of all letters.
    letters = [rows, columns, pages];
    B = along(A, a, letters);
    sides = sides_of(B, numel(letters));
    at = cumsum([numel(rows), numel(columns)]);
    B = reshape(B, [prod(sides(1:at(1))), prod(sides(at(1) + 1:at(2))), prod(sides(at(2) + 1:end))]);
end

function B = total(A, a, b)
%TOTAL  B(b) is the sum of A(a) over the letters that b has not.
    A = diagonals(A, a);
    a = distinct(a);
    for k = find(~ismember(a, b))
        A = sum(A, k);
    end
    letters = [b, a(~ismember(a, b))];
    sides = sides_of(along(A, a, letters), numel(letters));
    B = reshape(along(A, a, letters), [sides(1:numel(b)), 1, 1]);
end

function B = diagonals(A, a)
%DIAGONALS  The entries at which axes of the same letter have the same place, with one axis for each letter.
    letters = distinct(a);
    if numel(letters) == numel(a)
        B = A;
        return
    end
    at = places(a, sides_of(A, numel(a)), letters);
    B = reshape(A(at), size(at));
end

function B = embedded(A, a, b, sides)
%EMBEDDED  B(b) = A(a) where axes of the same letter have the same place, else 0.
    letters = distinct(b);
    at = places(b, sides, letters);
    B = zeros([sides, 1, 1]);
    B(at) = along(A, a, letters) + zeros(size(at));
end

function at = places(a, sides, letters)
%PLACES  Linear indices into an array with axes a of these sizes, for all values of the letters.
    strides = cumprod([1, sides(1:end - 1)]);
    at = 1;
    for k = 1:numel(letters)
        axis = ones(1, max(k, 2));
        axis(k) = sides(find(a == letters(k), 1));
        at = at + reshape((0:axis(k) - 1) * sum(strides(a == letters(k))), axis);
    end
end

function letters = distinct(a)
%DISTINCT  Letters, each where it stands first.
    first = true(size(a));
    for k = 2:numel(a)
        first(k) = ~any(a(1:k - 1) == a(k));
    end
    letters = a(first);
end

function sides = sides_of(A, count)
%SIDES_OF  The sizes of so many axes.
    sides = ones(1, count);
    for k = 1:count
        sides(k) = size(A, k);
    end
end
"""

SOURCE = _OF_ENTRIES + _OF_ROWS + _MATRICES + _SHIFTS + _IN_SPACE + _ARRAYS


def by_name(source: str) -> dict[str, str]:
    """The functions of a source, by their names."""
    parts = [part.strip() for part in f"\n{source}".split("\nfunction ")[1:]]
    return {_named(part): f"function {part}" for part in parts}


def _named(part: str) -> str:
    found = re.match(r"(?:[^\n=]*= )?(\w+)\(", part)
    assert found is not None
    return found[1]


HELPERS = by_name(SOURCE)

"""Functions that not both of MATLAB and Octave have, in their language: they end the files that call them."""

from __future__ import annotations

import re

from matcalc.emission.languages.matlab_matrices import IN_SPACE, MATRICES, SHIFTS

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

SOURCE = _OF_ENTRIES + _OF_ROWS + MATRICES + SHIFTS + IN_SPACE + _ARRAYS


def by_name(source: str) -> dict[str, str]:
    """The functions of a source, by their names."""
    parts = [part.strip() for part in f"\n{source}".split("\nfunction ")[1:]]
    return {_named(part): f"function {part}" for part in parts}


def _named(part: str) -> str:
    found = re.match(r"(?:[^\n=]*= )?(\w+)\(", part)
    assert found is not None
    return found[1]


HELPERS = by_name(SOURCE)

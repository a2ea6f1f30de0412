"""C++ texts with Eigen: functions and classes that functions of matrices are made of."""

from __future__ import annotations

import re

_SOURCES = r"""
/// Refuses an argument that has no entries, or not the rows and columns that are wanted.
inline void fit(const char* name, Eigen::Index rows, Eigen::Index cols, Eigen::Index wanted_rows,
                Eigen::Index wanted_cols) {
    if (rows == wanted_rows && cols == wanted_cols && rows > 0 && cols > 0) return;
    const auto shape = [](Eigen::Index r, Eigen::Index c) { return std::to_string(r) + "x" + std::to_string(c); };
    throw std::invalid_argument(std::string(name) + " must be " +
                                (rows == 0 || cols == 0 ? "without empty sides" : shape(wanted_rows, wanted_cols)) +
                                ", got " + shape(rows, cols));
}

/// Refuses matrices that are not so many, or one that has not the rows and columns that are wanted.
template <typename Matrix>
void fit_each(const char* name, const std::vector<Matrix>& members, Eigen::Index count, Eigen::Index wanted_rows,
              Eigen::Index wanted_cols) {
    if (static_cast<Eigen::Index>(members.size()) != count)
        throw std::invalid_argument(std::string(name) + " must have " + std::to_string(count) + " members, got " +
                                    std::to_string(members.size()));
    for (const Matrix& member : members) fit(name, member.rows(), member.cols(), wanted_rows, wanted_cols);
}

/// The first matrix, whose sides are those of all.
template <typename Matrix>
const Matrix& first_of(const char* name, const std::vector<Matrix>& members) {
    if (members.empty()) throw std::invalid_argument(std::string(name) + " has no members");
    return members.front();
}

/// The Cholesky factorisation; refuses a matrix that is not positive definite.
template <typename Matrix, typename Derived>
Eigen::LLT<Matrix> positive_definite(const Eigen::MatrixBase<Derived>& a) {
    Eigen::LLT<Matrix> factor(a);
    if (factor.info() != Eigen::Success) throw std::domain_error("Matrix is not positive definite");
    return factor;
}

/// The lower Cholesky factor.
template <typename Derived>
typename Derived::PlainObject cholesky(const Eigen::MatrixBase<Derived>& a) {
    return positive_definite<typename Derived::PlainObject>(a).matrixL();
}

/// The sign of a determinant, and the logarithm of its size.
template <typename Derived>
Eigen::Vector2d sign_and_log_abs_determinant(const Eigen::MatrixBase<Derived>& a) {
    const Eigen::PartialPivLU<typename Derived::PlainObject> lu(a);
    const Eigen::Array<double, Derived::RowsAtCompileTime, 1> pivots = lu.matrixLU().diagonal().array();
    return {pivots.sign().prod() * lu.permutationP().determinant(), pivots.abs().log().sum()};
}

/// log(|det(a)|) without overflow.
template <typename Derived>
double log_abs_determinant(const Eigen::MatrixBase<Derived>& a) {
    return Eigen::PartialPivLU<typename Derived::PlainObject>(a).matrixLU().diagonal().array().abs().log().sum();
}

/// log(det(a)) without overflow; not a number where the determinant is negative.
template <typename Derived>
double log_determinant(const Eigen::MatrixBase<Derived>& a) {
    const Eigen::Vector2d both = sign_and_log_abs_determinant(a);
    return both(0) < 0.0 ? std::numeric_limits<double>::quiet_NaN() : both(1);
}

/// The exponential of a matrix.
template <typename Derived>
typename Derived::PlainObject exponential(const Eigen::MatrixBase<Derived>& a) {
    return a.eval().exp();
}

/// The principal square root of a matrix.
template <typename Derived>
typename Derived::PlainObject square_root(const Eigen::MatrixBase<Derived>& a) {
    return a.eval().sqrt();
}

/// The principal logarithm of a matrix.
template <typename Derived>
typename Derived::PlainObject logarithm(const Eigen::MatrixBase<Derived>& a) {
    return a.eval().log();
}

/// Ones below the diagonal, zeros above, another number on it.
template <typename Matrix>
Matrix lower_ones(Eigen::Index n, double on_diagonal) {
    Matrix ones = Matrix::Zero(n, n);
    ones.template triangularView<Eigen::StrictlyLower>().setOnes();
    ones.diagonal().setConstant(on_diagonal);
    return ones;
}

/// exp(x) divided by its sum, without overflow.
template <typename Derived>
typename Derived::PlainObject softmax(const Eigen::MatrixBase<Derived>& x) {
    const typename Derived::PlainObject e = (x.array() - x.maxCoeff()).exp().matrix();
    return e / e.sum();
}

/// The softmax of each row.
template <typename Derived>
typename Derived::PlainObject row_softmax(const Eigen::MatrixBase<Derived>& x) {
    typename Derived::PlainObject e = x;
    for (Eigen::Index i = 0; i < e.rows(); ++i) {
        e.row(i) = (e.row(i).array() - e.row(i).maxCoeff()).exp().matrix().eval();
        e.row(i) /= e.row(i).sum();
    }
    return e;
}

/// log(sum(exp(x))) without overflow.
template <typename Derived>
double log_sum_exp(const Eigen::MatrixBase<Derived>& x) {
    const double largest = x.maxCoeff();
    if (std::abs(largest) > std::numeric_limits<double>::max()) return largest;
    return largest + std::log((x.array() - largest).exp().sum());
}

/// log(sum(exp(x))) of each row.
template <typename Derived>
Eigen::Matrix<double, Derived::RowsAtCompileTime, 1> row_log_sum_exp(const Eigen::MatrixBase<Derived>& x) {
    Eigen::Matrix<double, Derived::RowsAtCompileTime, 1> sums(x.rows());
    for (Eigen::Index i = 0; i < x.rows(); ++i) sums(i) = log_sum_exp(x.row(i).eval());
    return sums;
}

/// Where the largest entries are: ones, divided by how many there are.
template <typename Derived>
typename Derived::PlainObject max_mask(const Eigen::MatrixBase<Derived>& x) {
    const typename Derived::PlainObject mask = (x.array() == x.maxCoeff()).template cast<double>().matrix();
    return mask / mask.sum();
}

/// Factors of a = inv(left)*diag(pivots)*inv(right): small pivots come last, so that products without one are precise.
template <typename Matrix>
struct PivotFactors {
    using Vector = Eigen::Matrix<double, Matrix::RowsAtCompileTime, 1>;
    Matrix left, right;
    Vector pivots;
    double sign;  // the determinant of left*right

    explicit PivotFactors(const Matrix& a) {
        const Eigen::FullPivLU<Matrix> lu(a);
        const Matrix identity = Matrix::Identity(a.rows(), a.cols());
        Matrix upper = lu.matrixLU();
        pivots = upper.diagonal();
        for (Eigen::Index i = 0; i < a.rows(); ++i) upper.row(i) *= pivots(i) == 0.0 ? 0.0 : 1.0 / pivots(i);
        left = lu.permutationQ() * upper.template triangularView<Eigen::UnitUpper>().solve(identity);
        right = lu.matrixLU().template triangularView<Eigen::UnitLower>().solve(identity) * lu.permutationP();
        sign = static_cast<double>(lu.permutationP().determinant() * lu.permutationQ().determinant());
    }

    /// The products of all pivots but one, times the exponential of a number.
    Vector others(double log_factor) const {
        Vector products(pivots.size());
        for (Eigen::Index i = 0; i < pivots.size(); ++i) {
            double size = log_factor, signs = sign;
            for (Eigen::Index j = 0; j < pivots.size(); ++j) {
                if (j == i) continue;
                size += std::log(std::abs(pivots(j)));
                if (pivots(j) < 0.0) signs = -signs;
            }
            products(i) = signs * std::exp(size);
        }
        return products;
    }

    /// The products of all pivots but two.
    Matrix others_of_pairs() const {
        Matrix products = Matrix::Zero(pivots.size(), pivots.size());
        for (Eigen::Index j = 0; j < pivots.size(); ++j)
            for (Eigen::Index i = 0; i < j; ++i) {
                double product = sign;
                for (Eigen::Index k = 0; k < pivots.size(); ++k)
                    if (k != i && k != j) product *= pivots(k);
                products(i, j) = products(j, i) = product;
            }
        return products;
    }
};

/// The adjugate, times the exponential of a number: det(a)*inv(a), which singular matrices have, too.
template <typename Derived>
typename Derived::PlainObject adjugate(const Eigen::MatrixBase<Derived>& a, double log_factor = 0.0) {
    const PivotFactors<typename Derived::PlainObject> factors(a);
    return factors.left * factors.others(log_factor).asDiagonal() * factors.right;
}

/// The derivative of the adjugate along e.
template <typename Derived, typename Other>
typename Derived::PlainObject adjugate_slope(const Eigen::MatrixBase<Derived>& a, const Eigen::MatrixBase<Other>& e) {
    using Matrix = typename Derived::PlainObject;
    const PivotFactors<Matrix> factors(a);
    const Matrix pairs = factors.others_of_pairs();
    const Matrix moved = factors.right * e * factors.left;
    Matrix slope = -pairs.cwiseProduct(moved);
    slope.diagonal() = pairs * moved.diagonal();
    return factors.left * slope * factors.right;
}

/// The derivative of the adjugate by all entries: an entry for each pair of entries of a.
template <typename Derived>
Eigen::VectorXd adjugates(const Eigen::MatrixBase<Derived>& a) {
    using Matrix = typename Derived::PlainObject;
    const PivotFactors<Matrix> factors(a);
    const Matrix &w = factors.left, &z = factors.right, pairs = factors.others_of_pairs();
    const Eigen::Index n = a.rows();
    Eigen::VectorXd slopes = Eigen::VectorXd::Zero(n * n * n * n);
    Eigen::Index at = 0;
    for (Eigen::Index i = 0; i < n; ++i)
        for (Eigen::Index j = 0; j < n; ++j)
            for (Eigen::Index k = 0; k < n; ++k)
                for (Eigen::Index l = 0; l < n; ++l, ++at)
                    for (Eigen::Index q = 0; q < n; ++q)
                        for (Eigen::Index r = 0; r < n; ++r)
                            slopes(at) += pairs(q, r) * w(i, q) * w(k, r) * (z(q, j) * z(r, l) - z(q, l) * z(r, j));
    return slopes;
}

/// The cross product of two vectors with three entries.
inline Eigen::Vector3d cross(const Eigen::Vector3d& x, const Eigen::Vector3d& y) { return x.cross(y); }

/// The skew matrix of a vector: hat(x)*y is the cross product of x and y.
inline Eigen::Matrix3d hat(const Eigen::Vector3d& x) {
    Eigen::Matrix3d skew;
    skew << 0.0, -x(2), x(1), x(2), 0.0, -x(0), -x(1), x(0), 0.0;
    return skew;
}

/// The rotation by a vector, expm(hat(w)), and its derivative: Rodrigues' formula, with series at small angles.
class Rotation {
public:
    explicit Rotation(const Eigen::Vector3d& w) : w_(w), square_(w.squaredNorm()) {
        if (square_ < 1e-2) {
            first_ = series(1);
            second_ = series(2);
            third_ = series(3);
            return;
        }
        const double angle = std::sqrt(square_), sine = std::sin(angle);
        first_ = sine / angle;
        second_ = (1.0 - std::cos(angle)) / square_;
        third_ = (angle - sine) / (square_ * angle);
    }

    /// expm(hat(w))
    Eigen::Matrix3d matrix() const { return combined(1.0 - second_ * square_, first_, second_); }

    /// rotation(w + d) = rotation(w)*rotation(right_jacobian*d) for small d
    Eigen::Matrix3d right_jacobian() const { return combined(1.0 - third_ * square_, -second_, third_); }

private:
    /// The sum of (-1)^i square^i / (k + 2 i)!
    double series(int k) const {
        double sum = 1.0;
        for (int i = 10; i > 0; i -= 2) sum = 1.0 - sum * square_ / ((k + i) * (k + i - 1));
        return k == 3 ? sum / 6.0 : k == 2 ? 0.5 * sum : sum;
    }

    /// diagonal*eye(3) + skew*hat(w) + outer*w*w'
    Eigen::Matrix3d combined(double diagonal, double skew, double outer) const {
        const Eigen::Vector3d s = skew * w_, o = outer * w_;
        Eigen::Matrix3d sum;
        sum << diagonal + o(0) * w_(0), o(0) * w_(1) - s(2), o(0) * w_(2) + s(1),
            o(0) * w_(1) + s(2), diagonal + o(1) * w_(1), o(1) * w_(2) - s(0),
            o(0) * w_(2) - s(1), o(1) * w_(2) + s(0), diagonal + o(2) * w_(2);
        return sum;
    }

    Eigen::Vector3d w_;
    double square_, first_, second_, third_;
};

/// Eigenvalues of a symmetric matrix, ascending, and its eigenvectors, the largest entry of each positive.
template <typename Matrix>
struct SymmetricEigen {
    Eigen::Matrix<double, Matrix::RowsAtCompileTime, 1> values;
    Matrix vectors;

    explicit SymmetricEigen(const Matrix& a) {
        const double symmetric = std::sqrt(std::numeric_limits<double>::epsilon());
        if ((a - a.transpose()).cwiseAbs().maxCoeff() > symmetric * a.cwiseAbs().maxCoeff())
            throw std::domain_error("eigvals and eigvecs: the matrix is not symmetric");
        const Eigen::SelfAdjointEigenSolver<Matrix> solver(0.5 * (a + a.transpose()));
        values = solver.eigenvalues();
        vectors = solver.eigenvectors();
        for (Eigen::Index j = 0; j < vectors.cols(); ++j) {
            Eigen::Index largest;
            vectors.col(j).cwiseAbs().maxCoeff(&largest);
            if (vectors(largest, j) < 0.0) vectors.col(j) = -vectors.col(j);
        }
    }

    /// 1/(l[j] - l[i]), zero on the diagonal; not a number where two eigenvalues are equal, up to rounding.
    Matrix inverse_gaps() const {
        Matrix gaps(values.size(), values.size());
        const double least = 1e4 * std::numeric_limits<double>::epsilon() * values.cwiseAbs().maxCoeff();
        for (Eigen::Index j = 0; j < gaps.cols(); ++j)
            for (Eigen::Index i = 0; i < gaps.rows(); ++i) {
                const double gap = values(j) - values(i);
                gaps(i, j) = std::abs(gap) > least ? 1.0 / gap : std::numeric_limits<double>::quiet_NaN();
            }
        gaps.diagonal().setZero();
        return gaps;
    }
};

/// The diagonals of a matrix whose first column and first row are given; the corner is the column's.
template <typename Column, typename Row>
Eigen::MatrixXd toeplitz(const Eigen::MatrixBase<Column>& x, const Eigen::MatrixBase<Row>& y) {
    Eigen::MatrixXd whole(x.size(), y.size());
    for (Eigen::Index j = 0; j < y.size(); ++j)
        for (Eigen::Index i = 0; i < x.size(); ++i) whole(i, j) = i >= j ? x(i - j) : y(j - i);
    return whole;
}

/// 1 at the places [i, j, k] with i - j = k, row by row.
template <typename Column, typename Row>
Eigen::VectorXd lower_tensor(const Eigen::MatrixBase<Column>& x, const Eigen::MatrixBase<Row>& y) {
    Eigen::VectorXd ones = Eigen::VectorXd::Zero(x.size() * y.size() * x.size());
    for (Eigen::Index i = 0; i < x.size(); ++i)
        for (Eigen::Index j = 0; j <= i && j < y.size(); ++j) ones((i * y.size() + j) * x.size() + i - j) = 1.0;
    return ones;
}

/// 1 at the places [i, j, k] with j - i = k > 0, row by row.
template <typename Column, typename Row>
Eigen::VectorXd upper_tensor(const Eigen::MatrixBase<Column>& x, const Eigen::MatrixBase<Row>& y) {
    Eigen::VectorXd ones = Eigen::VectorXd::Zero(x.size() * y.size() * y.size());
    for (Eigen::Index i = 0; i < x.size(); ++i)
        for (Eigen::Index j = i + 1; j < y.size(); ++j) ones((i * y.size() + j) * y.size() + j - i) = 1.0;
    return ones;
}

/// The solution operator of a*x + x*b = c: entries [j, i, l, k], the derivative of x(i, j) by c(k, l).
template <typename Left, typename Right>
Eigen::VectorXd sylvester(const Eigen::MatrixBase<Left>& a, const Eigen::MatrixBase<Right>& b) {
    const Eigen::Index m = a.rows(), n = b.rows();
    Eigen::MatrixXd system = Eigen::MatrixXd::Zero(m * n, m * n);  // transposed: the result is read row by row
    for (Eigen::Index j = 0; j < n; ++j) {
        system.block(j * m, j * m, m, m) += a.transpose();
        for (Eigen::Index l = 0; l < n; ++l) system.block(l * m, j * m, m, m).diagonal().array() += b(l, j);
    }
    const Eigen::MatrixXd solved = system.inverse();
    return solved.reshaped();
}

/// The derivative of the exponential: entries [j, i, l, k], that of entry (i, j) by a(k, l).
template <typename Derived>
Eigen::VectorXd exponential_slopes(const Eigen::MatrixBase<Derived>& a) {
    const Eigen::Index n = a.rows();
    Eigen::VectorXd slopes(n * n * n * n);
    Eigen::MatrixXd blocks = Eigen::MatrixXd::Zero(2 * n, 2 * n);
    blocks.topLeftCorner(n, n) = blocks.bottomRightCorner(n, n) = a;
    for (Eigen::Index l = 0; l < n; ++l)
        for (Eigen::Index k = 0; k < n; ++k) {
            blocks.topRightCorner(n, n).setZero();
            blocks(k, n + l) = 1.0;
            const Eigen::MatrixXd powers = blocks.exp();
            for (Eigen::Index j = 0; j < n; ++j)
                for (Eigen::Index i = 0; i < n; ++i) slopes(((j * n + i) * n + l) * n + k) = powers(i, n + j);
        }
    return slopes;
}

/// The derivative of the logarithm, in the same order: the inverse of that of the exponential.
template <typename Derived>
Eigen::VectorXd logarithm_slopes(const Eigen::MatrixBase<Derived>& a) {
    const Eigen::Index n = a.rows();
    const Eigen::VectorXd slopes = exponential_slopes(logarithm(a));
    const Eigen::MatrixXd inverse = slopes.reshaped(n * n, n * n).eval().inverse();
    return inverse.reshaped();
}

/// 1/(x[j] - x[i]), zero on the diagonal; not a number where two entries are equal, up to rounding.
template <typename Derived>
Eigen::MatrixXd inverse_differences(const Eigen::MatrixBase<Derived>& x) {
    Eigen::MatrixXd gaps(x.size(), x.size());
    const double least = 1e4 * std::numeric_limits<double>::epsilon() * x.cwiseAbs().maxCoeff();
    for (Eigen::Index j = 0; j < x.size(); ++j)
        for (Eigen::Index i = 0; i < x.size(); ++i) {
            const double gap = x(j) - x(i);
            gaps(i, j) = std::abs(gap) > least ? 1.0 / gap : std::numeric_limits<double>::quiet_NaN();
        }
    gaps.diagonal().setZero();
    return gaps;
}

/// (f[j] - f[i])/(x[j] - x[i]), the mean of the slopes g where the entries of x meet.
template <typename Points, typename Values, typename Slopes>
Eigen::MatrixXd divided_differences(const Eigen::MatrixBase<Points>& x, const Eigen::MatrixBase<Values>& f,
                                    const Eigen::MatrixBase<Slopes>& g) {
    Eigen::MatrixXd slopes(x.size(), x.size());
    for (Eigen::Index j = 0; j < x.size(); ++j)
        for (Eigen::Index i = 0; i < x.size(); ++i) {
            const double gap = x(j) - x(i);
            const bool apart = std::abs(gap) > 1e-5 * std::max<double>(std::abs(x(j)), std::abs(x(i)));
            slopes(i, j) = apart ? (f(j) - f(i)) / gap : 0.5 * (g(j) + g(i));
        }
    return slopes;
}

/// The orthogonal factor of the polar decomposition; refuses a matrix that is not of full rank.
template <typename Derived>
Eigen::MatrixXd polar(const Eigen::MatrixBase<Derived>& a) {
    const Eigen::JacobiSVD<Eigen::MatrixXd> svd(a, Eigen::ComputeThinU | Eigen::ComputeThinV);
    const Eigen::VectorXd s = svd.singularValues();
    if (!(s(s.size() - 1) > 1e4 * std::numeric_limits<double>::epsilon() * s(0)))
        throw std::domain_error("polar: the matrix is not of full rank");
    return svd.matrixU() * svd.matrixV().transpose();
}

/// Singular vectors of the largest singular value, which must be simple; the left one's largest entry is positive.
struct LeadingSingularVectors {
    Eigen::VectorXd left, right;

    explicit LeadingSingularVectors(const Eigen::MatrixXd& a) {
        const Eigen::JacobiSVD<Eigen::MatrixXd> svd(a, Eigen::ComputeThinU | Eigen::ComputeThinV);
        const Eigen::VectorXd s = svd.singularValues();
        if (s.size() > 1 && !(s(0) - s(1) > 1e4 * std::numeric_limits<double>::epsilon() * s(0)))
            throw std::domain_error("leftsv and rightsv: the largest singular value is not simple");
        left = svd.matrixU().col(0);
        right = svd.matrixV().col(0);
        Eigen::Index largest;
        left.cwiseAbs().maxCoeff(&largest);
        if (left(largest) < 0.0) {
            left = -left;
            right = -right;
        }
    }
};
"""


def _by_name(source: str) -> dict[str, str]:
    parts = [part.strip() for part in re.split(r"\n(?=///)(?! )", source) if part.strip()]
    pattern = re.compile(r"^(?:class |struct |(?:inline |template.*\n)?[\w:<>,& ]+? )(\w+)(?=\(| \{)", re.MULTILINE)
    named = {}
    for part in parts:
        found = pattern.search(part)
        assert found is not None, part
        named[found[1]] = part
    return named


SOURCES = _by_name(_SOURCES)

"""What users call, with types, for editors and type checkers; written by docs/stubs.py."""

from matcalc.expr import Operand
from matcalc.errors import DerivativeError as DerivativeError
from matcalc.drawing.diagram import Diagram as Diagram
from matcalc.accumulation.graph import Edge as Edge
from matcalc.errors import EvaluationError as EvaluationError
from matcalc.expr import Expr as Expr
from matcalc.functions import FUNCTIONS as FUNCTIONS
from matcalc.accumulation.chain import Factor as Factor
from matcalc.function import Function as Function
from matcalc.accumulation.chain import JacobianChain as JacobianChain
from matcalc.accumulation.dag import JacobianDag as JacobianDag
from matcalc.errors import MatcalcError as MatcalcError
from matcalc.fitting.objective import Objective as Objective
from matcalc.errors import ParseError as ParseError
from matcalc.drawing.pattern import Pattern as Pattern
from matcalc.errors import ShapeError as ShapeError
from matcalc.checking.verdict import Verdict as Verdict
from matcalc.version import __version__ as __version__
from matcalc.stacking import block as block
from matcalc.accumulation.dense import chain as chain
from matcalc.api import chain_rule as chain_rule
from matcalc.api import cheapest as cheapest
from matcalc.api_checking import check as check
from matcalc.api_checking import check_code as check_code
from matcalc.api_checking import check_derivation as check_derivation
from matcalc.api import compare_plans as compare_plans
from matcalc.api import conditions as conditions
from matcalc.api import derivative as derivative
from matcalc.api import differential as differential
from matcalc.showing.drawing import draw as draw
from matcalc.api import emit as emit
from matcalc.api_checking import equal as equal
from matcalc.api import evaluate as evaluate
from matcalc.api_checking import explain as explain
from matcalc.expr import eye as eye
from matcalc.families import family as family
from matcalc.readers.sympy_source.expressions import from_sympy as from_sympy
from matcalc.api import function as function
from matcalc.api import gradient as gradient
from matcalc.api import hessian as hessian
from matcalc.api import jacobian as jacobian
from matcalc.autodiff.jax import jax_function as jax_function
from matcalc.optimisers.jax import jax_value_and_grad as jax_value_and_grad
from matcalc.api import jvp as jvp
from matcalc.api import matrix as matrix
from matcalc.objectives import objective as objective
from matcalc.expr import ones as ones
from matcalc.api import parse as parse
from matcalc.api import plan as plan
from matcalc.reading import prod_over as prod_over
from matcalc.api import properties as properties
from matcalc.optimisers.pymanopt import pymanopt_problem as pymanopt_problem
from matcalc.readers.numpy_source.functions import read as read
from matcalc.optimisers.residuals import residual_blocks as residual_blocks
from matcalc.accumulation.dense import reverse_is_never_dearer as reverse_is_never_dearer
from matcalc.api import row as row
from matcalc.api import scalar as scalar
from matcalc.accumulation.schedule import schedule as schedule
from matcalc.expr import size as size
from matcalc.accumulation.dense import smallest_counterexamples as smallest_counterexamples
from matcalc.showing.sparsity import sparsity as sparsity
from matcalc.stacking import stack as stack
from matcalc.reading import stack_over as stack_over
from matcalc.patterns.structure import structure as structure
from matcalc.reading import sum_over as sum_over
from matcalc.api import tensor as tensor
from matcalc.api import to_index as to_index
from matcalc.notation.latex import to_latex as to_latex
from matcalc.writers.sympy_expressions import to_sympy as to_sympy
from matcalc.notation.text import to_unicode as to_unicode
from matcalc.optimisers.torch import torch_closure as torch_closure
from matcalc.autodiff.torch import torch_function as torch_function
from matcalc.readers.numpy_source.functions import trace as trace
from matcalc.api import variable as variable
from matcalc.api import vector as vector
from matcalc.reading import vectorize as vectorize
from matcalc.api_checking import verify as verify
from matcalc.api import vjp as vjp
from matcalc.expr import zeros as zeros

def abs(u: Operand, /) -> Expr:
    """abs(u): absolute value; its derivative at 0 is given as 0.

    Shapes: m×n → m×n
    Valid for: all values
    Derivative: of each entry, sign(u)
    Value: entries in [0, inf), nonneg
    Source: Abramowitz & Stegun, Handbook of Mathematical Functions
    """

def adj(X: Operand, /) -> Expr:
    """adj(X): adjugate, the transposed matrix of cofactors; its value is right where X is singular.

    Shapes: n×n → n×n
    Valid for: X invertible
    Derivative: that of det(X)*inv(X)
    Also: adjugate
    Source: Magnus & Neudecker, Matrix Differential Calculus
    """

def arccos(u: Operand, /) -> Expr:
    """arccos(u): inverse cosine.

    Shapes: m×n → m×n
    Valid for: x between -1 and 1, x strictly between -1 and 1
    Derivative: of each entry, -1./sqrt(1 - u.^2)
    Also: acos
    Source: Abramowitz & Stegun, Handbook of Mathematical Functions
    """

def arcsin(u: Operand, /) -> Expr:
    """arcsin(u): inverse sine.

    Shapes: m×n → m×n
    Valid for: x between -1 and 1, x strictly between -1 and 1
    Derivative: of each entry, 1./sqrt(1 - u.^2)
    Also: asin
    Source: Abramowitz & Stegun, Handbook of Mathematical Functions
    """

def arctan(u: Operand, /) -> Expr:
    """arctan(u): inverse tangent.

    Shapes: m×n → m×n
    Valid for: all values
    Derivative: of each entry, 1./(1 + u.^2)
    Value: entries in (-1.571, 1.571)
    Also: atan
    Source: Abramowitz & Stegun, Handbook of Mathematical Functions
    """

def center(X: Operand, /) -> Expr:
    """center(X): the matrix without the means of its columns.

    Shapes: m×n → m×n
    Valid for: all values
    Derivative: that of X - ones(m)*colsum(X)'/sum(ones(m))
    Source: Magnus & Neudecker, Matrix Differential Calculus
    """

def cholesky(X: Operand, /) -> Expr:
    """cholesky(X): lower triangular factor of a positive definite matrix: L*L' = X.

    Shapes: n×n → n×n
    Valid for: X positive definite
    Derivative: the differential is cholesky(X)*phi(inv(cholesky(X))*(0.5*dX + 0.5*dX')*inv(cholesky(X))')
    Value: invertible, lower
    Also: chol
    Source: Murray, Differentiation of the Cholesky decomposition (2016)
    """

def circsums(X: Operand, /) -> Expr:
    """circsums(X): sums along the diagonals that wrap around, from the main one down: the transpose of circulant.

    Shapes: n×n → n×1
    Valid for: all values
    Derivative: that of [circulanttensor(ones(n))[i,j*k]*X[i,j]*ones(n)[k] | k; ]
    Source: Boyd & Vandenberghe, Introduction to Applied Linear Algebra, 7.4
    """

def circulant(x: Operand, /) -> Expr:
    """circulant(x): the matrix whose columns are x, each one moved further down and around: circular convolution with x.

    Shapes: n×1 → n×n
    Valid for: all values
    Derivative: that of [circulanttensor(ones(n))[i,j*k]*x[k]*ones(n)[i]*ones(n)[j] | i; j]
    Source: Boyd & Vandenberghe, Introduction to Applied Linear Algebra, 7.4
    """

def circulanttensor(x: Operand, /) -> Expr:
    """circulanttensor(x): 1 at the places i and (j, k) with i = j + k - 1, up to a multiple of n; only the size of x
        counts.

    Shapes: n×1 → n×n²
    Valid for: all values
    Derivative: the differential is 0*sum(dx)
    Value: entries in [0, 1], nonneg
    Source: Boyd & Vandenberghe, Introduction to Applied Linear Algebra, 7.4
    """

def clip(X: Operand, a: Operand, b: Operand, /) -> Expr:
    """clip(X, a, b): entries brought between two numbers.

    Shapes: m×n, 1×1, 1×1 → m×n
    Valid for: all values
    Derivative: that of minimum(maximum(X, a), b)
    Source: Magnus & Neudecker, Matrix Differential Calculus
    """

def collogsoftmax(X: Operand, /) -> Expr:
    """collogsoftmax(X): log(softmax) of each column.

    Shapes: m×n → m×n
    Valid for: all values
    Derivative: that of X - ones(m)*rowlogsumexp(X')'
    Source: Magnus & Neudecker, Matrix Differential Calculus
    """

def collogsumexp(X: Operand, /) -> Expr:
    """collogsumexp(X): log(colsum(exp(X))), without overflow.

    Shapes: m×n → n×1
    Valid for: all values
    Derivative: that of rowlogsumexp(X')
    Source: Magnus & Neudecker, Matrix Differential Calculus
    """

def colmax(X: Operand, /) -> Expr:
    """colmax(X): largest entry of each column, as a column.

    Shapes: m×n → n×1
    Valid for: all values
    Derivative: that of rowmax(X')
    """

def colmean(X: Operand, /) -> Expr:
    """colmean(X): mean of each column, as a column.

    Shapes: m×n → n×1
    Valid for: all values
    Derivative: that of colsum(X)/sum(ones(m))
    Source: Magnus & Neudecker, Matrix Differential Calculus
    """

def colmin(X: Operand, /) -> Expr:
    """colmin(X): smallest entry of each column, as a column.

    Shapes: m×n → n×1
    Valid for: all values
    Derivative: that of rowmin(X')
    """

def colprod(X: Operand, /) -> Expr:
    """colprod(X): product of each column, as a column.

    Shapes: m×n → n×1
    Valid for: all values
    Derivative: that of rowprod(X')
    """

def colsoftmax(X: Operand, /) -> Expr:
    """colsoftmax(X): softmax of each column.

    Shapes: m×n → m×n
    Valid for: all values
    Derivative: that of rowsoftmax(X')'
    Source: Magnus & Neudecker, Matrix Differential Calculus
    """

def colsum(X: Operand, /) -> Expr:
    """colsum(X): sum of each column, as a column.

    Shapes: m×n → n×1
    Valid for: all values
    Derivative: linear
    Source: Magnus & Neudecker, Matrix Differential Calculus
    """

def conv(x: Operand, y: Operand, /) -> Expr:
    """conv(x, y): convolution of two columns: the coefficients of the product of two polynomials.

    Shapes: m×1, n×1 → (m+n-1)×1
    Valid for: all values
    Derivative: that of [convtensor(ones(m),ones(n))[k,i*j]*x[i]*y[j] | k; ]
    Source: Boyd & Vandenberghe, Introduction to Applied Linear Algebra, 7.4
    """

def convmatrix(x: Operand, y: Operand, /) -> Expr:
    """convmatrix(x, y): the matrix by which conv(x, y) multiplies y, with x in each column; of y only the size counts.

    Shapes: n×1, m×1 → (m+n-1)×m
    Valid for: all values
    Derivative: that of [convtensor(ones(m),ones(n))[k,i*j]*x[j]*ones(m)[i] | k; i]
    Source: Boyd & Vandenberghe, Introduction to Applied Linear Algebra, 7.4
    """

def convtensor(x: Operand, y: Operand, /) -> Expr:
    """convtensor(x, y): 1 at the places k and (i, j) with k = i + j - 1, of which conv is made; only the sizes of x and y
        count.

    Shapes: m×1, n×1 → (m+n-1)×m*n
    Valid for: all values
    Derivative: the differential is 0*sum(dx) + 0*sum(dy)
    Value: entries in [0, 1], nonneg
    Source: Boyd & Vandenberghe, Introduction to Applied Linear Algebra, 7.4
    """

def corr(x: Operand, y: Operand, /) -> Expr:
    """corr(x, y): correlation of a column with a shorter one, where the whole of that lies within it: sums of
        x[i+j-1]*y[j].

    Shapes: k×1, n×1 → (k-n+1)×1
    Valid for: all values
    Derivative: that of [convtensor(ones(k-n+1),ones(n))[l,i*j]*x[l]*y[j]*ones(k-n+1)[i] | i; ]
    Source: Boyd & Vandenberghe, Introduction to Applied Linear Algebra, 7.4
    """

def cos(u: Operand, /) -> Expr:
    """cos(u): cosine.

    Shapes: m×n → m×n
    Valid for: all values
    Derivative: of each entry, -sin(u)
    Value: entries in [-1, 1]
    Source: Abramowitz & Stegun, Handbook of Mathematical Functions
    """

def cosh(u: Operand, /) -> Expr:
    """cosh(u): hyperbolic cosine.

    Shapes: m×n → m×n
    Valid for: all values
    Derivative: of each entry, sinh(u)
    Value: entries in [1, inf), positive, nonneg
    Source: Abramowitz & Stegun, Handbook of Mathematical Functions
    """

def cov(X: Operand, /) -> Expr:
    """cov(X): covariance of the columns, whose m rows are samples, with divisor m - 1.

    Shapes: m×n → n×n
    Valid for: m ≠ 1
    Derivative: that of (X'*X - colsum(X)*colsum(X)'/sum(ones(m)))/(sum(ones(m)) - 1)
    Source: Magnus & Neudecker, Matrix Differential Calculus
    """

def cross(x: Operand, y: Operand, /) -> Expr:
    """cross(x, y): cross product of two columns.

    Shapes: 3×1, 3×1 → 3×1
    Valid for: all values
    Derivative: that of [levicivita(ones(3))[i*j,k]*x[i]*y[j] | k; ]
    Source: Solà, Deray & Atchuthan, A micro Lie theory for state estimation in robotics (2018)
    """

def cumsum(x: Operand, /) -> Expr:
    """cumsum(x): sums of the first entries, up to each.

    Shapes: n×1 → n×1
    Valid for: all values
    Derivative: that of trilones(ones(n,n))*x
    Source: Boyd & Vandenberghe, Introduction to Applied Linear Algebra
    """

def d2expm(X: Operand, /) -> Expr:
    """d2expm(X): second derivative of expm: that of entry (k, l) of dexpm(X) by X.

    Shapes: n×n → n⁴×n²
    Valid for: all values
    Derivative: the differential is
        [d3expm(X)[j*i*l*k*q*p,s*r]*dX[r,s]*ones(n)[i]*ones(n)[j]*ones(n)[k]*ones(n)[l]*ones(n)[p]*ones(n)[q] | j,i,l,k;
        q,p]
    Source: Higham, Functions of Matrices
    """

def d3expm(X: Operand, /) -> Expr:
    """d3expm(X): third derivative of expm, the last one that is known.

    Shapes: n×n → n⁶×n²
    Valid for: all values
    Derivative: not known
    Source: Higham, Functions of Matrices
    """

def det(X: Operand, /) -> Expr:
    """det(X): determinant.

    Shapes: n×n → 1×1
    Valid for: X invertible
    Derivative: the differential is det(X)*tr(inv(X)*dX)
    Also: Det, determinant
    Source: Jacobi's formula; Magnus & Neudecker, Matrix Differential Calculus
    """

def dexpm(X: Operand, /) -> Expr:
    """dexpm(X): Jacobian of expm, the Kronecker form of its Fréchet derivative.

    Shapes: n×n → n²×n²
    Valid for: all values
    Derivative: the differential is [d2expm(X)[j*i*l*k,q*p]*dX[p,q]*ones(n)[i]*ones(n)[j]*ones(n)[k]*ones(n)[l] | j,i;
        l,k]
    Source: Higham, Functions of Matrices
    """

def diag(X: Operand, /) -> Expr:
    """diag(X): diagonal matrix of a vector, or the diagonal of a square matrix as a column.

    Shapes: n×1 → n×n or 1×n → n×n or n×n → n×1
    Valid for: all values
    Derivative: linear
    Also: Diag
    Source: Magnus & Neudecker, Matrix Differential Calculus
    """

def diff(X: Operand, /) -> Expr:
    """diff(X): differences of rows that follow each other; of a column, differences of its entries.

    Shapes: n×m → (n-1)×m
    Valid for: all values
    Derivative: that of diffmatrix(ones(n))*X
    Source: Boyd & Vandenberghe, Introduction to Applied Linear Algebra
    """

def diffmatrix(x: Operand, /) -> Expr:
    """diffmatrix(x): the matrix of diff: diff(x) = diffmatrix(x)*x; only the size of x counts.

    Shapes: n×1 → (n-1)×n
    Valid for: all values
    Derivative: the differential is 0*sum(dx)
    Source: Boyd & Vandenberghe, Introduction to Applied Linear Algebra
    """

def digamma(u: Operand, /) -> Expr:
    """digamma(u): derivative of lgamma.

    Shapes: m×n → m×n
    Valid for: x not one of 0, -1, -2 …
    Derivative: of each entry, trigamma(u)
    Source: Abramowitz & Stegun, Handbook of Mathematical Functions
    """

def divdiff(x: Operand, f: Operand, g: Operand, /) -> Expr:
    """divdiff(x, f, g): divided differences (f[j] - f[i])/(x[j] - x[i]) of values f at points x; the slopes g where points
        meet.

    Shapes: n×1, n×1, n×1 → n×n
    Valid for: x with distinct entries
    Derivative: the differential is invgaps(x).*(ones(n)*df' - df*ones(n)' - divdiff(x,f,g).*(ones(n)*dx' -
        dx*ones(n)')) + diag(dg)
    Value: symmetric
    Source: Higham, Functions of Matrices, ch. 8
    """

def dlogm(X: Operand, /) -> Expr:
    """dlogm(X): Jacobian of logm, the inverse of dexpm(logm(X)).

    Shapes: n×n → n²×n²
    Valid for: X without eigenvalues ≤ 0
    Derivative: the differential is
        -dlogm(X)*[d2expm(logm(X))[j*i*l*k,q*p]*d[p,q]*ones(n)[i]*ones(n)[j]*ones(n)[k]*ones(n)[l] | j,i; l,k]*dlogm(X)
        where d = unvec(dlogm(X)*vec(dX), ones(n,n))
    Source: Higham, Functions of Matrices
    """

def dot(X: Operand, Y: Operand, /) -> Expr:
    """dot(X, Y): sum of the products of entries.

    Shapes: m×n, m×n → 1×1
    Valid for: all values
    Derivative: that of sum(X.*Y)
    Also: inner
    Source: Magnus & Neudecker, Matrix Differential Calculus
    """

def dpolar(X: Operand, /) -> Expr:
    """dpolar(X): Jacobian of polar, the Kronecker form of its Fréchet derivative.

    Shapes: m×n → n*m×n*m
    Valid for: X of full rank, eye(n) + (X - polar(X))'*polar(X) invertible, eye(m) + (X - polar(X))*polar(X)'
        invertible, eye(n) + polar(X)'*(X - polar(X)) and -(eye(n) + polar(X)'*(X - polar(X))) without common
        eigenvalues
    Derivative: the differential is kron(eye(n), dW)*S*T - kron(eye(n), W)*S*(kron(eye(n), dH) + kron(dH, eye(n)))*S*T +
        kron(eye(n), W)*S*(kron(dP, W') + kron(P, dW') - (kron(dW', P) + kron(W', dP))*K(m,n)) - kron(inv(H)*dH*inv(H),
        eye(m) - W*W') - kron(inv(H), dW*W' + W*dW') - kron(dP, inv(G)) - kron(eye(n) - P, inv(G)*dG*inv(G)) where W =
        polar(X), P = W'*W, H = W'*X + eye(n) - P, G = X*W' + eye(m) - W*W', S = sylvester(H,H), T = kron(P, W') -
        kron(W', P)*K(m,n), dW = unvec(dpolar(X)*vec(dX), ones(m,n)), dP = dW'*W + W'*dW, dH = dW'*X + W'*dX - dP, dG =
        dX*W' + X*dW' - dW*W' - W*dW'
    Source: Higham, Functions of Matrices, ch. 8
    """

def drightjac(x: Operand, /) -> Expr:
    """drightjac(x): Jacobian of rightjac, the last derivative of rodrigues that is known.

    Shapes: 3×1 → 3²×3
    Valid for: all values
    Derivative: not known
    Source: Solà, Deray & Atchuthan, A micro Lie theory for state estimation in robotics (2018)
    """

def eiggap(X: Operand, /) -> Expr:
    """eiggap(X): 1/(l[j] - l[i]) for the eigenvalues l of a symmetric matrix, zero on the diagonal.

    Shapes: n×n → n×n
    Valid for: X with distinct eigenvalues
    Derivative: the differential is eiggap(X).^2.*(g*ones(n)' - ones(n)*g') where g = diag(eigvecs(X)'*dX*eigvecs(X))
    Value: skew
    Source: Magnus & Neudecker, Matrix Differential Calculus, ch. 9
    """

def eigvals(X: Operand, /) -> Expr:
    """eigvals(X): eigenvalues of a symmetric matrix, ascending.

    Shapes: n×n → n×1
    Valid for: X symmetric, X with distinct eigenvalues
    Derivative: the differential is diag(eigvecs(X)'*dX*eigvecs(X))
    Source: Magnus & Neudecker, Matrix Differential Calculus, ch. 9
    """

def eigvecs(X: Operand, /) -> Expr:
    """eigvecs(X): eigenvectors of a symmetric matrix as columns, the largest entry of each positive.

    Shapes: n×n → n×n
    Valid for: X with distinct eigenvalues
    Derivative: the differential is eigvecs(X)*(eiggap(X).*(eigvecs(X)'*(0.5*dX + 0.5*dX')*eigvecs(X)))
    Value: orthogonal
    Source: Magnus & Neudecker, Matrix Differential Calculus, ch. 9
    """

def erf(u: Operand, /) -> Expr:
    """erf(u): error function.

    Shapes: m×n → m×n
    Valid for: all values
    Derivative: of each entry, 2/sqrt(pi)*exp(-u.^2)
    Value: entries in (-1, 1)
    Source: Abramowitz & Stegun, Handbook of Mathematical Functions
    """

def exp(u: Operand, /) -> Expr:
    """exp(u): exponential of every entry.

    Shapes: m×n → m×n
    Valid for: all values
    Derivative: of each entry, exp(u)
    Value: entries in (0, inf), positive, nonneg
    Source: Abramowitz & Stegun, Handbook of Mathematical Functions
    """

def expm(X: Operand, /) -> Expr:
    """expm(X): matrix exponential.

    Shapes: n×n → n×n
    Valid for: all values
    Derivative: the differential is unvec(dexpm(X)*vec(dX), ones(n,n))
    Value: invertible
    Source: Higham, Functions of Matrices
    """

def expm1(u: Operand, /) -> Expr:
    """expm1(u): exp(u) - 1, accurate for small u.

    Shapes: m×n → m×n
    Valid for: all values
    Derivative: of each entry, exp(u)
    Value: entries in (-1, inf)
    Source: Abramowitz & Stegun, Handbook of Mathematical Functions
    """

def halftril(X: Operand, /) -> Expr:
    """halftril(X): ones below the diagonal, halves on it, zeros above; only the size of X counts.

    Shapes: n×n → n×n
    Valid for: all values
    Derivative: the differential is 0*dX
    Value: entries in [0, 1], nonneg
    """

def hankel(x: Operand, y: Operand, /) -> Expr:
    """hankel(x, y): the matrix of the entries x[i+j-1], with as many rows as y has entries; of y only the size counts.

    Shapes: k×1, m×1 → m×(k-m+1)
    Valid for: all values
    Derivative: that of [convtensor(ones(m),ones(k-m+1))[l,i*j]*x[l]*ones(m)[i]*ones(k-m+1)[j] | i; j]
    Source: Boyd & Vandenberghe, Introduction to Applied Linear Algebra, 7.4
    """

def hat(x: Operand, /) -> Expr:
    """hat(x): skew matrix of a column, with which it is multiplied crosswise: hat(x)*y = cross(x, y).

    Shapes: 3×1 → 3×3
    Valid for: all values
    Derivative: that of -[levicivita(ones(3))[i*j,k]*x[k]*ones(3)[i]*ones(3)[j] | i; j]
    Also: skew
    Source: Solà, Deray & Atchuthan, A micro Lie theory for state estimation in robotics (2018)
    """

def huber(u: Operand, v: Operand, /) -> Expr:
    """huber(u, v): u.^2/2 where abs(u) is at most v > 0, and v.*(abs(u) - v/2) beyond: Huber's loss.

    Shapes: m×n, m×n → m×n or m×n, 1×1 → m×n or 1×1, m×n → m×n
    Valid for: all values
    Derivative: by u, minimum(maximum(u, -v), v), by v, (abs(u) - v).*step(abs(u) - v), of each entry
    Source: Abramowitz & Stegun, Handbook of Mathematical Functions
    """

def inv(X: Operand, /) -> Expr:
    """inv(X): inverse.

    Shapes: n×n → n×n
    Valid for: X invertible
    Derivative: the differential is -inv(X)*dX*inv(X)
    Value: invertible
    Also: inverse
    Source: Magnus & Neudecker, Matrix Differential Calculus
    """

def invgaps(x: Operand, /) -> Expr:
    """invgaps(x): 1/(x[j] - x[i]), zero on the diagonal.

    Shapes: n×1 → n×n
    Valid for: x with distinct entries
    Derivative: the differential is invgaps(x).^2.*(dx*ones(n)' - ones(n)*dx')
    Value: skew
    Source: Higham, Functions of Matrices, ch. 8
    """

def invmills(u: Operand, /) -> Expr:
    """invmills(u): inverse Mills ratio normpdf(u)/normcdf(u), the derivative of lognormcdf.

    Shapes: m×n → m×n
    Valid for: all values
    Derivative: of each entry, -invmills(u).*(u + invmills(u))
    Value: entries in (0, inf), positive, nonneg
    Source: Abramowitz & Stegun, Handbook of Mathematical Functions
    """

def khatrirao(A: Operand, B: Operand, /) -> Expr:
    """khatrirao(A, B): Khatri-Rao product: Kronecker products of columns.

    Shapes: m×n, p×n → m*p×n
    Valid for: all values
    Derivative: linear in each operand
    Source: Magnus & Neudecker, Matrix Differential Calculus
    """

def kron(A: Operand, B: Operand, /) -> Expr:
    """kron(A, B): Kronecker product.

    Shapes: m×n, p×q → m*p×n*q
    Valid for: all values
    Derivative: linear in each operand
    Also: kronecker
    Source: Magnus & Neudecker, Matrix Differential Calculus
    """

def leftsv(X: Operand, /) -> Expr:
    """leftsv(X): left singular vector u of the largest singular value, its largest entry positive.

    Shapes: m×n → m×1
    Valid for: X with one largest singular value
    Derivative: the differential is inv(s^2*eye(m) - X*X' + s^2*u*u')*(d - u*(u'*d)) where s = spectralnorm(X), u =
        leftsv(X), d = s*dX*rightsv(X) + X*(dX'*u)
    Value: unitnorm
    Source: Magnus & Neudecker, Matrix Differential Calculus, ch. 9
    """

def levicivita(x: Operand, /) -> Expr:
    """levicivita(x): the symbol of Levi-Civita, of which cross, hat and vee are made; only the size of x counts.

    Shapes: 3×1 → 3²×3
    Valid for: all values
    Derivative: the differential is 0*sum(dx)
    Value: entries in [-1, 1], alternating
    """

def lgamma(u: Operand, /) -> Expr:
    """lgamma(u): logarithm of the absolute value of the gamma function.

    Shapes: m×n → m×n
    Valid for: x not one of 0, -1, -2 …
    Derivative: of each entry, digamma(u)
    Also: gammaln, loggamma
    Source: Abramowitz & Stegun, Handbook of Mathematical Functions
    """

def log(u: Operand, /) -> Expr:
    """log(u): natural logarithm.

    Shapes: m×n → m×n
    Valid for: x > 0
    Derivative: of each entry, 1./u
    Also: ln
    Source: Abramowitz & Stegun, Handbook of Mathematical Functions
    """

def log1p(u: Operand, /) -> Expr:
    """log1p(u): log(1 + u), accurate for small u.

    Shapes: m×n → m×n
    Valid for: x > -1
    Derivative: of each entry, 1./(1 + u)
    Source: Abramowitz & Stegun, Handbook of Mathematical Functions
    """

def logdet(X: Operand, /) -> Expr:
    """logdet(X): logarithm of the absolute value of the determinant.

    Shapes: n×n → 1×1
    Valid for: X invertible
    Derivative: the differential is tr(inv(X)*dX)
    Source: Magnus & Neudecker, Matrix Differential Calculus
    """

def logm(X: Operand, /) -> Expr:
    """logm(X): principal logarithm of a matrix.

    Shapes: n×n → n×n
    Valid for: X without eigenvalues ≤ 0
    Derivative: the differential is unvec(dlogm(X)*vec(dX), ones(n,n))
    Source: Higham, Functions of Matrices
    """

def lognormcdf(u: Operand, /) -> Expr:
    """lognormcdf(u): log(normcdf(u)), right in both tails.

    Shapes: m×n → m×n
    Valid for: all values
    Derivative: of each entry, invmills(u)
    Value: entries in (-inf, 0)
    Source: Abramowitz & Stegun, Handbook of Mathematical Functions
    """

def logsoftmax(x: Operand, /) -> Expr:
    """logsoftmax(x): log(softmax(x)).

    Shapes: n×1 → n×1 or 1×n → 1×n
    Valid for: all values
    Derivative: that of x - logsumexp(x)
    Source: Magnus & Neudecker, Matrix Differential Calculus
    """

def logsumexp(x: Operand, /) -> Expr:
    """logsumexp(x): log(sum(exp(x))), without overflow.

    Shapes: n×1 → 1×1 or 1×n → 1×1
    Valid for: all values
    Derivative: the differential is softmax(x)'*dx
    Also: lse, LogSumExp
    Source: Boyd & Vandenberghe, Convex Optimization, appendix A
    """

def lowersums(X: Operand, /) -> Expr:
    """lowersums(X): sums along the diagonals, from the main one down.

    Shapes: m×n → m×1
    Valid for: all values
    Derivative: that of [lowertensor(ones(m),ones(n))[i,j*k]*X[i,j]*ones(m)[k] | k; ]
    Source: Golub & Van Loan, Matrix Computations, 4.7
    """

def lowertensor(x: Operand, y: Operand, /) -> Expr:
    """lowertensor(x, y): 1 at the places i and (j, k) with i - j = k - 1; only the sizes of x and y count.

    Shapes: m×1, n×1 → m×n*m
    Valid for: all values
    Derivative: the differential is 0*sum(dx) + 0*sum(dy)
    Value: entries in [0, 1], nonneg
    Source: Golub & Van Loan, Matrix Computations, 4.7
    """

def max(u: Operand, v: Operand = ..., /) -> Expr:
    """max(X): largest entry; where several are largest, its derivative is shared equally.
    Of two arguments: the larger of two entries; where they are equal, its derivative is that of the second.

    Shapes: m×n → 1×1
    Valid for: all values
    Derivative: the differential is sum(maxmask(X).*dX)
    """

def maxeig(X: Operand, /) -> Expr:
    """maxeig(X): largest eigenvalue of a symmetric matrix.

    Shapes: n×n → 1×1
    Valid for: X symmetric
    Derivative: that of max(eigvals(X))
    Source: Magnus & Neudecker, Matrix Differential Calculus
    """

def maximum(u: Operand, v: Operand, /) -> Expr:
    """maximum(u, v): the larger of two entries; where they are equal, its derivative is that of the second.

    Shapes: m×n, m×n → m×n or m×n, 1×1 → m×n or 1×1, m×n → m×n
    Valid for: all values
    Derivative: by u, step(u - v), by v, nonnegative(v - u), of each entry
    Source: Abramowitz & Stegun, Handbook of Mathematical Functions
    """

def maxmask(X: Operand, /) -> Expr:
    """maxmask(X): 1 at the largest entry, shared equally where there are several; 0 elsewhere.

    Shapes: m×n → m×n
    Valid for: all values
    Derivative: the differential is 0*dX
    Value: entries in [0, 1], nonneg
    """

def mean(X: Operand, /) -> Expr:
    """mean(X): mean of the entries.

    Shapes: m×n → 1×1
    Valid for: all values
    Derivative: that of sum(X)/sum(ones(m,n))
    Also: average
    Source: Magnus & Neudecker, Matrix Differential Calculus
    """

def min(u: Operand, v: Operand = ..., /) -> Expr:
    """min(X): smallest entry; where several are smallest, its derivative is shared equally.
    Of two arguments: the smaller of two entries; where they are equal, its derivative is that of the second.

    Shapes: m×n → 1×1
    Valid for: all values
    Derivative: the differential is sum(maxmask(-X).*dX)
    """

def mineig(X: Operand, /) -> Expr:
    """mineig(X): smallest eigenvalue of a symmetric matrix.

    Shapes: n×n → 1×1
    Valid for: X symmetric
    Derivative: that of min(eigvals(X))
    Source: Magnus & Neudecker, Matrix Differential Calculus
    """

def minimum(u: Operand, v: Operand, /) -> Expr:
    """minimum(u, v): the smaller of two entries; where they are equal, its derivative is that of the second.

    Shapes: m×n, m×n → m×n or m×n, 1×1 → m×n or 1×1, m×n → m×n
    Valid for: all values
    Derivative: by u, step(v - u), by v, nonnegative(u - v), of each entry
    Source: Abramowitz & Stegun, Handbook of Mathematical Functions
    """

def norm1(X: Operand, /) -> Expr:
    """norm1(X): sum of the absolute values.

    Shapes: m×n → 1×1
    Valid for: all values
    Derivative: that of sum(abs(X))
    Source: Boyd & Vandenberghe, Convex Optimization, appendix A
    """

def norm2(X: Operand, /) -> Expr:
    """norm2(X): Euclidean norm of a vector, Frobenius norm of a matrix.

    Shapes: m×n → 1×1
    Valid for: norm2(X) ≠ 0
    Derivative: that of sqrt(sum(X.*X))
    Also: norm, nrm2, fro, frob, frobenius
    Source: Boyd & Vandenberghe, Convex Optimization, appendix A
    """

def norm_p(X: Operand, p: Operand, /) -> Expr:
    """norm_p(X, p): sum(abs(X).^p)^(1/p), without overflow.

    Shapes: m×n, 1×1 → 1×1
    Valid for: norm_p(X, p) ≠ 0, X ≠ 0
    Derivative: the differential is sum(sign(X).*(abs(X)/norm_p(X,p)).^(p - 1).*dX) +
        norm_p(X,p)*sum(xlogx((abs(X)/norm_p(X,p)).^p))*dp/p^2
    Value: entries in [0, inf), nonneg
    Also: pnorm
    Source: Boyd & Vandenberghe, Convex Optimization, appendix A
    """

def normcdf(u: Operand, /) -> Expr:
    """normcdf(u): distribution function of the normal distribution.

    Shapes: m×n → m×n
    Valid for: all values
    Derivative: of each entry, normpdf(u)
    Value: entries in (0, 1), positive, nonneg
    Also: ndtr
    Source: Abramowitz & Stegun, Handbook of Mathematical Functions
    """

def norminf(X: Operand, /) -> Expr:
    """norminf(X): largest absolute value of the entries.

    Shapes: m×n → 1×1
    Valid for: all values
    Derivative: that of max(abs(X))
    Source: Magnus & Neudecker, Matrix Differential Calculus
    """

def normpdf(u: Operand, /) -> Expr:
    """normpdf(u): density of the normal distribution.

    Shapes: m×n → m×n
    Valid for: all values
    Derivative: of each entry, -u.*normpdf(u)
    Value: entries in (0, 0.4), positive, nonneg
    Source: Abramowitz & Stegun, Handbook of Mathematical Functions
    """

def nuclearnorm(X: Operand, /) -> Expr:
    """nuclearnorm(X): sum of the singular values.

    Shapes: m×n → 1×1
    Valid for: X of full rank
    Derivative: the differential is tr(polar(X)'*dX)
    Value: entries in [0, inf), nonneg
    Also: nuc
    Source: Giles, Collected matrix derivative results (2008)
    """

def outer(x: Operand, y: Operand, /) -> Expr:
    """outer(x, y): outer product of two columns.

    Shapes: m×1, n×1 → m×n
    Valid for: all values
    Derivative: that of x*y'
    Source: Magnus & Neudecker, Matrix Differential Calculus
    """

def pairdist2(X: Operand, Y: Operand, /) -> Expr:
    """pairdist2(X, Y): squared distances between the rows of two matrices.

    Shapes: m×n, p×n → m×p
    Valid for: all values
    Derivative: that of rowsum(X.^2)*ones(p)' + ones(m)*rowsum(Y.^2)' - 2*X*Y'
    Source: Magnus & Neudecker, Matrix Differential Calculus
    """

def phi(X: Operand, /) -> Expr:
    """phi(X): lower triangle with the diagonal halved.

    Shapes: n×n → n×n
    Valid for: all values
    Derivative: that of halftril(ones(n,n)).*X
    Source: Murray, Differentiation of the Cholesky decomposition (2016)
    """

def pinv(X: Operand, /) -> Expr:
    """pinv(X): Moore-Penrose inverse, where the rank does not change.

    Shapes: m×n → n×m
    Valid for: X of constant rank
    Derivative: the differential is -pinv(X)*dX*pinv(X) + pinv(X)*pinv(X)'*dX'*(eye(m) - X*pinv(X)) + (eye(n) -
        pinv(X)*X)*dX'*pinv(X)'*pinv(X)
    Also: pseudoinverse, pinverse
    Source: Golub & Pereyra (1973)
    """

def polar(X: Operand, /) -> Expr:
    """polar(X): orthogonal factor of the polar decomposition, U*V' of the singular value decomposition.

    Shapes: m×n → m×n
    Valid for: X of full rank
    Derivative: the differential is unvec(dpolar(X)*vec(dX), ones(m,n))
    Source: Higham, Functions of Matrices, ch. 8
    """

def prod(X: Operand, /) -> Expr:
    """prod(X): product of the entries.

    Shapes: m×n → 1×1
    Valid for: all values
    Derivative: the differential is sum(prodothers(X).*dX)
    """

def prodothers(X: Operand, /) -> Expr:
    """prodothers(X): product of all other entries, for each entry: the derivative of prod.

    Shapes: m×n → m×n
    Valid for: all values
    Derivative: the differential is unvec(prodpairs(X)*vec(dX), ones(m,n))
    """

def prodpairs(X: Operand, /) -> Expr:
    """prodpairs(X): products of all entries but two, 0 on the diagonal: the derivative of prodothers.

    Shapes: m×n → n*m×n*m
    Valid for: all values
    Derivative: the differential is [prodtriples(X)[j*i*l*k,q*p]*dX[p,q]*ones(m)[i]*ones(n)[j]*ones(m)[k]*ones(n)[l] |
        j,i; l,k]
    """

def prodtriples(X: Operand, /) -> Expr:
    """prodtriples(X): products of all entries but three: the third derivative of prod, the last one that is known.

    Shapes: m×n → n²*m²×n*m
    Valid for: all values
    Derivative: not known
    """

def relu(u: Operand, /) -> Expr:
    """relu(u): positive part; its derivative at 0 is given as 0.

    Shapes: m×n → m×n
    Valid for: all values
    Derivative: of each entry, step(u)
    Value: entries in [0, inf), nonneg
    Source: Abramowitz & Stegun, Handbook of Mathematical Functions
    """

def revcumsum(x: Operand, /) -> Expr:
    """revcumsum(x): sums of the last entries, from each: the transpose of cumsum.

    Shapes: n×1 → n×1
    Valid for: all values
    Derivative: that of trilones(ones(n,n))'*x
    Source: Boyd & Vandenberghe, Introduction to Applied Linear Algebra
    """

def rightjac(x: Operand, /) -> Expr:
    """rightjac(x): right Jacobian of rodrigues: eye(3) - (1 - cos(r))/r^2*hat(x) + (r - sin(r))/r^3*hat(x)^2, r =
        norm2(x).

    Shapes: 3×1 → 3×3
    Valid for: all values
    Derivative: the differential is unvec(drightjac(x)*dx, ones(3,3))
    Source: Solà, Deray & Atchuthan, A micro Lie theory for state estimation in robotics (2018)
    """

def rightsv(X: Operand, /) -> Expr:
    """rightsv(X): right singular vector v of the largest singular value: X*v = spectralnorm(X)*leftsv(X).

    Shapes: m×n → n×1
    Valid for: X with one largest singular value
    Derivative: the differential is inv(s^2*eye(n) - X'*X + s^2*v*v')*(d - v*(v'*d)) where s = spectralnorm(X), v =
        rightsv(X), d = s*dX'*leftsv(X) + X'*(dX*v)
    Value: unitnorm
    Source: Magnus & Neudecker, Matrix Differential Calculus, ch. 9
    """

def rodrigues(x: Operand, /) -> Expr:
    """rodrigues(x): rotation by the angle norm2(x) about x: expm(hat(x)) = eye(3) + sin(r)/r*hat(x) + (1 -
        cos(r))/r^2*hat(x)^2.

    Shapes: 3×1 → 3×3
    Valid for: all values
    Derivative: the differential is rodrigues(x)*hat(rightjac(x)*dx)
    Value: entries in [-1, 1], orthogonal, invertible
    Source: Solà, Deray & Atchuthan, A micro Lie theory for state estimation in robotics (2018)
    """

def rowlogsoftmax(X: Operand, /) -> Expr:
    """rowlogsoftmax(X): log(softmax) of each row.

    Shapes: m×n → m×n
    Valid for: all values
    Derivative: that of X - rowlogsumexp(X)*ones(n)'
    Source: Magnus & Neudecker, Matrix Differential Calculus
    """

def rowlogsumexp(X: Operand, /) -> Expr:
    """rowlogsumexp(X): log(rowsum(exp(X))), without overflow.

    Shapes: m×n → m×1
    Valid for: all values
    Derivative: the differential is rowsum(rowsoftmax(X).*dX)
    Source: Boyd & Vandenberghe, Convex Optimization, appendix A
    """

def rowmax(X: Operand, /) -> Expr:
    """rowmax(X): largest entry of each row; where several are largest, its derivative is shared equally.

    Shapes: m×n → m×1
    Valid for: all values
    Derivative: the differential is rowsum(rowmaxmask(X).*dX)
    """

def rowmaxmask(X: Operand, /) -> Expr:
    """rowmaxmask(X): 1 at the largest entry of each row, shared equally where there are several; 0 elsewhere.

    Shapes: m×n → m×n
    Valid for: all values
    Derivative: the differential is 0*dX
    Value: entries in [0, 1], nonneg
    """

def rowmean(X: Operand, /) -> Expr:
    """rowmean(X): mean of each row, as a column.

    Shapes: m×n → m×1
    Valid for: all values
    Derivative: that of rowsum(X)/sum(ones(n))
    Source: Magnus & Neudecker, Matrix Differential Calculus
    """

def rowmin(X: Operand, /) -> Expr:
    """rowmin(X): smallest entry of each row; where several are smallest, its derivative is shared equally.

    Shapes: m×n → m×1
    Valid for: all values
    Derivative: the differential is rowsum(rowmaxmask(-X).*dX)
    """

def rowprod(X: Operand, /) -> Expr:
    """rowprod(X): product of each row, as a column.

    Shapes: m×n → m×1
    Valid for: all values
    Derivative: the differential is rowsum(rowprodothers(X).*dX)
    """

def rowprodothers(X: Operand, /) -> Expr:
    """rowprodothers(X): product of all other entries of the row, for each entry: the derivative of rowprod.

    Shapes: m×n → m×n
    Valid for: all values
    Derivative: the differential is [rowprodpairs(X)[i,j*k]*dX[i,k]*ones(n)[j] | i; j]
    """

def rowprodpairs(X: Operand, /) -> Expr:
    """rowprodpairs(X): products of all entries of a row but two: the second derivative of rowprod, the last one that is
        known.

    Shapes: m×n → m×n²
    Valid for: all values
    Derivative: not known
    """

def rowsoftmax(X: Operand, /) -> Expr:
    """rowsoftmax(X): softmax of each row.

    Shapes: m×n → m×n
    Valid for: all values
    Derivative: the differential is rowsoftmax(X).*dX - rowsoftmax(X).*(rowsum(rowsoftmax(X).*dX)*ones(n)')
    Value: entries in (0, 1], stochastic, positive, nonneg
    Source: Boyd & Vandenberghe, Convex Optimization, appendix A
    """

def rowsum(X: Operand, /) -> Expr:
    """rowsum(X): sum of each row, as a column.

    Shapes: m×n → m×1
    Valid for: all values
    Derivative: linear
    Source: Magnus & Neudecker, Matrix Differential Calculus
    """

def sigmoid(u: Operand, /) -> Expr:
    """sigmoid(u): logistic function 1/(1 + exp(-u)).

    Shapes: m×n → m×n
    Valid for: all values
    Derivative: of each entry, sigmoid(u).*sigmoid(-u)
    Value: entries in (0, 1), positive, nonneg
    Also: expit, logistic
    Source: Abramowitz & Stegun, Handbook of Mathematical Functions
    """

def sign(u: Operand, /) -> Expr:
    """sign(u): sign: -1, 0 or 1; its derivative is 0.

    Shapes: m×n → m×n
    Valid for: all values
    Derivative: 0
    Value: entries in [-1, 1]
    Also: sgn, signum
    Source: Abramowitz & Stegun, Handbook of Mathematical Functions
    """

def sin(u: Operand, /) -> Expr:
    """sin(u): sine.

    Shapes: m×n → m×n
    Valid for: all values
    Derivative: of each entry, cos(u)
    Value: entries in [-1, 1]
    Source: Abramowitz & Stegun, Handbook of Mathematical Functions
    """

def sinc(u: Operand, /) -> Expr:
    """sinc(u): sin(u)./u, which is 1 at 0.

    Shapes: m×n → m×n
    Valid for: x ≠ 0
    Derivative: of each entry, (cos(u) - sinc(u))./u
    Value: entries in [-0.218, 1]
    Source: Abramowitz & Stegun, Handbook of Mathematical Functions
    """

def sinh(u: Operand, /) -> Expr:
    """sinh(u): hyperbolic sine.

    Shapes: m×n → m×n
    Valid for: all values
    Derivative: of each entry, cosh(u)
    Source: Abramowitz & Stegun, Handbook of Mathematical Functions
    """

def softmax(x: Operand, /) -> Expr:
    """softmax(x): exp(x)/sum(exp(x)).

    Shapes: n×1 → n×1 or 1×n → 1×n
    Valid for: all values
    Derivative: the differential is softmax(x).*dx - softmax(x)*(softmax(x)'*dx)
    Value: entries in (0, 1], sumstoone, positive, nonneg
    Source: Boyd & Vandenberghe, Convex Optimization, appendix A
    """

def softplus(u: Operand, /) -> Expr:
    """softplus(u): log(1 + exp(u)), without overflow.

    Shapes: m×n → m×n
    Valid for: all values
    Derivative: of each entry, sigmoid(u)
    Value: entries in (0, inf), positive, nonneg
    Source: Abramowitz & Stegun, Handbook of Mathematical Functions
    """

def solve(A: Operand, B: Operand, /) -> Expr:
    """solve(A, B): inv(A)*B; also written A\\B.

    Shapes: n×n, n×p → n×p
    Valid for: A invertible
    Derivative: that of inv(A)*B
    Source: Magnus & Neudecker, Matrix Differential Calculus
    """

def spectralnorm(X: Operand, /) -> Expr:
    """spectralnorm(X): largest singular value.

    Shapes: m×n → 1×1
    Valid for: X with one largest singular value
    Derivative: the differential is leftsv(X)'*dX*rightsv(X)
    Value: entries in [0, inf), nonneg
    Source: Magnus & Neudecker, Matrix Differential Calculus, ch. 9
    """

def sqrt(X: Operand, /) -> Expr:
    """sqrt(X): square root of every entry.

    Shapes: m×n → m×n
    Valid for: X ≥ 0, X > 0
    Derivative: that of X.^0.5
    """

def sqrtm(X: Operand, /) -> Expr:
    """sqrtm(X): principal square root of a matrix.

    Shapes: n×n → n×n
    Valid for: X without eigenvalues ≤ 0
    Derivative: the differential is unvec(sylvester(sqrtm(X), sqrtm(X))*vec(dX), ones(n,n))
    Source: Higham, Functions of Matrices
    """

def std(X: Operand, /) -> Expr:
    """std(X): standard deviation of the entries, the square root of var.

    Shapes: m×n → 1×1
    Valid for: norm2(X - sum(X)*ones(m,n)/(n*m)) ≠ 0
    Derivative: that of norm2(X - sum(X)/sum(ones(m,n))*ones(m,n))/sqrt(sum(ones(m,n)))
    Source: Magnus & Neudecker, Matrix Differential Calculus
    """

def step(u: Operand, /) -> Expr:
    """step(u): 1 where the entry is positive, else 0; its derivative is 0.

    Shapes: m×n → m×n
    Valid for: all values
    Derivative: 0
    Value: entries in [0, 1], nonneg
    Also: heaviside
    Source: Abramowitz & Stegun, Handbook of Mathematical Functions
    """

def stril(X: Operand, /) -> Expr:
    """stril(X): strictly lower triangle, whose diagonal is zero.

    Shapes: n×n → n×n
    Valid for: all values
    Derivative: that of where(trilones(ones(n,n))' == 0, X, 0)
    """

def striu(X: Operand, /) -> Expr:
    """striu(X): strictly upper triangle, whose diagonal is zero.

    Shapes: n×n → n×n
    Valid for: all values
    Derivative: that of where(trilones(ones(n,n)) == 0, X, 0)
    """

def sum(X: Operand, /) -> Expr:
    """sum(X): sum of all entries.

    Shapes: m×n → 1×1
    Valid for: all values
    Derivative: linear
    Source: Magnus & Neudecker, Matrix Differential Calculus
    """

def sylvester(A: Operand, B: Operand, /) -> Expr:
    """sylvester(A, B): solution operator of A*X + X*B = C: vec(X) = sylvester(A,B)*vec(C).

    Shapes: m×m, n×n → n*m×n*m
    Valid for: A and -B without common eigenvalues
    Derivative: the differential is -sylvester(A,B)*(kron(eye(n), dA) + kron(dB', eye(m)))*sylvester(A,B)
    Source: Higham, Functions of Matrices
    """

def tan(u: Operand, /) -> Expr:
    """tan(u): tangent.

    Shapes: m×n → m×n
    Valid for: cos(x) ≠ 0
    Derivative: of each entry, 1 + tan(u).^2
    Source: Abramowitz & Stegun, Handbook of Mathematical Functions
    """

def tanh(u: Operand, /) -> Expr:
    """tanh(u): hyperbolic tangent.

    Shapes: m×n → m×n
    Valid for: all values
    Derivative: of each entry, 1 - tanh(u).^2
    Value: entries in (-1, 1)
    Source: Abramowitz & Stegun, Handbook of Mathematical Functions
    """

def toeplitz(x: Operand, y: Operand, /) -> Expr:
    """toeplitz(x, y): the matrix of a first column x and a first row y with equal entries along each diagonal; y[1] does
        not count.

    Shapes: m×1, n×1 → m×n
    Valid for: all values
    Derivative: the differential is [lowertensor(ones(m),ones(n))[i,j*k]*dx[k]*ones(n)[j] | i; j] +
        [uppertensor(ones(m),ones(n))[i,j*k]*dy[k]*ones(n)[j] | i; j]
    Value: toeplitz
    Source: Golub & Van Loan, Matrix Computations, 4.7
    """

def tr(X: Operand, /) -> Expr:
    """tr(X): trace.

    Shapes: n×n → 1×1
    Valid for: all values
    Derivative: linear
    Also: trace, Tr, Trace
    Source: Magnus & Neudecker, Matrix Differential Calculus
    """

def trigamma(u: Operand, /) -> Expr:
    """trigamma(u): second derivative of lgamma, the last one that is known.

    Shapes: m×n → m×n
    Valid for: x not one of 0, -1, -2 …
    Derivative: not known
    Value: entries in (0, inf), positive, nonneg
    Source: Abramowitz & Stegun, Handbook of Mathematical Functions
    """

def tril(X: Operand, /) -> Expr:
    """tril(X): lower triangle, with the diagonal.

    Shapes: n×n → n×n
    Valid for: all values
    Derivative: that of trilones(ones(n,n)).*X
    """

def trilones(X: Operand, /) -> Expr:
    """trilones(X): ones on the diagonal and below, zeros above; only the size of X counts.

    Shapes: n×n → n×n
    Valid for: all values
    Derivative: the differential is 0*dX
    Value: entries in [0, 1], nonneg
    """

def triu(X: Operand, /) -> Expr:
    """triu(X): upper triangle, with the diagonal.

    Shapes: n×n → n×n
    Valid for: all values
    Derivative: that of trilones(ones(n,n))'.*X
    """

def unvec(x: Operand, E: Operand, /) -> Expr:
    """unvec(x, E): inverse of vec: unvec(x, ones(m,n)) has shape m×n.

    Shapes: n*m×1, m×n → m×n
    Valid for: all values
    Derivative: linear in each operand
    Source: Magnus & Neudecker, Matrix Differential Calculus
    """

def uppersums(X: Operand, /) -> Expr:
    """uppersums(X): sums along the diagonals above the main one, from it on; 0 in place of the main one.

    Shapes: m×n → n×1
    Valid for: all values
    Derivative: that of [uppertensor(ones(m),ones(n))[i,j*k]*X[i,j]*ones(n)[k] | k; ]
    Source: Golub & Van Loan, Matrix Computations, 4.7
    """

def uppertensor(x: Operand, y: Operand, /) -> Expr:
    """uppertensor(x, y): 1 at the places i and (j, k) with j - i = k - 1 > 0; only the sizes of x and y count.

    Shapes: m×1, n×1 → m×n²
    Valid for: all values
    Derivative: the differential is 0*sum(dx) + 0*sum(dy)
    Value: entries in [0, 1], nonneg
    Source: Golub & Van Loan, Matrix Computations, 4.7
    """

def var(X: Operand, /) -> Expr:
    """var(X): variance of the entries, the mean of their squared distances from the mean.

    Shapes: m×n → 1×1
    Valid for: all values
    Derivative: that of norm2(X - sum(X)/sum(ones(m,n))*ones(m,n))^2/sum(ones(m,n))
    Source: Magnus & Neudecker, Matrix Differential Calculus
    """

def vec(X: Operand, /) -> Expr:
    """vec(X): columns of a matrix, one under the other.

    Shapes: m×n → n*m×1
    Valid for: all values
    Derivative: linear
    Source: Magnus & Neudecker, Matrix Differential Calculus
    """

def vee(X: Operand, /) -> Expr:
    """vee(X): column of the skew part of a matrix, the inverse of hat: hat(vee(X)) = (X - X')/2.

    Shapes: 3×3 → 3×1
    Valid for: all values
    Derivative: that of -0.5*[levicivita(ones(3))[i*j,k]*X[i,j] | k; ]
    Source: Solà, Deray & Atchuthan, A micro Lie theory for state estimation in robotics (2018)
    """

def xlogx(u: Operand, /) -> Expr:
    """xlogx(u): u.*log(u), which is 0 at 0.

    Shapes: m×n → m×n
    Valid for: x > 0
    Derivative: of each entry, log(u) + 1
    Value: entries in [-0.368, inf)
    Source: Abramowitz & Stegun, Handbook of Mathematical Functions
    """

Det = det
Diag = diag
LogSumExp = logsumexp
Tr = tr
Trace = tr
acos = arccos
adjugate = adj
asin = arcsin
atan = arctan
average = mean
chol = cholesky
determinant = det
expit = sigmoid
fro = norm2
frob = norm2
frobenius = norm2
gammaln = lgamma
heaviside = step
inner = dot
inverse = inv
kronecker = kron
ln = log
loggamma = lgamma
logistic = sigmoid
lse = logsumexp
ndtr = normcdf
norm = norm2
nrm2 = norm2
nuc = nuclearnorm
pinverse = pinv
pnorm = norm_p
pseudoinverse = pinv
sgn = sign
signum = sign
skew = hat

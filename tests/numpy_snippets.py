"""NumPy code in the style of courses, notebooks and repositories, with the shapes of what it takes.

Shapes are those of the arrays: () a number, ("n",) an array of one axis, ("m", "n") one of two. A name with ``+`` takes
positive entries, with ``spd`` a positive definite matrix, with ``sym`` a symmetric one, with ``p`` a distribution.
"""

from __future__ import annotations

Shapes = dict[str, tuple[object, ...]]

V = {"x": ("n",), "y": ("n",)}
REG: Shapes = {"X": ("m", "n"), "w": ("n",), "y": ("m",)}

EXPRESSIONS: list[tuple[str, Shapes]] = [
    ("np.sum((X @ w - y)**2) / len(y)", REG),
    ("((X.dot(w) - y)**2).mean()", REG),
    ("np.linalg.norm(X @ w - y, ord=1)", REG),
    ("1/(1 + np.exp(-X @ w))", REG),
    ("-np.mean(y*np.log(1/(1 + np.exp(-(X @ w)))) + (1 - y)*np.log(1 - 1/(1 + np.exp(-(X @ w)))))", REG),
    ("np.linalg.solve(X.T @ X + lam*np.eye(X.shape[1]), X.T @ y)", {**REG, "lam": ()}),
    ("np.linalg.inv(X.T @ X + lam*np.identity(X.shape[1])) @ X.T @ y", {**REG, "lam": ()}),
    ("np.maximum(0, 1 - y*(X @ w)).sum() + 0.5*w @ w", REG),
    ("np.logaddexp(0, -y*(X @ w)).sum()", REG),
    (
        "np.exp(-np.sum((X[:, None, :] - Y[None, :, :])**2, axis=-1)/(2*s**2))",
        {"X": ("m", "d"), "Y": ("n", "d"), "s": ()},
    ),
    ("np.exp(-0.5*((X[:, np.newaxis] - Y)**2).sum(axis=2)).sum()", {"X": ("m", "d"), "Y": ("n", "d")}),
    ("np.abs(X[:, None, :] - Y[None, :, :]).sum(-1)", {"X": ("m", "d"), "Y": ("n", "d")}),
    ("np.linalg.norm(X[:, None] - Y[None], axis=2)", {"X": ("m", "d"), "Y": ("n", "d")}),
    ("(x[:, None] - x[None, :])**2", V),
    ("np.subtract.outer(x, y)", {"x": ("n",), "y": ("m",)}),
    ("x[:, None]*y", {"x": ("n",), "y": ("m",)}),
    ("np.exp(-np.abs(x[:, None] - y))", {"x": ("n",), "y": ("m",)}),
    ("X.sum(0)", {"X": ("m", "n")}),
    ("X.sum()", {"X": ("m", "n")}),
    ("X.sum(axis=-1, keepdims=True)", {"X": ("m", "n")}),
    ("X.mean(axis=0)", {"X": ("m", "n")}),
    ("(X - X.mean(0))/X.std(0)", {"X": ("m", "n")}),
    ("(X - X.mean(axis=0, keepdims=True)).T @ (X - X.mean(axis=0)) / (X.shape[0] - 1)", {"X": ("m", "n")}),
    ("np.var(X, axis=1)", {"X": ("m", "n")}),
    ("X.var(ddof=1)", {"X": ("m", "n")}),
    ("x.std(ddof=1)", V),
    ("X / np.linalg.norm(X, axis=1, keepdims=True)", {"X": ("m", "n")}),
    ("np.max(X, axis=0)", {"X": ("m", "n")}),
    ("X.min(axis=1)", {"X": ("m", "n")}),
    ("X.max()", {"X": ("m", "n")}),
    ("np.prod(X, axis=1)", {"X": ("m", "n")}),
    ("x.prod()", V),
    ("np.ptp(x)", V),
    ("np.average(x, weights=p)", {"x": ("n",), "p+": ("n",)}),
    ("x.dot(y)", V),
    ("np.vdot(X, Y)", {"X": ("m", "n"), "Y": ("m", "n")}),
    ("np.inner(x, y)", V),
    ("np.outer(x, X)", {"x": ("k",), "X": ("m", "n")}),
    ("np.kron(X, Y)", {"X": ("m", "n"), "Y": ("k", "d")}),
    ("np.kron(x, y)", V),
    ("np.kron(x, X)", {"x": ("k",), "X": ("m", "n")}),
    ("np.kron(X, x)", {"x": ("k",), "X": ("m", "n")}),
    ("np.einsum('ij,j->i', X, w)", REG),
    ("np.einsum('ii', A)", {"A": ("n", "n")}),
    ("np.einsum('ii->i', A)", {"A": ("n", "n")}),
    ("np.einsum('ij,ij->j', X, Y)", {"X": ("m", "n"), "Y": ("m", "n")}),
    ("np.einsum('ij,jk,kl', A, B, C)", {"A": ("m", "n"), "B": ("n", "k"), "C": ("k", "d")}),
    ("np.einsum('i,j->ji', x, y)", {"x": ("m",), "y": ("n",)}),
    ("np.einsum('ni,ij,nj->n', X, S, X)", {"X": ("m", "n"), "S": ("n", "n")}),
    ("np.einsum('ij->', X)", {"X": ("m", "n")}),
    ("np.einsum('ij->i', X)", {"X": ("m", "n")}),
    ("np.einsum('ab,cb', X, Y)", {"X": ("m", "n"), "Y": ("k", "n")}),
    ("np.tensordot(X, Y)", {"X": ("m", "n"), "Y": ("m", "n")}),
    ("np.tensordot(X, Y, axes=([0], [0]))", {"X": ("m", "n"), "Y": ("m", "k")}),
    ("np.tensordot(X, Y, 1)", {"X": ("m", "n"), "Y": ("n", "k")}),
    ("X.T.ravel()", {"X": ("m", "n")}),
    ("X.flatten('F')", {"X": ("m", "n")}),
    ("X.reshape(-1, 1)", {"X": ("m", "n")}),
    ("X.reshape(X.shape[1], X.shape[0])", {"X": ("m", "n")}),
    ("x.reshape(-1, 1) @ x.reshape(1, -1)", V),
    ("X.reshape(1, -1)", {"X": ("m", "n")}),
    ("(x[:, None] @ x[None, :]).reshape(-1)", V),
    ("x.reshape((x.shape[0], 1)) + y", V),
    ("X.reshape(-1).reshape(X.shape)", {"X": ("m", "n")}),
    ("np.outer(x, y).ravel().reshape(len(x), len(y)).T", {"x": ("m",), "y": ("n",)}),
    ("X.ravel(order='F')[:3]", {"X": ("m", "n")}),
    ("np.vstack([x, y])", V),
    ("np.stack([x, y], axis=1)", V),
    ("np.column_stack((x, y))", V),
    ("np.hstack((x, y, 1.0))", V),
    ("np.concatenate([X, Y], axis=1)", {"X": ("m", "n"), "Y": ("m", "k")}),
    ("np.c_[X, X]", {"X": ("m", "n")}),
    ("np.hstack([np.ones((X.shape[0], 1)), X])", {"X": ("m", "n")}),
    ("np.block([[A, B], [B.T, C]])", {"A": ("m", "m"), "B": ("m", "n"), "C": ("n", "n")}),
    ("np.array([x.sum(), y.sum()])", V),
    ("np.array([[a, b], [-b, a]]) @ z", {"a": (), "b": (), "z": (2,)}),
    ("np.array([1.0, 2.0, 3.0]) @ z", {"z": (3,)}),
    ("np.zeros_like(X) + w", REG),
    ("np.full((2, 3), a)", {"a": ()}),
    ("np.diag(x) @ np.diag(X)", {"x": ("n",), "X": ("n", "n")}),
    ("np.trace(X) + X.trace()", {"X": ("n", "n")}),
    ("np.triu(X, 1).sum()", {"X": ("n", "n")}),
    ("np.tril(X) @ x", {"X": ("n", "n"), "x": ("n",)}),
    ("np.diag(np.diag(X))", {"X": ("n", "n")}),
    ("x[1:] - x[:-1]", V),
    ("x[2:] - 2*x[1:-1] + x[:-2]", V),
    ("np.diff(x)", V),
    ("np.diff(X, axis=0)", {"X": ("m", "n")}),
    ("np.diff(X)", {"X": ("m", "n")}),
    ("X[1:, :-1] - X[:-1, 1:]", {"X": ("m", "n")}),
    ("X[0]", {"X": ("m", "n")}),
    ("X[-1, 0]", {"X": ("m", "n")}),
    ("X[:, -1]", {"X": ("m", "n")}),
    ("X[:, 1:].sum(axis=0)", {"X": ("m", "n")}),
    ("x[0]*y[-1] - x[-2]", V),
    ("X[..., 0]", {"X": ("m", "n")}),
    ("X[:2]", {"X": ("m", "n")}),
    ("x[-2:]", V),
    ("X[:, [0]]", {"X": ("m", "n")}),
    ("X[:, 0:1] @ x[None, :2]", {"X": ("m", "n"), "x": ("n",)}),
    ("np.cumsum(x)", V),
    ("np.cumsum(X, axis=1)", {"X": ("m", "n")}),
    ("X.cumsum(0)", {"X": ("m", "n")}),
    ("np.where(x > 0, x, 0.01*x)", V),
    ("np.where(x > y, x, y)", V),
    ("np.where((x > 0) & (y > 0), x*y, 0)", V),
    ("(x > 0)*x", V),
    ("np.mean(x > y)", V),
    ("np.clip(x, -0.5, 0.5)", V),
    ("np.minimum(np.maximum(x, 0), 1)", V),
    ("np.maximum(X, w)", {"X": ("m", "n"), "w": ("n",)}),
    ("np.abs(x).max()", V),
    ("np.sign(x)*np.sqrt(np.abs(x))", V),
    ("scipy.special.expit(X @ w)", REG),
    ("scipy.special.logsumexp(X)", {"X": ("m", "n")}),
    ("scipy.special.logsumexp(X, axis=0)", {"X": ("m", "n")}),
    ("scipy.special.softmax(X, axis=1)", {"X": ("m", "n")}),
    ("scipy.special.softmax(X)", {"X": ("m", "n")}),
    ("scipy.special.log_softmax(X, axis=0)", {"X": ("m", "n")}),
    ("scipy.special.xlogy(p, p).sum()", {"p+": ("n",)}),
    ("scipy.special.gammaln(p + 1).sum()", {"p+": ("n",)}),
    ("scipy.special.erf(x) + scipy.special.ndtr(x)", V),
    ("scipy.special.kl_div(p, q).sum()", {"p+": ("n",), "q+": ("n",)}),
    ("scipy.special.entr(p).sum()", {"p+": ("n",)}),
    ("scipy.special.rel_entr(p, q)", {"p+": ("n",), "q+": ("n",)}),
    ("scipy.special.digamma(p)", {"p+": ("n",)}),
    ("scipy.special.logit(1/(1 + p))", {"p+": ("n",)}),
    ("scipy.special.huber(1.0, x).sum()", V),
    ("scipy.special.betaln(p, q)", {"p+": ("n",), "q+": ("n",)}),
    ("np.linalg.det(A) * np.trace(np.linalg.inv(A))", {"Aspd": ("n", "n")}),
    ("np.linalg.slogdet(A)[1]", {"Aspd": ("n", "n")}),
    ("np.linalg.slogdet(A).logabsdet", {"Aspd": ("n", "n")}),
    ("np.linalg.cholesky(A) @ x", {"Aspd": ("n", "n"), "x": ("n",)}),
    ("2*np.log(np.diag(np.linalg.cholesky(A))).sum()", {"Aspd": ("n", "n")}),
    ("scipy.linalg.cholesky(A)", {"Aspd": ("n", "n")}),
    ("scipy.linalg.cho_solve(scipy.linalg.cho_factor(A), x)", {"Aspd": ("n", "n"), "x": ("n",)}),
    ("scipy.linalg.solve_triangular(np.linalg.cholesky(A), x, lower=True)", {"Aspd": ("n", "n"), "x": ("n",)}),
    ("np.linalg.matrix_power(A, 3)", {"A": ("n", "n")}),
    ("np.linalg.norm(A, 2)", {"A": ("m", "n")}),
    ("np.linalg.norm(A, 'nuc')", {"A": ("m", "n")}),
    ("np.linalg.norm(A, 1) + np.linalg.norm(A, np.inf)", {"A": ("m", "n")}),
    ("np.linalg.norm(x, 3)", V),
    ("np.linalg.norm(x, -np.inf)", V),
    ("np.linalg.pinv(X) @ y", REG),
    ("np.linalg.lstsq(X, y, rcond=None)[0]", REG),
    ("np.linalg.eigvalsh(A).sum()", {"Aspd": ("n", "n")}),
    ("np.linalg.eigh(A)[0].max()", {"Aspd": ("n", "n")}),
    ("scipy.linalg.sqrtm(A)", {"Aspd": ("n", "n")}),
    ("scipy.linalg.block_diag(A, B)", {"A": ("m", "n"), "B": ("k", "k")}),
    ("scipy.linalg.toeplitz(x)", V),
    ("np.linalg.multi_dot([A, B, C])", {"A": ("m", "n"), "B": ("n", "k"), "C": ("k", "d")}),
    ("A @ B @ x", {"A": ("m", "n"), "B": ("n", "k"), "x": ("k",)}),
    ("x @ A", {"x": ("m",), "A": ("m", "n")}),
    ("x @ A @ y", {"x": ("m",), "A": ("m", "n"), "y": ("n",)}),
    ("-x**2", V),
    ("2**x", V),
    ("x**y", {"x+": ("n",), "y": ("n",)}),
    ("(1 + x)**-1.0", {"x+": ("n",)}),
    ("A**2 @ x - A @ x**2", {"A": ("m", "n"), "x": ("n",)}),
    ("np.log10(p) + np.log2(p) + np.exp2(x)", {"p+": ("n",), "x": ("n",)}),
    ("np.sinc(x) + np.hypot(x, y)", V),
    ("np.reciprocal(p)*np.square(x)", {"p+": ("n",), "x": ("n",)}),
    ("np.arctan(x) + np.arcsinh(x)", V),
    ("np.tile(x, (3, 1)) + np.repeat(y, 2)[:1]", V),
    ("np.arange(len(x)) @ x", V),
    ("np.broadcast_to(x, X.shape) * X", {"x": ("n",), "X": ("m", "n")}),
    ("np.squeeze(X[:, :1])", {"X": ("m", "n")}),
    ("np.expand_dims(x, 0) + np.expand_dims(y, 1)", V),
    ("X.swapaxes(0, 1)", {"X": ("m", "n")}),
    ("np.cov(X, rowvar=False)", {"X": ("m", "n")}),
    ("np.cov(X.T)", {"X": ("m", "n")}),
    ("np.linalg.norm(x - y)**2 / x.size", V),
    ("sum(x**2) + max(x) - min(y)", V),
    ("sum(X)", {"X": ("m", "n")}),
    ("sum(x[i]*y[i] for i in range(len(x)))", V),
    ("np.array([x[i]**2 for i in range(len(x))])", V),
    ("np.sum([np.dot(a, w) for a in X])", REG),
    ("sum((a @ w - b)**2 for a, b in zip(X, y))", REG),
    ("np.matmul(X.T, X).diagonal()", {"X": ("m", "n")}),
    ("(X.T * y).T", {"X": ("m", "n"), "y": ("m",)}),
    ("(X.T * y) @ X", {"X": ("m", "n"), "y": ("m",)}),
    ("np.add(x, y).T @ np.subtract(x, y)", V),
    ("np.float64(2.0)*x", V),
    ("x.copy().astype(float)", V),
    ("np.heaviside(x, 0.5)", V),
    ("math.sqrt(x @ x)*math.pi", V),
    ("np.e**a", {"a": ()}),
    ("np.array([np.dot(row, w) for row in X])", REG),
    ("x - np.array([1])", V),
    ("X - X.max(axis=1)[:, None]", {"X": ("m", "n")}),
    ("scipy.spatial.distance.cdist(X, Y, 'sqeuclidean')", {"X": ("m", "d"), "Y": ("n", "d")}),
    ("scipy.stats.norm.logpdf(x, a, p)", {"x": ("n",), "a": (), "p+": ()}),
    ("np.einsum('ijk,k->ij', X[:, None, :] - Y[None, :, :], w)", {"X": ("m", "d"), "Y": ("n", "d"), "w": ("d",)}),
    ("((X[:, :, None] - Y.T[None, :, :])**2).sum(1)", {"X": ("m", "d"), "Y": ("n", "d")}),
    ("np.transpose(X[:, None, :] * Y, (1, 0, 2)).sum(2)", {"X": ("m", "d"), "Y": ("n", "d")}),
    ("(X[:, None, :]*w).max(axis=2)", {"X": ("m", "d"), "w": ("k", "d")}),
    ("(X[:, None, :] - Y).min(axis=0)", {"X": ("m", "d"), "Y": ("n", "d")}),
    ("(X[:, None, :] - Y)[:, 0].sum()", {"X": ("m", "d"), "Y": ("n", "d")}),
    ("np.sum((X[:, None, :] - Y)**2, axis=(0, 2))", {"X": ("m", "d"), "Y": ("n", "d")}),
    ("((X[:, None, :] - Y)**2).mean(axis=0).sum(axis=1)", {"X": ("m", "d"), "Y": ("n", "d")}),
    ("x[::-1]", V),
    ("X[::-1, 0]", {"X": ("m", "n")}),
    ("X[:, ::-1] @ X.T", {"X": ("m", "n")}),
    ("X[::-1][0]", {"X": ("m", "n")}),
    ("x[:, None][::-1] @ x[None, ::-1]", V),
    ("np.cumsum(x[::-1])[::-1]", V),
    ("np.flip(X)", {"X": ("m", "n")}),
    ("np.flipud(X) - X[::-1]", {"X": ("m", "n")}),
    ("x[1::2] * x[::2]", {"x": (6,)}),
    ("x[4:0:-2]", {"x": (7,)}),
    ("X[::2, 1::3]", {"X": (5, 7)}),
    ("X[0, ::2]", {"X": (5, 7)}),
    ("X[:, ::-2]", {"X": ("m", 5)}),
    ("np.linalg.svd(X, compute_uv=False).sum()", {"X": ("m", "n")}),
    ("np.linalg.svd(X)[1].max()", {"X": ("m", "n")}),
    ("np.linalg.svd(A, compute_uv=False)", {"A": ("n", "n")}),
    ("np.linalg.svd(A, compute_uv=False)[0]", {"A": ("m", "n")}),
    ("np.linalg.svd(A, compute_uv=False)[-1]", {"A": (4, 3)}),
    ("np.linalg.svd(A, compute_uv=False)[1:]", {"A": (3, 5)}),
    ("np.sum(np.log(1 + np.linalg.svdvals(A)))", {"A": ("n", "n")}),
    ("np.linalg.norm(A, -2)", {"A": (4, 3)}),
    ("np.linalg.norm(X, 1, axis=(1, 0))", {"X": ("m", "n")}),
    ("np.linalg.norm(X, np.inf, axis=(1, 0))", {"X": ("m", "n")}),
    ("np.linalg.norm(X, 1, axis=(0, 1))", {"X": ("m", "n")}),
    ("np.linalg.norm(X, 3, axis=1)", {"X": ("m", "n")}),
    ("np.linalg.norm(X, 0, axis=0)", {"X": ("m", "n")}),
    ("np.linalg.norm(x, -1) + np.linalg.norm(x, -2)", V),
    ("np.diff(x, 2)", V),
    ("np.diff(X, n=2, axis=0)", {"X": ("m", "n")}),
    ("np.roll(x, -1)", V),
    ("np.roll(x, 7)", {"x": (5,)}),
    ("np.roll(X, 1)", {"X": ("m", "n")}),
    ("np.roll(X, -2, axis=0)", {"X": ("m", "n")}),
    ("np.add.reduce(X)", {"X": ("m", "n")}),
    ("np.add.reduce(X, axis=None)", {"X": ("m", "n")}),
    ("np.multiply.reduce(x)", V),
    ("np.maximum.reduce(X, axis=1)", {"X": ("m", "n")}),
    ("np.logaddexp.reduce(x)", V),
    ("np.add.accumulate(X)", {"X": ("m", "n")}),
    ("math.log(x[1]**2, 2) + math.hypot(x[0], x[1], 2) + math.tau", V),
    ("math.dist(x, x**2) + math.fsum(xi**2 for xi in x) + math.prod([x[0], x[1]])", V),
    ("np.einsum('...i,i->...', X, w)", REG),
    ("np.einsum('...ij,...j', X, w)", REG),
    ("np.einsum('...i->i...', X)", {"X": ("m", "n")}),
    ("np.einsum(X, [0, 1], w, [1])", REG),
    ("np.einsum(X, [0, 1], [1, 0])", {"X": ("m", "n")}),
]

CODE: list[tuple[str, Shapes]] = [
    (
        """
def loss(w, X, y, lam=0.1):
    '''Logistic regression.'''
    m = X.shape[0]
    h = 1 / (1 + np.exp(-X @ w))
    cost = -(y @ np.log(h) + (1 - y) @ np.log(1 - h)) / m
    cost += lam / (2*m) * np.sum(w[1:]**2)
    return cost
""",
        REG,
    ),
    (
        """
def softmax_regression(W, X, Y):
    Z = X.dot(W)
    Z -= Z.max(axis=1, keepdims=True)
    P = np.exp(Z)
    P /= P.sum(axis=1, keepdims=True)
    return -np.mean(np.sum(Y * np.log(P), axis=1))
""",
        {"W": ("n", "K"), "X": ("m", "n"), "Y": ("m", "K")},
    ),
    (
        """
def softmax(Z):
    e = np.exp(Z - np.max(Z, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)

def attention(Q, K, V):
    scores = Q @ K.T / np.sqrt(Q.shape[-1])
    return softmax(scores) @ V
""",
        {"Q": ("m", "d"), "K": ("n", "d"), "V": ("n", "k")},
    ),
    (
        """
def sigmoid(z):
    return 1/(1 + np.exp(-z))
def mlp(x, W1, b1, W2, b2):
    for W, b in [(W1, b1), (W2, b2)]:
        x = sigmoid(np.dot(W, x) + b)
    return x
""",
        {"x": ("n",), "W1": ("h", "n"), "b1": ("h",), "W2": ("k", "h"), "b2": ("k",)},
    ),
    (
        """
def batch_norm(X, gamma, beta, eps=1e-5):
    mu = X.mean(axis=0)
    var = X.var(axis=0)
    Xhat = (X - mu) / np.sqrt(var + eps)
    return gamma * Xhat + beta
""",
        {"X": ("m", "n"), "gamma": ("n",), "beta": ("n",)},
    ),
    (
        """
def layer_norm(X, g, b):
    mean = np.mean(X, axis=-1, keepdims=True)
    std = np.std(X, axis=-1, keepdims=True)
    return g * (X - mean) / (std + 1e-6) + b
""",
        {"X": ("m", "n"), "g": ("n",), "b": ("n",)},
    ),
    (
        """
def nll(mu, Sigma, X):
    n, d = X.shape
    L = np.linalg.cholesky(Sigma)
    diff = X - mu
    sol = np.linalg.solve(L, diff.T)
    maha = np.sum(sol**2, axis=0)
    logdet = 2*np.sum(np.log(np.diag(L)))
    return 0.5*np.sum(maha) + 0.5*n*logdet + 0.5*n*d*np.log(2*np.pi)
""",
        {"mu": ("d",), "Sigmaspd": ("d", "d"), "X": ("m", "d")},
    ),
    (
        """
def nll(mu, S, X):
    total = 0
    for x in X:
        d = x - mu
        total += 0.5*d @ np.linalg.solve(S, d) + 0.5*np.linalg.slogdet(S)[1]
    return total
""",
        {"mu": ("d",), "Sspd": ("d", "d"), "X": ("m", "d")},
    ),
    (
        """
def gp_nll(K, y, sigma):
    n = y.shape[0]
    Ky = K + sigma**2*np.eye(n)
    L = np.linalg.cholesky(Ky)
    alpha = scipy.linalg.cho_solve((L, True), y)
    return 0.5*y.dot(alpha) + np.log(np.diag(L)).sum() + n/2*np.log(2*np.pi)
""",
        {"Kspd": ("n", "n"), "y": ("n",), "sigma": ()},
    ),
    (
        """
def rbf(X, Y, ell, var):
    K = np.zeros((X.shape[0], Y.shape[0]))
    for i in range(X.shape[0]):
        for j in range(Y.shape[0]):
            d = X[i] - Y[j]
            K[i, j] = var * np.exp(-0.5 * np.dot(d, d) / ell**2)
    return K
""",
        {"X": ("m", "d"), "Y": ("n", "d"), "ell+": (), "var": ()},
    ),
    (
        """
def ard(X, Y, ell):
    Xs, Ys = X / ell, Y / ell
    sq = np.sum(Xs**2, 1)[:, None] + np.sum(Ys**2, 1) - 2 * Xs @ Ys.T
    return np.exp(-0.5 * sq)
""",
        {"X": ("m", "d"), "Y": ("n", "d"), "ell+": ("d",)},
    ),
    (
        """
def gmm(logpi, mu, s, X):
    K = mu.shape[0]
    ll = []
    for k in range(K):
        ll.append(logpi[k] - 0.5*np.sum((X - mu[k])**2, axis=1)/s[k]**2)
    return scipy.special.logsumexp(np.array(ll), axis=0).sum()
""",
        {"logpi": ("K",), "mu": ("K", "d"), "s+": ("K",), "X": ("m", "d")},
    ),
    (
        """
def pca(X, W):
    Xc = X - X.mean(axis=0)
    Z = Xc @ W
    R = Xc - Z @ W.T
    return np.linalg.norm(R, 'fro')**2 / X.shape[0]
""",
        {"X": ("m", "n"), "W": ("n", "k")},
    ),
    (
        """
def nmf(W, H, V):
    WH = W @ H
    return np.sum(V*np.log(V/WH) - V + WH)
""",
        {"W+": ("m", "k"), "H+": ("k", "n"), "V+": ("m", "n")},
    ),
    (
        """
def mf(U, V, R, lam):
    loss = 0.0
    m, n = R.shape
    for i in range(m):
        for j in range(n):
            e = R[i, j] - np.dot(U[i, :], V[j, :])
            loss += e**2
    for i in range(m):
        loss += lam*np.dot(U[i], U[i])
    return loss + lam*(V**2).sum()
""",
        {"U": ("m", "k"), "V": ("n", "k"), "R": ("m", "n"), "lam": ()},
    ),
    (
        """
def kalman(x, P, F, Q, H, R, z):
    x = F @ x
    P = F @ P @ F.T + Q
    S = H @ P @ H.T + R
    K = P @ H.T @ np.linalg.inv(S)
    x = x + K @ (z - H @ x)
    return x
""",
        {
            "x": ("n",),
            "Pspd": ("n", "n"),
            "F": ("n", "n"),
            "Qspd": ("n", "n"),
            "H": ("k", "n"),
            "Rspd": ("k", "k"),
            "z": ("k",),
        },
    ),
    (
        """
def energy(x):
    n = len(x)
    e = 0
    for i in range(n):
        for j in range(i + 1, n):
            e += (x[i] - x[j])**2
    return e
""",
        {"x": ("n",)},
    ),
    (
        """
def energy(X, q):
    e = 0.0
    for i in range(len(q)):
        for j in range(i):
            e += q[i]*q[j]*np.sqrt(1 + np.sum((X[i] - X[j])**2))
    return e
""",
        {"X": ("n", "d"), "q": ("n",)},
    ),
    (
        """
def energy(x):
    s = 0
    for i in range(len(x)):
        for j in range(len(x)):
            if i != j:
                s += x[i]*x[j]**2
    return s
""",
        {"x": ("n",)},
    ),
    (
        """
def energy(x, A):
    s = 0
    for i in range(len(x)):
        for j in range(len(x)):
            if i == j:
                continue
            s += A[i, j]*x[i]*x[j]**2
    return s
""",
        {"x": ("n",), "A": ("n", "n")},
    ),
    (
        """
def tv(x):
    s = 0
    for i in range(1, len(x)):
        s += np.abs(x[i] - x[i-1])
    return s
""",
        {"x": ("n",)},
    ),
    (
        """
def tv(x):
    return sum(np.sqrt((x[i+1] - x[i])**2 + 0.01) for i in range(len(x) - 1))
""",
        {"x": ("n",)},
    ),
    (
        """
def rosen(x):
    total = 0
    for i in range(len(x) - 1):
        total = total + 100*(x[i+1] - x[i]**2)**2 + (1 - x[i])**2
    return total
""",
        {"x": ("n",)},
    ),
    (
        """
def lin(X, w):
    out = np.zeros(X.shape[0])
    for i in range(X.shape[0]):
        out[i] = np.dot(X[i], w)
    return out
""",
        {"X": ("m", "n"), "w": ("n",)},
    ),
    (
        """
def grad(X, w, y):
    g = np.zeros_like(w)
    for i in range(len(y)):
        g += (X[i] @ w - y[i])*X[i]
    return g / len(y)
""",
        REG,
    ),
    (
        """
def cov(X):
    mu = X.mean(0)
    C = np.zeros((X.shape[1], X.shape[1]))
    for i in range(X.shape[0]):
        C += np.outer(X[i] - mu, X[i] - mu)
    return C / (X.shape[0] - 1)
""",
        {"X": ("m", "n")},
    ),
    (
        """
def row_norm(X):
    Y = np.empty_like(X)
    for i in range(len(X)):
        Y[i, :] = X[i, :] / np.linalg.norm(X[i, :])
    return Y
""",
        {"X": ("m", "n")},
    ),
    (
        """
def cols(X, w):
    Y = np.zeros(X.shape)
    for j in range(X.shape[1]):
        Y[:, j] = w[j]*X[:, j]
    return Y
""",
        {"X": ("m", "n"), "w": ("n",)},
    ),
    (
        """
def poly(c, x):
    y = 0
    for k in range(4):
        y += c[k]*x**k
    return y
""",
        {"c": (4,), "x": ("n",)},
    ),
    (
        """
def horner(x):
    y = np.zeros(len(x))
    for a in [1.0, -2.0, 0.5]:
        y = y*x + a
    return y
""",
        {"x": ("n",)},
    ),
    (
        """
def wsum(x):
    s = 0
    for i in range(len(x)):
        s += i*x[i]
    return s
""",
        {"x": ("n",)},
    ),
    (
        """
def prods(p):
    r = 1.0
    for i in range(len(p)):
        r *= 1 - p[i]
    return 1 - r
""",
        {"p": ("n",)},
    ),
    (
        """
def contrastive(Z, tau):
    Z = Z / np.linalg.norm(Z, axis=1, keepdims=True)
    S = Z @ Z.T / tau
    lse = scipy.special.logsumexp(S, axis=1)
    return np.mean(lse - np.diag(S))
""",
        {"Z": ("m", "d"), "tau+": ()},
    ),
    (
        """
from numpy.linalg import norm, inv
from scipy.special import expit as sigmoid
import numpy as np
def f(X, w, lam=1e-2):
    p = sigmoid(X @ w)
    H = X.T @ np.diag(p*(1 - p)) @ X + lam*np.eye(len(w))
    return norm(inv(H) @ w)
""",
        {"X": ("m", "n"), "w": ("n",)},
    ),
    (
        """
X = X - X.mean(axis=0)
C = X.T @ X / (len(X) - 1)
vals = np.linalg.eigvalsh(C)
ratio = vals[-1] / vals.sum()
""",
        {"X": ("m", "n")},
    ),
    (
        """
f = lambda x: 0.5*x.T @ A @ x - b.T @ x
f(x0)
""",
        {"A": ("n", "n"), "b": ("n",), "x0": ("n",)},
    ),
    (
        """
def f(x, A, normalize=True, mode='l2', b=None):
    if b is not None:
        x = x - b
    if normalize:
        x = x / np.linalg.norm(x)
    if mode == 'l1':
        return np.abs(A @ x).sum()
    elif mode == 'l2':
        return np.sum((A @ x)**2)
    raise ValueError(mode)
""",
        {"x": ("n",), "A": ("m", "n")},
    ),
    (
        """
def f(x):
    if x.ndim == 1:
        x = x[None, :]
    return x @ x.T
""",
        {"x": ("n",)},
    ),
    (
        """
def f(X, w):
    assert X.shape[1] == len(w)
    if X.shape[1] != w.shape[0]:
        raise ValueError('shapes')
    return X @ w
""",
        {"X": ("m", "n"), "w": ("n",)},
    ),
    (
        """
def huber(r, delta=1.0):
    a = np.abs(r)
    quad = np.minimum(a, delta)
    return np.sum(0.5*quad**2 + delta*(a - quad))
""",
        {"r": ("n",)},
    ),
    (
        """
def relu_net(X, W, b, v):
    H = X @ W + b
    H[H < 0] = 0
    return H @ v
""",
        {"X": ("m", "n"), "W": ("n", "h"), "b": ("h",), "v": ("h",)},
    ),
    (
        """
def f(x):
    y = x.copy()
    y[0] = 0
    y[-1] += 2*x[0]
    return y * x
""",
        {"x": ("n",)},
    ),
    (
        """
def f(X):
    Y = np.zeros((3, 2))
    Y[0] = X[0, :2]
    Y[1:, 1] = X[:2, 0]
    return Y
""",
        {"X": ("m", "n")},
    ),
    (
        """
def ncc(x, y):
    xm = x - np.mean(x)
    ym = y - np.mean(y)
    return (xm @ ym) / np.sqrt((xm @ xm) * (ym @ ym))
""",
        {"x": ("n",), "y": ("n",)},
    ),
    (
        """
def sharpe(w, mu, Sigma):
    ret = w @ mu
    vol = np.sqrt(w @ Sigma @ w)
    return ret / vol
""",
        {"w": ("n",), "mu": ("n",), "Sigmaspd": ("n", "n")},
    ),
    (
        """
def svm_dual(a, X, y, ):
    K = X @ X.T
    return np.sum(a) - 0.5*np.sum(np.outer(a*y, a*y) * K)
""",
        {"a": ("m",), "X": ("m", "n"), "y": ("m",)},
    ),
    (
        """
def elbo(mu, logvar, X, W):
    kl = -0.5*np.sum(1 + logvar - mu**2 - np.exp(logvar))
    rec = np.sum((X - mu @ W.T)**2)
    return rec + kl
""",
        {"mu": ("m", "k"), "logvar": ("m", "k"), "X": ("m", "n"), "W": ("n", "k")},
    ),
    (
        """
def tsne(Y, P):
    sum_Y = np.sum(np.square(Y), 1)
    num = -2. * np.dot(Y, Y.T)
    num = 1. / (1. + np.add(np.add(num, sum_Y).T, sum_Y))
    Q = num / np.sum(num)
    return np.sum(P * np.log(P / Q))
""",
        {"Y": ("n", "d"), "P+": ("n", "n")},
    ),
    (
        """
def rnn(h, x, Wh, Wx, b):
    for t in range(3):
        h = np.tanh(Wh @ h + Wx @ x[t] + b)
    return h
""",
        {"h": ("h",), "x": (3, "n"), "Wh": ("h", "h"), "Wx": ("h", "n"), "b": ("h",)},
    ),
    (
        """
def triplet(a, p, n, margin=0.2):
    dp = np.sum((a - p)**2, axis=1)
    dn = np.sum((a - n)**2, axis=1)
    return np.mean(np.maximum(dp - dn + margin, 0))
""",
        {"a": ("m", "d"), "p": ("m", "d"), "n": ("m", "d")},
    ),
    (
        """
def pagerank(A, d, r):
    P = A / A.sum(axis=0, keepdims=True)
    n = A.shape[0]
    for _ in range(3):
        r = (1 - d)/n + d * P @ r
    return r
""",
        {"A+": ("n", "n"), "d": (), "r": ("n",)},
    ),
    (
        """
def focal(z, y, g=2):
    p = 1/(1 + np.exp(-z))
    pt = np.where(y > 0, p, 1 - p)
    return -np.mean((1 - pt)**g * np.log(pt))
""",
        {"z": ("m",), "y": ("m",)},
    ),
    (
        """
def dist(X):
    G = X @ X.T
    h = np.diag(G).reshape(-1, 1)
    return h + h.T - 2*G
""",
        {"X": ("m", "n")},
    ),
    (
        """
def theta_net(theta, X, y):
    W = theta[:6].reshape(3, 2)
    b = theta[6:]
    return np.sum((np.tanh(X @ W) @ b - y)**2)
""",
        {"theta": (8,), "X": ("m", 3), "y": ("m",)},
    ),
    (
        """
def cauchy(r): return np.log1p(r**2).sum()
def total(X, w, y):
    r = X @ w - y
    return cauchy(r) + 0.1*np.linalg.norm(w)**2
""",
        REG,
    ),
    (
        """
def smooth(x, y):
    D = np.eye(len(x))[1:] - np.eye(len(x))[:-1]
    return np.sum((x - y)**2) + 10*np.sum((D @ x)**2)
""",
        V,
    ),
    (
        """
def poisson(w, X, y):
    eta = X @ w
    return (np.exp(eta) - y*eta + scipy.special.gammaln(y + 1)).sum()
""",
        {"w": ("n",), "X": ("m", "n"), "y+": ("m",)},
    ),
    (
        """
def kmeans(mu, R, X):
    J = 0
    for n in range(X.shape[0]):
        for k in range(mu.shape[0]):
            J += R[n, k] * np.linalg.norm(X[n] - mu[k])**2
    return J
""",
        {"mu": ("K", "d"), "R": ("m", "K"), "X": ("m", "d")},
    ),
    (
        """
def lda(S, X, mu, logpi):
    Si = np.linalg.inv(S)
    scores = []
    for k in range(len(logpi)):
        d = X - mu[k]
        scores += [logpi[k] - 0.5*np.sum(d @ Si * d, axis=1)]
    return scores[0]
""",
        {"Sspd": ("d", "d"), "X": ("m", "d"), "mu": (2, "d"), "logpi": (2,)},
    ),
    (
        """
def lowrank(d, U, x):
    n, k = U.shape
    M = np.eye(k) + U.T @ (U / d[:, None])
    return np.sum(np.log(d)) + np.linalg.slogdet(M)[1] + x @ (x/d)
""",
        {"d+": ("n",), "U": ("n", "k"), "x": ("n",)},
    ),
    (
        """
def bilinear(x, T, y):
    out = 0
    for i in range(x.shape[0]):
        row = T[i]
        inner = 0
        for j in range(y.shape[0]):
            inner += row[j]*y[j]
        out += x[i]*np.sin(inner)
    return out
""",
        {"x": ("m",), "T": ("m", "n"), "y": ("n",)},
    ),
    ("def f(x):\n    o = np.empty(len(x))\n    o[0] = x[0]\n    o[1:] = x[1:]*2\n    return o*x", {"x": ("n",)}),
    ("def f(x):\n    o = np.empty_like(x)\n    o[:] = x**2\n    return o*x", {"x": ("n",)}),
    ("def f(x):\n    o = np.empty(2)\n    o[1] = x[0]\n    o[0] = x @ x\n    return o", {"x": ("n",)}),
    (
        "def f(x):\n    o = np.empty((2, 2))\n    o[0, 0] = 1\n    o[1, 0] = x[1]\n    o[:, 1] = x @ x\n    return o",
        {"x": ("n",)},
    ),
    (
        "def f(x):\n    o = np.empty(len(x))\n    for i in range(o.shape[0]):\n        o[i] = x[i]\n    return o.sum()",
        {"x": ("n",)},
    ),
    (
        "def f(X, w, y):\n    r = X @ w - y\n    return r @ r, 2*X.T @ r\nf(X, w, y)[1]",
        REG,
    ),
    ("def f(X):\n    U, s, Vt = np.linalg.svd(X, full_matrices=False)\n    return np.sum(s)", {"X": ("m", "n")}),
    (
        "def f(x, *, p=2):\n    g = lambda u, k=3: u**k\n    def h(v):\n        return g(v).sum()\n    return h(x)**p",
        {"x": ("n",)},
    ),
    ("def f(x):\n    y = x[::2].copy()\n    y += 1\n    return x.sum() + y.sum()", {"x": (6,)}),
]

# Code, shapes, where the error points, and what it says.
REFUSED: list[tuple[str, Shapes, str, str]] = [
    ("X - y", {"X": ("m", "n"), "y": ("m",)}, "X - y", "[:, None]"),
    ("np.random.randn(3) @ x", {"x": (3,)}, "np.random.randn", "random"),
    ("X @ w", {"X": ("m", "n"), "w": ("m",)}, "X @ w", ".T"),
    ("x @ x @ x", V, "x @ x @ x", "number"),
    ("np.sort(x)", V, "np.sort", "not read"),
    ("np.dot(X, z)", {"X": ("m", "n")}, "z", "declare"),
    ("x[0, 1]", {"x": ("n",), "X": ("m", "n")}, "x[0, 1]", "no such place"),
    ("x > 0", V, "x > 0", "np.where"),
    ("x[x > 0].sum()", V, "x[x > 0]", "np.where"),
    ("(x > 0) + (y > 0)", V, "(x > 0) + (y > 0)", "1.0*(x > 0)"),
    ("x.sum(axis=1)", V, "x.sum(axis=1)", "axis"),
    ("x[:, None, None]", V, "x[:, None, None]", "three axes"),
    ("np.einsum('ij,jk', X, X)", {"X": ("m", "n")}, "np.einsum", "runs over"),
    ("np.concatenate([X, x])", {"X": ("m", "n"), "x": ("n",)}, "np.concatenate", "joined"),
    ("X.reshape(3, -1)", {"X": ("m", "n")}, "X.reshape", "divided"),
    ("unknown(x)", V, "unknown", "not defined"),
    ("x.foo", V, "x.foo", "'foo'"),
    ("np.linalg.eigh(A)[1] @ x", {"Asym": ("n", "n"), "x": ("n",)}, "np.linalg.eigh(A)[1]", "sign"),
    ("def f(x):\n    k = 0\n    while k < 3:\n        k += 1\n        x = 2*x\n    return x", V, "while", "while"),
    ("def f(x):\n    if np.isnan(x).any():\n        return 0\n    return x", V, "np.isnan(x)", "as a guard"),
    ("def f(x):\n    while x @ x > 1:\n        x = x / 2\n    return x", V, "while", "while"),
    ("def f(x):\n    if x.sum():\n        return x\n    return -x", V, "x.sum()", "depends on values"),
    (
        "def f(x):\n    s = 0\n    for v in x:\n        if v > 0:\n            return v\n    return s",
        {"x": ("n",)},
        "if v > 0",
        "between which values decide",
    ),
    (
        "def f(x):\n    best = x[0]\n    for v in x:\n        if v > best:\n            best = v\n    return best",
        {"x": ("n",)},
        "best",
        "looked at",
    ),
    ("def f(x):\n    if x[0] > 0:\n        b = 1\n    return b*x", {"x": ("n",)}, "b", "assigned on one of two ways"),
    (
        "def f(x):\n    if x[0] > 0:\n        z = x\n    else:\n        z = x[1]\n    return z",
        {"x": ("n",)},
        "",
        "one shape",
    ),
    (
        "def f(x):\n    z = []\n    for v in x:\n        if v > 0:\n            z.append(v)\n    return sum(z)",
        {"x": ("n",)},
        "z.append(v)",
        "length depends on values",
    ),
    (
        "def f(x, y):\n    z = 2*x\n    w = z if y[0] > 0 else y\n    z += 1\n    return w",
        V,
        "z += 1",
        "changes",
    ),
    ("np.insert(X, [0, 1], x, axis=1)", {"X": ("n", "n"), "x": ("n",)}, "np.insert", "one known place"),
    ("np.nansum(x)", V, "np.nansum", "nan"),
    ("c, low = scipy.linalg.cho_factor(X)", {"X": ("n", "n")}, "c, low", "as a whole"),
    ("def f(x):\n    y = x\n    y += 1\n    return x @ y", {"x": ("n",)}, "y += 1", "changes x"),
    ("def g(a):\n    a[0] = 1\n    return a\ndef f(x):\n    return g(x) @ x", {"x": ("n",)}, "a[0]", "changes x"),
    (
        "def f(x):\n    s = 0\n    for i in range(len(x)):\n        s = s*x[i] + 1\n    return s",
        {"x": ("n",)},
        "s",
        "looked at",
    ),
    ("def f(x):\n    for i in range(len(x)):\n        t = x[i]\n    return t", {"x": ("n",)}, "t", "last round"),
    ("def f(x, y):\n    return x, y", V, "def f", "2 values"),
    ("x @", V, "", "no Python"),
    ("1j*x", V, "1j", "number"),
    ("def f(x):\n    z = np.zeros(3, dtype=int)\n    z[0] = 0.5\n    return z @ x", {"x": (3,)}, "z[0]", "integers"),
    ("def f(x):\n    return x @ x\ndef g(x):\n    return x.sum()", {"x": ("n",)}, "def f", "which function"),
    ("x[::2]", V, "x[::2]", "known length"),
    ("x[::0]", V, "x[::0]", "a step"),
    ("def f(x):\n    y = x[::2]\n    y += 1\n    return x @ x", {"x": (6,)}, "y += 1", "changes x"),
    ("def f(x):\n    y = x[::-1]\n    y += 1\n    return x @ x", {"x": ("n",)}, "y += 1", "changes x"),
    ("np.linalg.svd(X)[0]", {"X": ("m", "n")}, "np.linalg.svd(X)[0]", "sign"),
    ("np.linalg.svd(X)[1][1]", {"X": ("m", "n")}, "np.linalg.svd(X)[1][1]", "depends on the sizes"),
    ("np.linalg.norm(X, 3)", {"X": ("m", "n")}, "np.linalg.norm", "order 3"),
    ("def f(x):\n    o = np.empty(len(x))\n    o[1:] = x[1:]\n    return o.sum()", {"x": ("n",)}, "o", "np.zeros"),
    (
        "def f(x):\n    o = np.empty((2, 2))\n    o[0, 0] = x[0]\n    o[1] = x[:2]\n    return o",
        {"x": ("n",)},
        "o",
        "have been written",
    ),
    (
        "def f(x):\n    o = np.empty(len(x))\n    for i in range(1, len(x)):\n        o[i] = x[i]\n    return o.sum()",
        {"x": ("n",)},
        "for i",
        "no value",
    ),
    (
        "def f(x):\n    o = np.empty(len(x))\n    for i in range(len(x)):\n        o[i] += x[i]\n    return o.sum()",
        {"x": ("n",)},
        "for i",
        "no values yet",
    ),
    ("math.exp(x)", V, "math.exp(x)", "np.exp(x)"),
    ("def f(x):\n    return x @ x, x.sum()", {"x": ("n",)}, "def f", "are numbers"),
    ("def f(x):\n    a, b = x\n    return a*b", {"x": ("n",)}, "a, b", "2 names"),
]

"""Loss functions as people write them, with the shapes of what they take; see ``numpy_snippets`` for the marks.

In the style of courses, blog posts, notebooks, lecture notes and repositories of statistics and machine learning.
"""

from __future__ import annotations

from tests.numpy_snippets import Shapes

LOSSES: list[tuple[str, Shapes]] = [
    (
        """
def ridge_loss(X, y, w, lam):
    residuals = y - X @ w
    return np.sum(residuals ** 2) + lam * np.sum(w ** 2)
""",
        {"X": ("m", "n"), "w": ("n",), "y": ("m",), "lam": ()},
    ),
    (
        """
def compute_cost(X, y, theta):
    m = len(y)
    predictions = X.dot(theta)
    square_err = (predictions - y) ** 2
    return 1 / (2 * m) * np.sum(square_err)
""",
        {"X": ("m", "n"), "y": ("m",), "theta": ("n",)},
    ),
    (
        """
def log_loss(y_true, y_pred, eps=1e-15):
    y_pred = np.clip(y_pred, eps, 1 - eps)
    return -np.mean(y_true * np.log(y_pred) + (1 - y_true) * np.log(1 - y_pred))
""",
        {"y_true": ("m",), "y_pred": ("m",)},
    ),
    (
        """
def hinge(w, b, X, y, C=1.0):
    margins = y * (X @ w + b)
    return 0.5 * np.dot(w, w) + C * np.maximum(0, 1 - margins).sum()
""",
        {"X": ("m", "n"), "w": ("n",), "y": ("m",), "b": ()},
    ),
    (
        """
def softmax_loss(W, X, Y):
    scores = X.dot(W)
    scores -= np.max(scores, axis=1, keepdims=True)
    p = np.exp(scores) / np.sum(np.exp(scores), axis=1, keepdims=True)
    return -np.sum(Y * np.log(p)) / X.shape[0]
""",
        {"W": ("n", "k"), "X": ("m", "n"), "Y": ("m", "k")},
    ),
    (
        """
def mf_loss(R, U, V, lam):
    err = 0.0
    for i in range(R.shape[0]):
        for j in range(R.shape[1]):
            err += (R[i, j] - U[i] @ V[j]) ** 2
    return err + lam * (np.linalg.norm(U) ** 2 + np.linalg.norm(V) ** 2)
""",
        {"R": ("m", "n"), "U": ("m", "k"), "V": ("n", "k"), "lam": ()},
    ),
    (
        """
def gaussian_nll(x, mu, Sigma):
    d = x.shape[0]
    diff = x - mu
    sign, logdet = np.linalg.slogdet(Sigma)
    return 0.5 * (d * np.log(2 * np.pi) + logdet + diff.T @ np.linalg.inv(Sigma) @ diff)
""",
        {"x": ("n",), "mu": ("n",), "Sigmaspd": ("n", "n")},
    ),
    (
        """
def gp_nll(y, K, sigma2):
    n = len(y)
    Ky = K + sigma2 * np.eye(n)
    L = np.linalg.cholesky(Ky)
    alpha = np.linalg.solve(L.T, np.linalg.solve(L, y))
    return 0.5 * y @ alpha + np.sum(np.log(np.diag(L))) + 0.5 * n * np.log(2*np.pi)
""",
        {"y": ("n",), "Kspd": ("n", "n"), "sigma2+": ()},
    ),
    (
        """
def elastic_net(w, X, y, alpha=1.0, l1_ratio=0.5):
    n = X.shape[0]
    r = y - X @ w
    return r @ r / (2*n) + alpha * (l1_ratio * np.abs(w).sum() + 0.5*(1 - l1_ratio) * (w**2).sum())
""",
        {"X": ("m", "n"), "w": ("n",), "y": ("m",)},
    ),
    (
        """
def tv_denoise(x, y, lam):
    return 0.5*np.sum((x - y)**2) + lam*np.sum(np.abs(np.diff(x)))
""",
        {"x": ("n",), "y": ("n",), "lam": ()},
    ),
    (
        """
def tv2d(U, F, lam):
    dx = U[:, 1:] - U[:, :-1]
    dy = U[1:, :] - U[:-1, :]
    return 0.5*((U - F)**2).sum() + lam*(np.abs(dx).sum() + np.abs(dy).sum())
""",
        {"U": ("m", "n"), "F": ("m", "n"), "lam": ()},
    ),
    (
        """
def rosenbrock(x):
    return sum(100.0*(x[i+1] - x[i]**2)**2 + (1 - x[i])**2 for i in range(len(x) - 1))
""",
        {"x": ("n",)},
    ),
    (
        """
def rosen(x):
    return np.sum(100.0*(x[1:] - x[:-1]**2.0)**2.0 + (1 - x[:-1])**2.0)
""",
        {"x": ("n",)},
    ),
    (
        """
def rosen_even(x):
    return np.sum(100*(x[1::2] - x[::2]**2)**2 + (1 - x[::2])**2)
""",
        {"x": (6,)},
    ),
    (
        """
def rastrigin(x):
    A = 10
    n = len(x)
    return A*n + sum([xi**2 - A*np.cos(2*math.pi*xi) for xi in x])
""",
        {"x": ("n",)},
    ),
    (
        """
def ackley(x):
    n = float(len(x))
    s1 = sum(x**2)
    s2 = sum(np.cos(2*np.pi*x))
    return -20*math.exp(-0.2*math.sqrt(s1/n)) - math.exp(s2/n) + 20 + math.e
""",
        {"x": ("n",)},
    ),
    (
        """
def pca_obj(W, X):
    Xc = X - X.mean(axis=0)
    return np.linalg.norm(Xc - Xc @ W @ W.T, 'fro')**2
""",
        {"W": ("n", "k"), "X": ("m", "n")},
    ),
    (
        """
def kernel_ridge(alpha, K, y, lam):
    f = K @ alpha
    return np.mean((y - f)**2) + lam * alpha @ K @ alpha
""",
        {"alpha": ("n",), "K": ("n", "n"), "y": ("n",), "lam": ()},
    ),
    (
        """
def contrastive(Z, T, tau=0.5):
    Z = Z / np.linalg.norm(Z, axis=1, keepdims=True)
    T = T / np.linalg.norm(T, axis=1, keepdims=True)
    logits = Z @ T.T / tau
    lse = np.log(np.sum(np.exp(logits), axis=1))
    return np.mean(lse - np.diag(logits))
""",
        {"Z": ("m", "d"), "T": ("m", "d")},
    ),
    (
        """
def mlp_loss(X, y, W1, b1, w2, b2):
    def relu(z):
        return np.maximum(z, 0)
    h = relu(X @ W1 + b1)
    out = h @ w2 + b2
    return ((out - y)**2).mean()
""",
        {"X": ("m", "n"), "y": ("m",), "W1": ("n", "h"), "b1": ("h",), "w2": ("h",), "b2": ()},
    ),
    (
        """
def nuclear(X, M, lam):
    s = np.linalg.svd(X, compute_uv=False)
    return 0.5*np.linalg.norm(X - M)**2 + lam*s.sum()
""",
        {"X": ("m", "n"), "M": ("m", "n"), "lam": ()},
    ),
    (
        """
def logdet_div(X, Y):
    n = X.shape[0]
    XYi = X @ np.linalg.inv(Y)
    s, ld = np.linalg.slogdet(XYi)
    return np.trace(XYi) - ld - n
""",
        {"Xspd": ("n", "n"), "Yspd": ("n", "n")},
    ),
    (
        """
def quantile_loss(y, q, tau=0.5):
    e = y - q
    return np.mean(np.where(e >= 0, tau*e, (tau - 1)*e))
""",
        {"y": ("m",), "q": ("m",)},
    ),
    (
        """
def dice_loss(p, t, smooth=1.0):
    inter = (p * t).sum()
    return 1 - (2*inter + smooth)/(p.sum() + t.sum() + smooth)
""",
        {"p": ("n",), "t": ("n",)},
    ),
    (
        """
def cox_ph(beta, X, E):
    eta = X @ beta
    risk = np.log(np.cumsum(np.exp(eta)[::-1])[::-1])
    return -np.sum(E * (eta - risk))
""",
        {"beta": ("n",), "X": ("m", "n"), "E": ("m",)},
    ),
    (
        """
def graph_smooth(x, W):
    total = 0
    n = len(x)
    for i in range(n):
        for j in range(i+1, n):
            total += W[i, j]*(x[i] - x[j])**2
    return total
""",
        {"x": ("n",), "W": ("n", "n")},
    ),
    (
        """
def laplacian_energy(x, A):
    D = np.diag(A.sum(axis=1))
    L = D - A
    return x.T @ L @ x
""",
        {"x": ("n",), "A": ("n", "n")},
    ),
    (
        """
def kl_gauss(mu, log_var):
    return -0.5 * np.sum(1 + log_var - mu**2 - np.exp(log_var))
""",
        {"mu": ("n",), "log_var": ("n",)},
    ),
    (
        """
def portfolio(w, mu, Sigma, gamma):
    return gamma * w @ Sigma @ w - mu @ w
""",
        {"w": ("n",), "mu": ("n",), "Sigma": ("n", "n"), "gamma": ()},
    ),
    (
        """
def spectral(A, x):
    return x @ A @ x / np.dot(x, x)
""",
        {"A": ("n", "n"), "x": ("n",)},
    ),
    (
        """
def fm(w0, w, V, x):
    linear = w0 + w @ x
    inter = 0.5*np.sum((V.T @ x)**2 - (V.T**2) @ (x**2))
    return linear + inter
""",
        {"w0": (), "w": ("n",), "V": ("n", "k"), "x": ("n",)},
    ),
    (
        """
def attention(Q, K, V):
    d_k = Q.shape[-1]
    scores = Q @ K.T / np.sqrt(d_k)
    w = np.exp(scores - scores.max(axis=-1, keepdims=True))
    w = w / w.sum(axis=-1, keepdims=True)
    return w @ V
""",
        {"Q": ("m", "d"), "K": ("n", "d"), "V": ("n", "k")},
    ),
    (
        """
def kmeans(X, mu, Z):
    J = 0
    N, D = X.shape
    K = mu.shape[0]
    for n in range(N):
        for k in range(K):
            J += Z[n, k] * np.sum((X[n] - mu[k])**2)
    return J
""",
        {"X": ("m", "d"), "mu": ("K", "d"), "Z": ("m", "K")},
    ),
    (
        """
def poly_fit(c, x, y):
    pred = c[0] + c[1]*x + c[2]*x**2
    return np.mean((pred - y)**2)
""",
        {"c": (3,), "x": ("m",), "y": ("m",)},
    ),
    (
        """
def ar_loss(phi, y):
    e = []
    for t in range(2, len(y)):
        e.append(y[t] - phi[0]*y[t-1] - phi[1]*y[t-2])
    return np.sum(np.array(e)**2)
""",
        {"phi": (2,), "y": ("n",)},
    ),
    (
        """
def weighted_ls(w, X, y, s):
    W = np.diag(s)
    r = y - X @ w
    return r.T @ W @ r
""",
        {"X": ("m", "n"), "w": ("n",), "y": ("m",), "s": ("m",)},
    ),
    (
        """
def poisson_reg(beta, X, y):
    eta = np.einsum('ij,j->i', X, beta)
    return np.add.reduce(np.exp(eta) - y*eta)
""",
        {"beta": ("n",), "X": ("m", "n"), "y": ("m",)},
    ),
    (
        """
def huber_loss(r, delta=1.0):
    quad = lambda a: 0.5*a**2
    lin = lambda a: delta*(np.abs(a) - 0.5*delta)
    return np.sum(np.where(np.abs(r) <= delta, quad(r), lin(r)))
""",
        {"r": ("n",)},
    ),
    (
        """
def corr_loss(x, y):
    vx = x - np.mean(x)
    vy = y - np.mean(y)
    return 1 - np.sum(vx*vy)/(np.sqrt(np.sum(vx**2))*np.sqrt(np.sum(vy**2)))
""",
        {"x": ("n",), "y": ("n",)},
    ),
    (
        """
def cosine(u, v):
    return 1 - u @ v / (np.linalg.norm(u) * np.linalg.norm(v))
""",
        {"u": ("n",), "v": ("n",)},
    ),
    (
        """
def triplet_loss(a, p, n, margin=1.0):
    d_ap = np.sum((a - p)**2)
    d_an = np.sum((a - n)**2)
    return max(d_ap - d_an + margin, 0)
""",
        {"a": ("d",), "p": ("d",), "n": ("d",)},
    ),
    (
        """
def mmd(X, Y, sigma):
    def k(A, B):
        d = np.sum(A**2, 1)[:, None] + np.sum(B**2, 1)[None, :] - 2*A @ B.T
        return np.exp(-d/(2*sigma**2))
    return k(X, X).mean() + k(Y, Y).mean() - 2*k(X, Y).mean()
""",
        {"X": ("m", "d"), "Y": ("n", "d"), "sigma": ()},
    ),
    (
        """
def nmf_kl(V, W, H):
    WH = W @ H
    return np.sum(V*np.log(V/WH) - V + WH)
""",
        {"V+": ("m", "n"), "W+": ("m", "k"), "H+": ("k", "n")},
    ),
    (
        """
def circ(x, h, y):
    out = np.zeros(len(x))
    for k in range(3):
        out += h[k]*np.roll(x, k)
    return np.sum((out - y)**2)
""",
        {"x": ("n",), "h": (3,), "y": ("n",)},
    ),
    (
        """
def palin(x):
    return np.sum((x - x[::-1])**2)
""",
        {"x": ("n",)},
    ),
    (
        """
def smooth2(x, lam):
    d2 = np.diff(x, n=2)
    return lam*np.sum(d2**2)
""",
        {"x": ("n",), "lam": ()},
    ),
    (
        """
def lse(X, w, b):
    z = X @ w
    z += b
    return np.log(np.exp(z).sum())
""",
        {"X": ("m", "n"), "w": ("n",), "b": ()},
    ),
    (
        """
def empty_fill(x):
    out = np.empty(len(x))
    for i in range(len(x)):
        out[i] = x[i]**2
    return out.sum()
""",
        {"x": ("n",)},
    ),
    (
        """
def eig_pen(S):
    vals, vecs = np.linalg.eigh(S)
    return np.sum(np.log(vals))
""",
        {"Sspd": ("n", "n")},
    ),
    (
        """
def group_lasso(W, lam):
    return lam*np.sum(np.linalg.norm(W, ord=2, axis=1)) + np.linalg.norm(W, ord=np.inf)
""",
        {"W": ("m", "n"), "lam": ()},
    ),
    (
        """
def norms(x):
    return np.linalg.norm(x, 3) + np.linalg.norm(x, -np.inf) + np.linalg.norm(x, 0.5)
""",
        {"x": ("n",)},
    ),
    (
        """
def newton_obj(x, A, b):
    g = A @ x - b
    return 0.5*g.dot(g) if True else 0
""",
        {"x": ("n",), "A": ("m", "n"), "b": ("m",)},
    ),
    (
        """
def ica(W, X):
    Y = W @ X
    return -np.log(abs(np.linalg.det(W))) + np.mean(np.log(np.cosh(Y)))*X.shape[0]
""",
        {"W": ("n", "n"), "X": ("n", "m")},
    ),
    (
        """
def crf(theta, A):
    s = theta[0]
    for t in range(1, 3):
        s = np.log(np.sum(np.exp(s[:, None] + A), axis=0)) + theta[t]
    return np.log(np.sum(np.exp(s)))
""",
        {"theta": (3, "k"), "A": ("k", "k")},
    ),
    (
        """
def sigmoid(z):
    return 1/(1 + np.exp(-z))
def costFunctionReg(theta, X, y, lambda_):
    m = y.size
    h = sigmoid(X.dot(theta))
    J = -1*(1/m)*(np.log(h).T.dot(y) + np.log(1-h).T.dot(1-y)) + (lambda_/(2*m))*np.sum(np.square(theta[1:]))
    return J
""",
        {"theta": ("n",), "X": ("m", "n"), "y": ("m",), "lambda_": ()},
    ),
    (
        """
def mse(y_true, y_pred):
    return np.square(np.subtract(y_true, y_pred)).mean()
""",
        {"y_true": ("m",), "y_pred": ("m",)},
    ),
    (
        """
def rmsle(y, p):
    return np.sqrt(np.mean((np.log1p(p) - np.log1p(y))**2))
""",
        {"y+": ("m",), "p+": ("m",)},
    ),
    (
        """
def cost(w, X, y):
    N = X.shape[0]
    distances = 1 - y * (np.dot(X, w))
    distances[distances < 0] = 0
    hinge_loss = 10000 * (np.sum(distances) / N)
    return 1 / 2 * np.dot(w, w) + hinge_loss
""",
        {"w": ("n",), "X": ("m", "n"), "y": ("m",)},
    ),
    (
        """
def cross_entropy(predictions, targets):
    N = predictions.shape[0]
    ce = -np.sum(targets * np.log(predictions + 1e-9)) / N
    return ce
""",
        {"predictions+": ("m",), "targets": ("m",)},
    ),
    (
        """
def reconstruction(X, W, H, alpha):
    return np.linalg.norm(X - W.dot(H), 'fro')**2 + alpha*np.sum(np.abs(H))
""",
        {"X": ("m", "n"), "W": ("m", "k"), "H": ("k", "n"), "alpha": ()},
    ),
    (
        """
def sammon(D, Y):
    n = D.shape[0]
    s = 0
    for i in range(n):
        for j in range(i+1, n):
            d = np.linalg.norm(Y[i] - Y[j])
            s += (D[i, j] - d)**2 / D[i, j]
    return s
""",
        {"D+": ("n", "n"), "Y": ("n", "d")},
    ),
    (
        """
def stress(X, D):
    G = X @ X.T
    sq = np.diag(G)
    dist2 = sq[:, None] + sq[None, :] - 2*G
    return np.sum((dist2 - D**2)**2)
""",
        {"X": ("n", "d"), "D": ("n", "n")},
    ),
    (
        """
def sparse_coding(D, a, x, lam):
    return 0.5*np.sum((x - D @ a)**2) + lam*np.linalg.norm(a, 1)
""",
        {"D": ("m", "n"), "a": ("n",), "x": ("m",), "lam": ()},
    ),
    (
        """
def svm_primal(w, X, y, C):
    loss = 0
    for i in range(X.shape[0]):
        loss += max(0, 1 - y[i]*np.dot(w, X[i]))
    return 0.5*np.dot(w, w) + C*loss
""",
        {"w": ("n",), "X": ("m", "n"), "y": ("m",), "C": ()},
    ),
    (
        """
def negative_log_posterior(w, X, t, alpha, beta):
    return beta/2 * np.sum((t - X @ w)**2) + alpha/2 * w.T @ w
""",
        {"w": ("n",), "X": ("m", "n"), "t": ("m",), "alpha": (), "beta": ()},
    ),
    (
        """
def lasso(X, y, beta, lam):
    n, p = X.shape
    return (1/(2*n)) * np.linalg.norm(y - X @ beta, 2)**2 + lam*np.linalg.norm(beta, 1)
""",
        {"X": ("m", "n"), "y": ("m",), "beta": ("n",), "lam": ()},
    ),
    (
        """
def multinomial(W, X, Y):
    Z = X @ W
    logZ = scipy.special.logsumexp(Z, axis=1)
    return -(np.sum(Y*Z) - logZ.sum())/len(X)
""",
        {"W": ("n", "k"), "X": ("m", "n"), "Y": ("m", "k")},
    ),
    (
        """
def ode_res(u, f, h):
    r = (u[2:] - 2*u[1:-1] + u[:-2])/h**2 - f[1:-1]
    return h*np.sum(r**2)
""",
        {"u": ("n",), "f": ("n",), "h": ()},
    ),
    (
        """
def energy(u, h):
    return np.sum(np.diff(u)**2)/(2*h)
""",
        {"u": ("n",), "h": ()},
    ),
    (
        """
def lagrangian(x, nu, P, q, A, b):
    return 0.5*x @ P @ x + q @ x + nu @ (A @ x - b)
""",
        {"x": ("n",), "nu": ("m",), "P": ("n", "n"), "q": ("n",), "A": ("m", "n"), "b": ("m",)},
    ),
    (
        """
def expected_improvement_free(mu, K, y):
    v = np.linalg.solve(K, y - mu)
    return (y - mu) @ v
""",
        {"mu": ("n",), "K": ("n", "n"), "y": ("n",)},
    ),
    (
        """
def kalman(x, P, z, H, R):
    S = H @ P @ H.T + R
    r = z - H @ x
    return r @ np.linalg.solve(S, r) + np.log(np.linalg.det(S))
""",
        {"x": ("n",), "Pspd": ("n", "n"), "z": ("m",), "H": ("m", "n"), "Rspd": ("m", "m")},
    ),
    (
        """
def word2vec_neg(v, u, U):
    return -np.log(1/(1+np.exp(-u @ v))) - np.sum(np.log(1/(1+np.exp(U @ v))))
""",
        {"v": ("d",), "u": ("d",), "U": ("k", "d")},
    ),
    (
        """
def center_loss(features, centers):
    diff = features - centers
    return 0.5*np.sum(diff**2)/features.shape[0]
""",
        {"features": ("m",), "centers": ("m",)},
    ),
    (
        """
def gram_loss(F, G):
    n = F.shape[1]
    A = F @ F.T / n
    return np.sum((A - G)**2)
""",
        {"F": ("m", "n"), "G": ("m", "m")},
    ),
    (
        """
def garch(theta, r):
    omega, alpha, beta = theta
    s = omega
    ll = 0
    for t in range(1, 3):
        s = omega + alpha*r[t-1]**2 + beta*s
        ll += np.log(s) + r[t]**2/s
    return 0.5*ll
""",
        {"theta+": (3,), "r": ("n",)},
    ),
    (
        """
def mixture(x, w, mu, sig):
    comp = w * np.exp(-0.5*((x[:, None] - mu)/sig)**2)/(sig*np.sqrt(2*np.pi))
    return -np.sum(np.log(comp.sum(axis=1)))
""",
        {"x": ("n",), "w+": ("k",), "mu": ("k",), "sig+": ("k",)},
    ),
    (
        """
def lin(x, a, b):
    return a*x + b
""",
        {"x": ("n",), "a": (), "b": ()},
    ),
    (
        """
def f(params, x, y):
    pred = params[0]*x + params[1]
    return np.mean((y - pred)**2)
""",
        {"params": (2,), "x": ("n",), "y": ("n",)},
    ),
    (
        """
def tikhonov(A, b, x, L, alpha):
    return np.linalg.norm(A @ x - b)**2 + alpha**2*np.linalg.norm(L @ x)**2
""",
        {"A": ("m", "n"), "b": ("m",), "x": ("n",), "L": ("k", "n"), "alpha": ()},
    ),
    (
        """
def mahalanobis(X, mu, VI):
    d = X - mu
    return np.sum(np.einsum('ij,jk,ik->i', d, VI, d))
""",
        {"X": ("m", "n"), "mu": ("n",), "VI": ("n", "n")},
    ),
    (
        """
def mean_abs(w, X, y):
    return np.mean(np.abs(X.dot(w) - y))
""",
        {"w": ("n",), "X": ("m", "n"), "y": ("m",)},
    ),
    (
        """
def score(x, y, W):
    return x @ W @ y
""",
        {"x": ("m",), "y": ("n",), "W": ("m", "n")},
    ),
    (
        """
def normalized_cut(y, W):
    d = W.sum(axis=1)
    L = np.diag(d) - W
    return (y @ L @ y)/(y @ (d*y))
""",
        {"y": ("n",), "W": ("n", "n")},
    ),
    (
        """
def rbf(X, Y, gamma):
    return np.exp(-gamma * scipy.spatial.distance.cdist(X, Y, 'sqeuclidean')).sum()
""",
        {"X": ("m", "d"), "Y": ("n", "d"), "gamma": ()},
    ),
    (
        """
def rnn_loss(Wx, Wh, b, X, y):
    h = np.zeros(Wh.shape[0])
    for t in range(3):
        h = np.tanh(Wx @ X[t] + Wh @ h + b)
    return np.sum((h - y)**2)
""",
        {"Wx": ("h", "n"), "Wh": ("h", "h"), "b": ("h",), "X": (3, "n"), "y": ("h",)},
    ),
    (
        """
def quad(x, A, b, c=0.0):
    return 0.5*x.T.dot(A).dot(x) - b.T.dot(x) + c
""",
        {"x": ("n",), "A": ("n", "n"), "b": ("n",)},
    ),
    (
        """
def entropy(p):
    return -np.sum(p*np.log(p))
""",
        {"p+": ("n",)},
    ),
    (
        """
def kl(p, q):
    return np.sum(np.where(p != 0, p*np.log(p/q), 0))
""",
        {"p+": ("n",), "q+": ("n",)},
    ),
    (
        """
def smoothl1(pred, target, beta=1.0):
    d = np.abs(pred - target)
    return np.where(d < beta, 0.5*d**2/beta, d - 0.5*beta).mean()
""",
        {"pred": ("n",), "target": ("n",)},
    ),
    (
        """
def admm(x, z, u, A, b, rho):
    return 0.5*np.sum((A @ x - b)**2) + rho/2*np.sum((x - z + u)**2)
""",
        {"x": ("n",), "z": ("n",), "u": ("n",), "A": ("m", "n"), "b": ("m",), "rho": ()},
    ),
    (
        """
def procrustes(R, A, B):
    return np.linalg.norm(R @ A - B)**2
""",
        {"R": ("n", "n"), "A": ("n", "m"), "B": ("n", "m")},
    ),
    (
        """
def trace_ratio(W, Sb, Sw):
    return np.trace(W.T @ Sb @ W)/np.trace(W.T @ Sw @ W)
""",
        {"W": ("n", "k"), "Sb": ("n", "n"), "Sw": ("n", "n")},
    ),
    (
        """
def s_curve(t, k, t0):
    return (1/(1 + np.exp(-k*(t - t0)))).sum()
""",
        {"t": ("n",), "k": (), "t0": ()},
    ),
    (
        """
def fit(p, t, y):
    return sum((y[i] - p[0]*np.exp(-p[1]*t[i]))**2 for i in range(len(t)))
""",
        {"p": (2,), "t": ("n",), "y": ("n",)},
    ),
    (
        """
def pinn(w, x):
    return np.sum(np.tanh(np.outer(x, w)).sum(axis=1)**2)
""",
        {"w": ("k",), "x": ("n",)},
    ),
]

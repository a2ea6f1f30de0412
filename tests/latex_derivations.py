"""Derivations in LaTeX as papers, theses and threads have them, right ones and wrong ones, with what each line is.

A line is correct, wrong, unread, a note, or defines a symbol; lines that stand in one row have one number.
"""

# what x_i and a_i are in the formulas
FAMILIES = {"x_i": {"of": "X", "axis": "rows"}, "a_i": {"of": "A", "axis": "rows"}}

# name, formula, declarations, variable, kind, text, what its lines are
DERIVATIONS = [
    (
        "ls",
        r"\|Ax-b\|^2",
        "A: m×n, b: m, x: n",
        "x",
        "gradient",
        r"""\begin{align} f &= \|Ax-b\|^2 \\ &= (Ax-b)^\top(Ax-b) \\
df &= 2(Ax-b)^\top A\,dx \\ \nabla f &= 2A^\top(Ax-b) \end{align}""",
        "1c 2c 3c 4c",
    ),
    (
        "ls wrong sign",
        r"\|Ax-b\|^2",
        "A: m×n, b: m, x: n",
        "x",
        "gradient",
        r"""\begin{align*}
f(x) &= \|Ax-b\|_2^2 \\
&= x^\top A^\top A x + 2 b^\top A x + b^\top b \nonumber \\
\nabla_x f &= 2A^\top A x - 2A^\top b
\end{align*}""",
        "1c 2w 3c",
    ),
    (
        "ls missing transpose",
        r"\|Ax-b\|^2",
        "A: m×n, b: m, x: n",
        "x",
        "gradient",
        r"""$$f = (Ax-b)^T(Ax-b)$$
$$\mathrm{d}f = 2(Ax-b)^T A\,\mathrm{d}x$$
$$\frac{\partial f}{\partial x} = 2A(Ax-b)$$""",
        "1c 2c 3w",
    ),
    (
        "ls missing 2",
        r"\|Ax-b\|^2",
        "A: m×n, b: m, x: n",
        "x",
        "gradient",
        r"""u = Ax - b
f = u^\top u
du = A\,dx
df = 2u^\top du = 2u^\top A\,dx
\Rightarrow \nabla f = A^\top u.""",
        "1d 2c 3c 4c 4c 5w",
    ),
    (
        "ridge",
        r"\frac12\|Xw-y\|_2^2+\frac{\lambda}{2}\|w\|_2^2",
        "X: m×d, y: m, w: d, lambda: scalar",
        "w",
        "gradient",
        r"""Ridge regression
\mathcal{L}(w) = \frac12 \|Xw-y\|_2^2 + \frac{\lambda}{2}\|w\|_2^2
= \frac12 (Xw-y)^\top (Xw-y) + \frac{\lambda}{2} w^\top w
\mathrm{d}\mathcal{L} = (Xw-y)^\top X\,\mathrm{d}w + \lambda w^\top \mathrm{d}w
\therefore \nabla_w \mathcal{L} = X^\top(Xw-y) + \lambda w
\nabla_w^2 \mathcal{L} = X^\top X + \lambda I""",
        "1n 2c 3c 4c 5c 6c",
    ),
    (
        "ridge wrong lambda",
        r"\frac12\|Xw-y\|_2^2+\frac{\lambda}{2}\|w\|_2^2",
        "X: m×d, y: m, w: d, lambda: scalar",
        "w",
        "gradient",
        r"""\begin{equation}
\begin{split}
L &= \frac12 \left\| Xw-y \right\|^2
   + \frac{\lambda}{2} \left\| w\right\|^2 \\
\frac{\partial L}{\partial w} &= X^\top(Xw-y) + 2\lambda w \label{eq:g}
\end{split}
\end{equation}""",
        "1c 2w",
    ),
    (
        "logistic",
        r"\sum_{i=1}^m \log(1+e^{-y_i w^\top x_i})",
        "X: m×d, y: m, w: d",
        "w",
        "gradient",
        r"""\ell(w) = \sum_{i=1}^m \log\left(1+e^{-y_i w^\top x_i}\right)
\nabla_w \ell(w) = -\sum_{i=1}^m y_i \sigma(-y_i w^\top x_i) x_i
\nabla_w \ell(w) = \sum_{i=1}^m y_i \sigma(-y_i w^\top x_i) x_i""",
        "1c 2c 3w",
    ),
    (
        "gp",
        r"-\frac12 y^\top P^{-1} y - \frac12\log\det P",
        "y: m, P: m×m posdef",
        "P",
        "gradient",
        r"""\begin{aligned}
\ell &= -\tfrac12 y^\top P^{-1} y - \tfrac12 \log |P| \\
d\ell &= \tfrac12 y^\top P^{-1}\, dP\, P^{-1} y - \tfrac12 \operatorname{tr}(P^{-1} dP)
&& \text{(differential of the inverse)}\\
&= \tfrac12 \operatorname{tr}\left( (P^{-1} y y^\top P^{-1} - P^{-1}) dP\right) && \text{by the cyclic property} \\
\frac{\partial \ell}{\partial P} &= \tfrac12 (P^{-1} y y^\top P^{-1} - P^{-1})
\end{aligned}""",
        "1c 2c 3c 4c",
    ),
    (
        "gp alpha",
        r"-\frac12 y^\top P^{-1} y - \frac12\log\det P",
        "y: m, P: m×m posdef",
        "P",
        "gradient",
        r"""Let $\alpha = P^{-1}y$.
Then $d\alpha = -P^{-1}\,dP\,\alpha$ and
$$\frac{\partial \ell}{\partial P} = \frac12\left(\alpha\alpha^\top - P^{-1}\right).$$""",
        "1d 2c 3c",
    ),
    (
        "mahalanobis",
        r"(x-\mu)^\top S^{-1}(x-\mu)",
        "x: n, S: n×n posdef, mu: n",
        "mu",
        "gradient",
        r"""d = x - \mu
f = d^\top S^{-1} d
\nabla_\mu f = 2 S^{-1}(x-\mu)""",
        "1d 2c 3w",
    ),
    (
        "mahalanobis right",
        r"(x-\mu)^\top S^{-1}(x-\mu)",
        "x: n, S: n×n posdef, mu: n",
        "mu",
        "gradient",
        r"""r = x - \mu
f = r^\top S^{-1} r
dr = -d\mu
df = 2 r^\top S^{-1} dr
\frac{\partial f}{\partial \mu} = -2 S^{-1} r""",
        "1d 2c 3c 4c 5c",
    ),
    (
        "nonsym",
        r"x^\top Q x + c^\top x",
        "x: n, Q: n×n, c: n",
        "x",
        "gradient",
        r"""f = x^\top Q x + c^\top x
\partial f = \partial x^\top Q x + x^\top Q \partial x + c^\top \partial x
\partial f = 2x^\top Q \partial x + c^\top \partial x \quad \text{since } Q = Q^\top
\frac{\partial f}{\partial x} = (Q + Q^\top) x + c""",
        "1c 2c 3w 4c",
    ),
    (
        "trace",
        r"\operatorname{tr}(A Q A^\top)",
        "A: m×n, Q: n×n",
        "A",
        "gradient",
        r"""\operatorname{tr}(A Q A^\top) = \operatorname{tr}(A^\top A Q)
df = \operatorname{tr}(dA\, Q A^\top) + \operatorname{tr}(A Q\, dA^\top)
   = \operatorname{tr}\left((Q A^\top + Q^\top A^\top) dA\right)
\frac{\partial f}{\partial A} = A(Q + Q^\top)""",
        "1c 2c 3c 4c",
    ),
    (
        "matrix factorisation",
        r"\|M - U V^\top\|_F^2",
        "M: m×n, U: m×k, V: n×k",
        "U",
        "gradient",
        r"""E = M - U V^\top
f = \|E\|_F^2 = \operatorname{tr}(E^\top E)
dE = -dU\,V^\top
df = 2\operatorname{tr}(E^\top dE) = -2\operatorname{tr}(V^\top E^\top dU)
\nabla_U f = 2 E V""",
        "1d 2c 2c 3c 4c 4c 5w",
    ),
    (
        "softmax",
        r"\log\sum_j e^{x_j} - c^\top x",
        "x: n, c: n",
        "x",
        "gradient",
        r"""L = \log \sum_j e^{x_j} - c^\top x
p = \operatorname{softmax}(x)
\nabla L = p - c
\nabla^2 L = \operatorname{diag}(p) - p p^\top""",
        "1c 2d 3c 4c",
    ),
    (
        "softmax wrong hess",
        r"\log\sum_j e^{x_j} - c^\top x",
        "x: n, c: n",
        "x",
        "gradient",
        r"""p = \mathrm{softmax}(x)
\nabla f = p - c
\nabla^2 f = \mathrm{diag}(p)""",
        "1d 2c 3w",
    ),
    (
        "logdet",
        r"\log\det X",
        "X: n×n invertible",
        "X",
        "gradient",
        r"""\begin{gather*}
f = \log\det X \\
\mathrm{d}f = \operatorname{tr}(X^{-1}\mathrm{d}X) \\
\frac{\partial f}{\partial X} = X^{-1}
\end{gather*}""",
        "1c 2c 3w",
    ),
    (
        "inverse",
        r"a^\top X^{-1} b",
        "X: n×n invertible, a: n, b: n",
        "X",
        "gradient",
        r"""$$df = -a^\top X^{-1}\, dX\, X^{-1} b = -\operatorname{tr}(X^{-1} b a^\top X^{-1} dX)$$
$$\Longrightarrow\quad \frac{df}{dX} = -X^{-\top} a b^\top X^{-\top}.$$""",
        "1c 1c 2c",
    ),
    (
        "rayleigh",
        r"\frac{x^\top S x}{x^\top x}",
        "x: n, S: n×n posdef",
        "x",
        "gradient",
        r"""N = x^\top S x,
D_0 = x^\top x,
f = N/D_0
\nabla f = \frac{2 S x}{x^\top x} - \frac{2 x^\top S x}{(x^\top x)^2} x""",
        "1d 2d 3c 4c",
    ),
    (
        "unreadable",
        r"\|Ax-b\|^2",
        "A: m×n, b: m, x: n",
        "x",
        "gradient",
        r"""\begin{align}
f &= (Ax-b)^\top(Ax-b \\
df &= 2(Ax-b)^\top A\,dx \\
\nabla f &= 2A^\top(b-Ax)
\end{align}""",
        "1u 2c 3w",
    ),
    (
        "tanh layer",
        r"\frac12\|\tanh(Wx+b)-y\|^2",
        "W: m×n, x: n, b: m, y: m",
        "W",
        "gradient",
        r"""z = Wx+b
h = \tanh(z)
f = \frac12\|h-y\|^2
\delta = (h-y)\odot(1-h\odot h)
\frac{\partial f}{\partial W} = \delta x^\top""",
        "1d 2d 3c 4d 5c",
    ),
    (
        "tanh layer wrong",
        r"\frac12\|\tanh(Wx+b)-y\|^2",
        "W: m×n, x: n, b: m, y: m",
        "W",
        "gradient",
        r"""\hat{y} = \tanh(Wx+b)
\frac{\partial f}{\partial W} = \left((\hat{y}-y)\odot(1-\hat{y})\right) x^\top""",
        "1d 2w",
    ),
    (
        "dnorm",
        r"\|x\|",
        "x: n",
        "x",
        "gradient",
        r"""f = \|x\|_2 = \sqrt{x^\top x}
df = \frac{x^\top dx}{\|x\|}
\nabla f = \frac{x}{\|x\|_2}""",
        "1c 1c 2c 3c",
    ),
    (
        "weighted",
        r"(y-Xw)^\top P (y-Xw)",
        "X: m×d, y: m, w: d, P: m×m posdef",
        "w",
        "gradient",
        r"""\varepsilon = y - Xw
f = \varepsilon^\top P \varepsilon
d\varepsilon = -X\,dw
df = 2\varepsilon^\top P\,d\varepsilon = -2 \varepsilon^\top P X\,dw
\frac{\partial f}{\partial w^\top} = -2\varepsilon^\top P X
\frac{\partial f}{\partial w} = -2X^\top P\varepsilon""",
        "1d 2c 3c 4c 4c 5c 6c",
    ),
    (
        "jac of symbol",
        r"\|Ax-b\|^2",
        "A: m×n, b: m, x: n",
        "x",
        "gradient",
        r"""r = Ax - b
\frac{\partial r}{\partial x} = A
\frac{\partial f}{\partial r} = 2 r^\top
\frac{\partial f}{\partial x} = 2 A^\top r""",
        "1d 2c 3u 4c",
    ),
    (
        "title in math",
        r"\|Ax-b\|^2",
        "A: m×n, b: m, x: n",
        "x",
        "gradient",
        r"""\section*{Gradient of $f$}
\textbf{Claim.} We have
\[
 df \stackrel{(a)}{=} 2 (Ax-b)^\top A\, dx, \qquad x \in \mathbb{R}^n
\]
where (a) is by the chain rule, hence
\[ \boxed{\nabla f(x) = 2A^\top (Ax-b)} \]""",
        "1n 2n 3c 4n 5c",
    ),
    (
        "d of formula",
        r"\operatorname{tr}(C X^{-1})",
        "C: n×n, X: n×n invertible",
        "X",
        "gradient",
        r"""d(X^{-1}) = -X^{-1} (dX) X^{-1}
df = \operatorname{tr}(C\, d(X^{-1})) = -\operatorname{tr}(C X^{-1} dX X^{-1})
\nabla f = -(X^{-1} C X^{-1})^\top""",
        "1c 2c 2c 3c",
    ),
    (
        "frobenius product",
        r"\|AXB - C\|_F^2",
        "A: m×n, X: n×p, B: p×q, C: m×q",
        "X",
        "gradient",
        r"""R = AXB - C
f = R : R
df = 2 R : dR = 2R : A\,dX\,B = 2 A^\top R B^\top : dX
\nabla_X f = 2A^\top R B^\top""",
        "1d 2c 3c 3c 3c 4c",
    ),
    (
        "physical rows",
        r"\|Ax-b\|^2",
        "A: m×n, b: m, x: n",
        "x",
        "gradient",
        r"""% my derivation
f = \|A x - b\|^2,
  = x^\top A^\top A x - 2 b^\top A x + b^\top b.

Taking the differential:
df = 2 x^\top A^\top A dx - 2 b^\top A dx
So \nabla f = 2 A^\top A x - 2A^\top b. \qed""",
        "1c 2c 3n 4c 5c",
    ),
    (
        "eqnarray",
        r"\|Ax-b\|^2",
        "A: m×n, b: m, x: n",
        "x",
        "gradient",
        r"""\begin{eqnarray}
f & = & (Ax-b)^{T}(Ax-b) \\
df & = & (A dx)^T (Ax-b) + (Ax-b)^T A dx \label{a} \\
 & = & 2 (Ax-b)^T A dx \\[2pt]
\frac{df}{dx} & = & 2 A^T(Ax-b)
\end{eqnarray}""",
        "1c 2c 3c 4c",
    ),
    (
        "jacobian row",
        r"\|Ax-b\|^2",
        "A: m×n, b: m, x: n",
        "x",
        "jacobian",
        r"""\frac{\partial f}{\partial x} = 2(Ax-b)^\top A
\frac{\partial f}{\partial \mathbf{x}^\top} = 2(Ax-b)^\top A
J = 2 (Ax-b)^T A""",
        "1c 2c 3c",
    ),
    (
        "J cost",
        r"\frac1{2m}\|X\theta-y\|^2",
        "X: m×n, theta: n, y: m",
        "theta",
        "gradient",
        r"""J(\theta) = \frac{1}{2m}\sum_{i=1}^m (\theta^\top x_i - y_i)^2
J(\theta) = \frac{1}{2m}(X\theta-y)^\top(X\theta-y)
\nabla_\theta J(\theta) = \frac1m X^\top(X\theta-y)
\frac{\partial J}{\partial \theta_j} = \frac1m\sum_{i=1}^m(X\theta-y)_i X_{ij}""",
        "1c 2c 3c 4c",
    ),
    (
        "kl",
        r"\frac12(\operatorname{tr}(S^{-1}\Sigma) - \log\det\Sigma)",
        "S: n×n posdef, Sigma: n×n posdef",
        "Sigma",
        "gradient",
        r"""\mathcal{D} = \frac12\left(\operatorname{tr}(S^{-1}\Sigma) - \log|\Sigma|\right)
d\mathcal{D} = \frac12\operatorname{tr}(S^{-1}d\Sigma) - \frac12 \operatorname{tr}(\Sigma^{-1}d\Sigma)
\frac{\partial \mathcal{D}}{\partial \Sigma} = \frac12(S^{-1}-\Sigma^{-1})""",
        "1c 2c 3c",
    ),
    (
        "mle cov",
        r"-\frac{n}{2}\log\det\Sigma - \frac12 \operatorname{tr}(X^\top X\Sigma^{-1})",
        "Sigma: d×d posdef, X: n×d",
        "Sigma",
        "gradient",
        r"""\ell = -\frac n2 \log|\Sigma| - \frac12\operatorname{tr}(X^\top X\Sigma^{-1})
d\ell = -\frac n2 \operatorname{tr}(\Sigma^{-1}d\Sigma) +
  \frac12 \operatorname{tr}(X^\top X\Sigma^{-1} d\Sigma\, \Sigma^{-1})
\nabla_\Sigma \ell = -\frac n2 \Sigma^{-1} + \frac12 \Sigma^{-1}X^\top X\Sigma^{-1}""",
        "1c 2c 3c",
    ),
    (
        "let and where",
        r"\|Ax-b\|^2",
        "A: m×n, b: m, x: n",
        "x",
        "gradient",
        r"""f = r^\top r \quad\text{where } r = Ax-b
\nabla f = 2A^\top r, \quad r = Ax - b
\nabla f = 2A^\top(Ax-b) \text{ (chain rule)}
\nabla f = 2A^\top(Ax-b) \quad \forall x \in \mathbb{R}^n
\nabla f = 2A^\top(Ax-b) \in \mathbb{R}^n""",
        "1c 2c 3c 4c 5c",
    ),
    (
        "equals zero",
        r"\|Ax-b\|^2",
        "A: m×n, b: m, x: n",
        "x",
        "gradient",
        r"""\nabla f = 2A^\top(Ax-b) = 0
\Rightarrow A^\top A x = A^\top b
\Rightarrow x^* = (A^\top A)^{-1}A^\top b""",
        "1c 1n 2n 3n",
    ),
    (
        "mixed words",
        r"x^\top A x",
        "A: n×n, x: n",
        "x",
        "gradient",
        r"""By the product rule, $df = dx^\top A x + x^\top A dx$. Since $dx^\top A x$ is a scalar,
$dx^\top A x = x^\top A^\top dx$, so $df = x^\top(A + A^\top)dx$, that is $\nabla f = (A+A^\top)x$.""",
        "1c 2c 2c 2c",
    ),
    (
        "hessian of f",
        r"\sum_i \log(1+e^{a_i^\top x})",
        "A: m×n, x: n",
        "x",
        "gradient",
        r"""p = \sigma(Ax)
\nabla f = A^\top p
H = A^\top \operatorname{diag}(p\odot(1-p)) A
\nabla^2 f(x) = A^\top \operatorname{diag}(p) A""",
        "1d 2c 3c 4w",
    ),
    (
        "elementwise",
        r"\mathbf 1^\top (x\odot x\odot y)",
        "x: n, y: n",
        "x",
        "gradient",
        r"""df = \mathbf{1}^\top(2x\odot dx\odot y) = 2(x\odot y)^\top dx
\nabla f = 2 x\odot y
\nabla f = x \odot y""",
        "1c 1c 2c 3w",
    ),
    (
        "bf",
        r"\|Ax-b\|^2",
        "A: m×n, b: m, x: n",
        "x",
        "gradient",
        r"""\mathrm{d}f = 2(\mathbf{A}\mathbf{x}-\mathbf{b})^\top \mathbf{A}\,\mathrm{d}\mathbf{x}
\nabla_{\mathbf{x}} f = 2\mathbf{A}^\top(\mathbf{Ax}-\mathbf{b})
{\bf g} = 2{\bf A}^\top({\bf Ax}-{\bf b})
\frac{\mathrm{d} f}{\mathrm{d} \mathbf{x}} = 2\mathbf{A}^\top(\mathbf{b}-\mathbf{A}\mathbf{x})
\dfrac{\partial}{\partial \mathbf{x}} f(\mathbf{x}) = 2\mathbf{A}^\top(\mathbf{Ax}-\mathbf{b})""",
        "1c 2c 3d 4w 5c",
    ),
    (
        "unfit",
        r"\|Ax-b\|^2",
        "A: m×n, b: m, x: n",
        "x",
        "gradient",
        r"""f = (Ax-b)(Ax-b)^\top
df = 2 A (Ax-b)^\top dx
\nabla f = 2 A^{-1}(Ax-b)
\nabla f = 2(Ax-b)A""",
        "1w 2w 3w 4w",
    ),
    (
        "two params",
        r"\|y-X\beta\|^2+\lambda\|\beta\|^2",
        "X: n×p, y: n, beta: p, lambda: scalar",
        "beta",
        "gradient",
        r"""S(\beta) = (y-X\beta)^\top(y-X\beta) + \lambda\beta^\top\beta
= y^\top y - 2\beta^\top X^\top y + \beta^\top(X^\top X + \lambda I)\beta
\frac{\partial S}{\partial\beta} = -2X^\top y + 2(X^\top X+\lambda I)\beta
\frac{\partial S}{\partial\beta} = -2X^\top y + 2(X^\top X+\lambda)\beta""",
        "1c 2c 3c 4w",
    ),
    (
        "tr diff",
        r"\operatorname{tr}(AXB)",
        "A: m×n, X: n×p, B: p×m",
        "X",
        "gradient",
        r"""d\operatorname{tr}(AXB) = \operatorname{tr}(A\,dX\,B) = \operatorname{tr}(BA\,dX)
\frac{\partial \operatorname{tr}(AXB)}{\partial X} = A^\top B^\top
\nabla_X \operatorname{tr}(AXB) = BA
\frac{\partial}{\partial X}\operatorname{tr}(AXB) = A^\top B^\top""",
        "1c 1c 2c 3w 4c",
    ),
    (
        "vec jac",
        r"A\tanh(x)",
        "A: m×n, x: n",
        "x",
        "jacobian",
        r"""t = \tanh(x)
dt = (1-t\odot t)\odot dx
df = A\,dt
J = A\operatorname{diag}(1-t\odot t)
J_f = A\operatorname{diag}(1-t)""",
        "1d 2c 3c 4c 5w",
    ),
    (
        "d as variable",
        r"d\,x^\top x",
        "d: scalar, x: n",
        "x",
        "gradient",
        r"""df = 2d x^\top dx
\mathrm{d}f = 2d\, x^\top \mathrm{d}x
\nabla f = 2 d x""",
        "1u 2c 3c",
    ),
    (
        "lagr",
        r"x^\top S x - \lambda(x^\top x - 1)",
        "S: n×n symmetric, x: n, lambda: scalar",
        "x",
        "gradient",
        r"""\mathcal{L}(x,\lambda) = x^\top S x - \lambda(x^\top x-1)
\nabla_x\mathcal{L} = 2Sx - 2\lambda x
\frac{\partial \mathcal{L}}{\partial\lambda} = 1 - x^\top x""",
        "1c 2c 3u",
    ),
    (
        "a chain that begins with names",
        r"\|Ax-b\|^2",
        "A: m×n, b: m, x: n",
        "x",
        "gradient",
        r"""g = \nabla f(x) = 2A^\top(Ax-b)
H = \nabla^2 f = 2A^\top A = A^\top A
df = dx^\top \nabla f = 2 dx^\top A^\top(Ax-b)""",
        "1c 2c 2w 3u 3c",
    ),
    (
        "derivatives by symbols",
        r"\|\tanh(Wx)-y\|^2",
        "W: m×n, x: n, y: m",
        "W",
        "gradient",
        r"""z = Wx, \\
a = \tanh z \\
f = \|a - y\|^2 \\
\frac{\partial f}{\partial a} = 2(a-y) \\
\delta = 2(a-y)\odot(1-a\odot a) \\
\frac{\partial f}{\partial W} = \delta x^\top \\
\frac{\partial f}{\partial a} = (a-y) \\
\frac{\partial f}{\partial W} = x\delta^\top""",
        "1d 2d 3c 4c 5d 6c 7w 8w",
    ),
    (
        "further signs",
        r"\|Ax-b\|^2",
        "A: m×n, b: m, x: n",
        "x",
        "gradient",
        r"""\begin{aligned}[t]
\|Ax-b\|^2 &= \langle Ax-b, Ax-b\rangle\\
&= \|Ax\|^2 - 2\langle Ax, b\rangle + \|b\|^2
\end{aligned}
\nabla f(x)^\top = 2(Ax-b)^\top A
\delta f = 2 (Ax-b)^\top A\, \delta x
\mathrm{d}f/\mathrm{d}x = 2A^\top(b-Ax)
\frac{\partial^2 f}{\partial x \partial x^\top} = 2A^\top A
\text{Let } r = Ax - b, \text{ then } f = r^\top r \text{ and so } \nabla f = A^\top r
A^\top A x = A^\top b
\nabla f \overset{!}{=} 0
A^\top A x = A^\top b""",
        "1c 2c 3c 4c 5w 6c 7d 7c 7w 8u 9n 10n",
    ),
    (
        "a whole document",
        r"\|Xw-y\|_2^2 + \lambda\|w\|_2^2",
        "X: m×n, w: n, y: m, lambda: scalar",
        "w",
        "gradient",
        r"""\documentclass{article}
\usepackage{amsmath}
\newcommand{\norm}[1]{\left\lVert #1 \right\rVert}
\begin{document}
\section*{Exercise 2 (ridge)}
We want to minimise
\begin{equation}
L(w) = \norm{Xw - y}_2^2 + \lambda \norm{w}_2^2
\end{equation}
Expanding the square gives
\begin{align*}
L &= (Xw-y)^T(Xw-y) + \lambda w^Tw \\
  &= w^TX^TXw - 2y^TXw + y^Ty + \lambda w^T w \\
\frac{\partial L}{\partial w} &= 2X^TXw - 2X^Ty - 2\lambda w
\end{align*}
Setting to zero gives $\hat w = (X^TX+\lambda I)^{-1}X^Ty$.
\end{document}""",
        "1n 2n 3n 4n 5n 6c 7n 8c 9c 10w 11d",
    ),
    (
        "environments of words",
        r"\operatorname{tr}(X^TAX)",
        "X: m×n, A: m×m",
        "X",
        "gradient",
        r"""\documentclass[11pt]{article}
\usepackage[utf8]{inputenc}
\DeclareMathOperator{\tr}{tr}
\newcommand{\R}{\mathbb{R}}
\title{Homework 3}
\author{A. Student}
\begin{document}
\maketitle
\begin{exercise}[Trace]
Let $A \in \R^{n\times n}$ and $f(X) = \tr(X^TAX)$.
\end{exercise}
\begin{proof}
\begin{itemize}
\item We use the product rule:
$$df = \tr(dX^T A X) + \tr(X^T A dX)$$
\item Collecting terms, \[ df = \tr(X^T(A+A^T)dX) \]
\end{itemize}
and therefore $\nabla f = (A+A^T)X$. Since $A$ is square we are done.
\end{proof}
\end{document}""",
        "1n 2n 3n 4n 5n 6n 7n 8c 9n 10c 11n 12c 13c",
    ),
    (
        "entries of a gradient",
        r"-\sum_k y_k \log \frac{e^{z_k}}{\sum_j e^{z_j}}",
        "y: n simplex, z: n",
        "z",
        "gradient",
        r"""p = \mathrm{softmax}(z)
L = -\sum_k y_k \log p_k
\frac{\partial L}{\partial z_i} = -y_i + p_i
\frac{\partial L}{\partial z_i} = y_i - p_i
\frac{\partial L}{\partial z} = -y + p""",
        "1d 2c 3c 4w 5c",
    ),
    (
        "definitions behind a line",
        r"-\sum_k y_k \log \frac{e^{z_k}}{\sum_j e^{z_j}}",
        "y: n simplex, z: n",
        "z",
        "gradient",
        r"""L = -\sum_k y_k \log p_k, \quad p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}
L = -\sum_k y_k z_k + \sum_k y_k \log\sum_j e^{z_j}
\frac{\partial L}{\partial z} = -y + p""",
        "1c 2c 3c",
    ),
    (
        "more behind a line",
        r"\|Xw-y\|^2",
        "X: m×n, w: n, y: m, lambda: scalar",
        "w",
        "gradient",
        r"""L = r^T r, \quad r = Xw - y, \quad \lambda > 0, \quad X \in \mathbb{R}^{m \times n}
dL = 2 r^T dr, \qquad dr = X dw
\nabla L = 2 X^T r \quad \text{where } r = Xw - y.""",
        "1c 2c 3c",
    ),
    (
        "entries of a Jacobian",
        r"\mathrm{softmax}(z)",
        "z: n",
        "z",
        "jacobian",
        r"""p_i = \frac{e^{z_i}}{\sum_k e^{z_k}}
\frac{\partial p_i}{\partial z_j} = p_i (\delta_{ij} - p_j)""",
        "1c 2c",
    ),
    (
        "entries of residuals",
        r"\|Xw-y\|^2",
        "X: m×n, w: n, y: m",
        "w",
        "gradient",
        r"""r_i = \sum_j X_{ij} w_j - y_i
L = \sum_i r_i^2
\frac{\partial L}{\partial w_k} = 2\sum_i r_i X_{ik}
\nabla L = 2 X^T r""",
        "1d 2c 3c 4c",
    ),
    (
        "entries with a wrong index",
        r"\|Xw-y\|^2",
        "X: m×n, w: n, y: m",
        "w",
        "gradient",
        r"""L = \sum_i (\sum_j X_{ij} w_j - y_i)^2
\frac{\partial L}{\partial w_k} = 2\sum_i (\sum_j X_{ij} w_j - y_i) X_{ik}
\frac{\partial L}{\partial w_k} = 2\sum_i (\sum_j X_{ij} w_j - y_i) X_{ki}""",
        "1c 2c 3w",
    ),
]

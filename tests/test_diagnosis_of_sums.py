"""Claims with sums over samples, pairs and families: what is wrong with them is said, and every repair is right."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import matcalc as mc
from matcalc.api_checking import question
from matcalc.checking import sums
from matcalc.checking.edits import Context, Generator
from matcalc.checking.formula import Tree, text_of, tree_of
from matcalc.checking.scopes import free_names, pair_of, scoped
from matcalc.checking.sum_search import IndexedSample
from matcalc.notation.declarations import parse_where

NAMES = parse_where(
    "X: m×n, A: m×m, K: m×m, y: m, z: m, c: m, w: n, q: p, W: n×p, T: m×p, Z: m×p, b: n, U: m of n, v: N positive, "
    "S: N of n×n posdef, L: N of p×n, mu: N of n"
)

# Formula, variable, and wrong claims, each with the mistake and words of the explanation.
MISTAKES: list[tuple[str, str, list[tuple[str, str, str]]]] = [
    (
        "sum_{i} log(1 + exp(-y[i]*X[i,:]*w))",
        "w",
        [
            ("-y[1]*sigmoid(-y[1]*X[1,:]*w)*X[1,:]'", "missing sum", "the sum over i is missing"),
            ("-y[i]*sigmoid(-y[i]*X[i,:]*w)*X[i,:]'", "missing sum", "the sum over i is missing"),
            ("-1/m*sum_{i} y[i]*sigmoid(-y[i]*X[i,:]*w)*X[i,:]'", "factor", "the divisor m is too many"),
            ("-sum_{i,j} y[j]*sigmoid(-y[i]*X[i,:]*w)*X[i,:]'", "wrong index", "y[i] for y[j]"),
            ("-sum_{i} y[1]*sigmoid(-y[i]*X[i,:]*w)*X[i,:]'", "wrong index", "y[i] for y[1]"),
            ("-(sum_{i} y[i])*(sum_{i} sigmoid(-y[i]*X[i,:]*w)*X[i,:]')", "exchanged", "it is one sum over"),
            (
                "-(sum_{i} exp(-y[i]*X[i,:]*w)*y[i]*X[i,:]')/(sum_{i} (1 + exp(-y[i]*X[i,:]*w)))",
                "exchanged",
                "it is one sum over",
            ),
            ("-sum_{i} y[i]*sigmoid(y[i]*X[i,:]*w)*X[i,:]'", "sign", "the sign of y[i]*X[i,:]*w is turned"),
            ("-sum_{i} sigmoid(-y[i]*X[i,:]*w)*X[i,:]'", "chain factor", "the factor y[i] is missing"),
            (
                "-X'*(y.*exp(-y.*(X*w)))/(1 + sum(exp(-y.*(X*w))))",
                "exchanged",
                "sum(softplus(-(X*w).*y)) was taken to be log(1",
            ),
        ],
    ),
    (
        "1/m*sum_{i} log(1 + exp(-y[i]*X[i,:]*w))",
        "w",
        [
            ("-y[i]*sigmoid(-y[i]*X[i,:]*w)*X[i,:]'/m", "missing sum", "the sum over i is missing"),
            ("-y[i]*sigmoid(-y[i]*X[i,:]*w)*X[i,:]'", "missing sum", "the sum over i is missing"),
            ("-sum_{i} y[i]*sigmoid(-y[i]*X[i,:]*w)*X[i,:]'", "factor", "a factor 1/m is missing"),
            ("-1/m^2*sum_{i} y[i]*sigmoid(-y[i]*X[i,:]*w)*X[i,:]'", "factor", "m stands once too often"),
        ],
    ),
    (
        "1/m*sum_{i} (y[i] - X[i,:]*w)^2",
        "w",
        [
            ("2/m*(X[i,:]*w - y[i])*X[i,:]'", "missing sum", "the sum over i is missing"),
            ("2*sum_{i} (X[i,:]*w - y[i])*X[i,:]'", "factor", "a factor 1/m is missing"),
            ("1/m*sum_{i} (X[i,:]*w - y[i])*X[i,:]'", "factor", "a factor 2 is missing"),
        ],
    ),
    (
        "sum_{i} (y[i] - X[i,:]*w)^2",
        "w",
        [
            ("2*(sum_{i} (X[i,:]*w - y[i]))*(sum_{i} X[i,:]')", "exchanged", "it is one sum over"),
            ("-2*sum_{i,j} (y[j] - X[i,:]*w)*X[i,:]'", "wrong index", "y[i] for y[j]"),
            ("-2*sum(y - X*w)*colsum(X)", "exchanged", "norm2(y - X*w)^2 was taken to be sum(y - X*w)^2"),
        ],
    ),
    (
        "(sum_{i} (y[i] - X[i,:]*w))^2",
        "w",
        [
            ("2*sum_{i} (X[i,:]*w - y[i])*X[i,:]'", "exchanged", "the sum is inside"),
        ],
    ),
    (
        "sum_{i} sqrt(1 + (y[i] - X[i,:]*w)^2)",
        "w",
        [
            (
                "(sum_{i} (X[i,:]*w - y[i])*X[i,:]')/sqrt(sum_{i} (1 + (y[i] - X[i,:]*w)^2))",
                "exchanged",
                "it is one sum over",
            ),
        ],
    ),
    (
        "log(sum_{i} exp(X[i,:]*w))",
        "w",
        [
            ("sum_{i} X[i,:]'", "exchanged", "logsumexp(X*w) was taken to be sum(X*w)"),
        ],
    ),
    (
        "sum_{i} logsumexp(X[i,:]*W) - sum_{i} T[i,:]*W'*X[i,:]'",
        "W",
        [
            ("X[i,:]'*(softmax(X[i,:]*W) - T[i,:])", "missing sum", "the sum over i is missing"),
        ],
    ),
    (
        "sum_{i} log(sum_{k} exp(X[i,:]*W[:,k]))",
        "W",
        [
            (
                "X'*exp(X*W)/(sum_{i,k} exp(X[i,:]*W[:,k]))",
                "exchanged",
                "sum(rowlogsumexp(X*W)) was taken to be log(sum(exp(X*W)))",
            ),
            ("X'*exp(X*W)/sum(exp(X*W))", "exchanged", "sum(rowlogsumexp(X*W)) was taken to be log(sum(exp(X*W)))"),
            ("X'*colsoftmax(X*W)", "summed over", "rowlogsumexp(X*W) was taken to be collogsumexp(X*W)"),
        ],
    ),
    (
        "sum_{i} log(sum_{k} exp(Z[i,k]))",
        "Z",
        [
            ("stack_{i,k} exp(Z[i,k])/(sum_{j} exp(Z[j,k]))", "summed over", "the sum is over the wrong index"),
            ("stack_{i,k} exp(Z[i,k])/(sum_{j,l} exp(Z[j,l]))", "wrong index", "Z[i,l] for Z[j,l]"),
            ("stack_{i,k} sum_{j} exp(Z[i,k])/(sum_{l} exp(Z[j,l]))", "wrong index", "Z[i,l] for Z[j,l]"),
        ],
    ),
    (
        "-sum_{i,k} T[i,k]*log(softmax(Z[i,:])[k])",
        "Z",
        [
            (
                "stack_{i,k} softmax(Z[i,:])[k]*(sum_{l} T[i,l]) - T[i,k]",
                "missing sum",
                "the stack is over the whole of",
            ),
        ],
    ),
    (
        "sum_{i<j} (y[i] - y[j])^2",
        "y",
        [
            ("stack_{i} 4*sum_{j} (y[i] - y[j])", "factor", "a factor 1/2 is missing, as where each pair i,"),
        ],
    ),
    (
        "sum_{i,j} (y[i] - y[j])^2",
        "y",
        [
            (
                "stack_{i} 2*sum_{j} (y[i] - y[j])",
                "factor",
                "a factor 2 is missing, as where each pair i, j counts once",
            ),
        ],
    ),
    (
        "sum_{i<j} log(1 + exp(-(y[i] - y[j])^2))",
        "y",
        [
            (
                "stack_{i} -4*sum_{j} (y[i] - y[j])*sigmoid(-(y[i] - y[j])^2)",
                "factor",
                "a factor 1/2 is missing, as where each pair i,",
            ),
        ],
    ),
    (
        "sum_{i!=j} K[i,j]*c[i]*c[j]",
        "c",
        [
            ("stack_{i} sum_{j} (K[i,j] + K[j,i])*c[j]", "pairs", "the term of j = i does not belong to the sum"),
            (
                "stack_{i} (sum_{j} (K[i,j] + K[j,i])*c[j]) - 2*K[i,i]*c[i]",
                "missing sum",
                "the stack is over the whole of sum_{j} (K[i,j]",
            ),
        ],
    ),
    (
        "sum_{i,j} K[i,j]*c[i]*c[j]",
        "c",
        [
            (
                "stack_{i} ((sum_{j} (K[i,j] + K[j,i])*c[j]) - 2*K[i,i]*c[i])",
                "pairs",
                "the term 2*K[i,i]*c[i] beside the sum is too many",
            ),
        ],
    ),
    (
        "sum_{i<j} (X[i,:]*w - X[j,:]*w)^2",
        "w",
        [
            (
                "2*sum_{i,j} (X[i,:]*w - X[j,:]*w)*(X[i,:] - X[j,:])'",
                "factor",
                "a factor 1/2 is missing, as where each pair i,",
            ),
        ],
    ),
    (
        "sum_{i!=j} X[i,:]*w*y[j]",
        "w",
        [
            ("sum_{i,j} X[i,:]'*y[j]", "pairs", "the sum is over other pairs"),
        ],
    ),
    (
        "sum_{i,j} X[i,:]*w*y[j]",
        "w",
        [
            ("sum_{i!=j} X[i,:]'*y[j]", "pairs", "the sum is over other pairs"),
        ],
    ),
    (
        "sum_{i<j} log(1 + exp((X[j,:] - X[i,:])*w))",
        "w",
        [
            ("sum_{i!=j} sigmoid((X[j,:] - X[i,:])*w)*(X[j,:] - X[i,:])'", "pairs", "the sum is over other pairs"),
        ],
    ),
    (
        "sum_{i!=j} exp(y[i]*y[j])",
        "y",
        [
            ("stack_{i} 2*sum_{j} y[j]*exp(y[i]*y[j])", "pairs", "the term of j = i does not belong to the sum"),
        ],
    ),
    (
        "sum_{i,j} A[i,j]*(y[i] - y[j])^2",
        "y",
        [
            ("stack_{i} 4*sum_{j} A[i,j]*(y[i] - y[j])", "symmetry assumed", "only true if A is symmetric"),
            ("stack_{i} 2*(A[i,j] + A[j,i])*(y[i] - y[j])", "missing sum", "the sum over j is missing"),
        ],
    ),
    (
        "sum_{i,j} A[i,j]*z[i]*y[j]",
        "y",
        [
            ("stack_{i} sum_{j} A[i,j]*z[j]", "wrong index", "A[j,i] for A[i,j]"),
        ],
    ),
    (
        "sum_{i,j} A[i,j]*y[i]*y[j]",
        "y",
        [
            ("stack_{i} 2*sum_{j} A[i,j]*y[j]", "symmetry assumed", "only true if A is symmetric"),
            ("stack_{i} sum_{j} A[i,j]*y[j]", "missing term", "missing by the product rule: A'*y"),
        ],
    ),
    (
        "sum_{i,j} A[i,j]*exp(y[i])",
        "y",
        [
            ("stack_{i} sum_{j} A[j,i]*exp(y[i])", "wrong index", "A[i,j] for A[j,i]"),
            ("(sum_{i} A[i,:]').*exp(y)", "summed over", "A[:,i]' for A[i,:]"),
        ],
    ),
    (
        "sum_{i,j} c[i]*c[j]*exp(-norm2(X[i,:] - X[j,:])^2)",
        "X",
        [
            (
                "stack_{i} 4*sum_{j} c[i]*c[j]*exp(-norm2(X[i,:] - X[j,:])^2)*(X[i,:] - X[j,:])",
                "sign",
                "the sign is wrong",
            ),
            (
                "stack_{i} -2*sum_{j} c[i]*c[j]*exp(-norm2(X[i,:] - X[j,:])^2)*(X[i,:] - X[j,:])",
                "factor",
                "a factor 2 is missing, as where each pair i, j counts once",
            ),
            (
                "stack_{i} -4*sum_{j} c[i]*c[i]*exp(-norm2(X[i,:] - X[j,:])^2)*(X[i,:] - X[j,:])",
                "wrong index",
                "c[j] for c[i]",
            ),
        ],
    ),
    (
        "sum_{j} norm2(X[j,:]' - w)^2",
        "w",
        [
            ("2*(w - sum_{j} X[j,:]')", "missing sum", "the sum is over the whole of w - X[j,:]'"),
        ],
    ),
    (
        "sum_{k} mu[k]'*inv(S[k])*mu[k]",
        "mu",
        [
            ("stack_{k} 2*inv(S[1])*mu[k]", "wrong index", "S[k] for S[1]"),
        ],
    ),
    (
        "sum_{k} norm2(L[k]*b)^2",
        "b",
        [
            ("2*L[k]'*L[k]*b", "missing sum", "the sum over k is missing"),
            ("2*L[1]'*L[1]*b", "missing sum", "the sum over i is missing"),
            ("2*sum_{k,l} L[k]'*L[l]*b", "wrong index", "L[l] for L[k]"),
            ("2*(sum_{k} L[k])'*(sum_{k} L[k])*b", "exchanged", "it is one sum over"),
        ],
    ),
    (
        "logdet(sum_{k} v[k]*S[k])",
        "v",
        [
            ("stack_{k} n/v[k]", "exchanged", "logdet(sum_{k} v[k]*S[k]) was taken to be"),
            ("stack_{k} tr(inv(v[k]*S[k])*S[k])", "missing sum", "sum_{i} v[i]*S[i] for v[k]*S[k]"),
            ("stack_{k} sum_{l} tr(S[l]*inv(sum_{j} v[j]*S[j]))", "wrong index", "S[k] for S[l]"),
        ],
    ),
    (
        "sum_{k} v[k]*logdet(S[k])",
        "S",
        [
            ("stack_{k} v[k]*S[k]", "inverse", "the inverse of S[k]"),
            ("stack_{k} inv(S[k])", "chain factor", "the factor v[k] is missing"),
            ("stack_{k} v[1]*inv(S[k])", "wrong index", "v[k] for v[1]"),
        ],
    ),
    (
        "sum_{k} v[k]*logdet(S[k])",
        "v",
        [
            ("sum_{k} logdet(S[k])", "summed over", "the stack, not the sum: stack_{k} logdet(S[k])"),
        ],
    ),
    (
        "sum_{i} log(sum_{k} v[k]*exp(-norm2(U[i] - mu[k])^2))",
        "v",
        [
            (
                "stack_{k} sum_{i} exp(-norm2(U[i] - mu[k])^2)/(v[k]*exp(-norm2(U[i] - mu[k])^2))",
                "missing sum",
                "sum_{j} v[j]*exp(-norm2(U[i] - mu[j])^2) for",
            ),
            (
                "stack_{k} exp(-norm2(U[i] - mu[k])^2)/(sum_{l} v[l]*exp(-norm2(U[i] - mu[l])^2))",
                "missing sum",
                "the sum over i is missing",
            ),
            (
                "stack_{k} (sum_{i} exp(-norm2(U[i] - mu[k])^2))/(sum_{i,l} v[l]*exp(-norm2(U[i] - mu[l])^2))",
                "exchanged",
                "it is one sum over",
            ),
            (
                "stack_{k} sum_{i} exp(-norm2(U[i] - mu[k])^2)/(sum_{j} v[k]*exp(-norm2(U[j] - mu[k])^2))",
                "summed over",
                "the sum is over the wrong index",
            ),
        ],
    ),
    (
        "sum_{i} log(sum_{k} v[k]*exp(-norm2(U[i] - mu[k])^2))",
        "mu",
        [
            (
                "stack_{k} sum_{i} 2*v[k]*exp(-norm2(U[i] - mu[k])^2)*(mu[k] - U[i])"
                "/(sum_{l} v[l]*exp(-norm2(U[i] - mu[l])^2))",
                "sign",
                "the sign is wrong",
            ),
            (
                "stack_{k} sum_{i} 2*exp(-norm2(U[i] - mu[k])^2)*(U[i] - mu[k])"
                "/(sum_{l} v[l]*exp(-norm2(U[i] - mu[l])^2))",
                "chain factor",
                "the factor v[k] is missing",
            ),
        ],
    ),
]


ROWS = [(formula, by, *row) for formula, by, claims in MISTAKES for row in claims]


@pytest.mark.parametrize(
    ("formula", "by", "claim", "mistake", "words"), ROWS, ids=[f"{row[0]}: {row[2]}" for row in ROWS]
)
def test_mistakes_with_sums_are_named(formula: str, by: str, claim: str, mistake: str, words: str) -> None:
    f = mc.parse(formula, NAMES)
    verdict = mc.check(claim, f, NAMES[by])
    assert (verdict.status, verdict.mistake) == ("wrong", mistake), str(verdict)
    assert words in verdict.explanation
    assert verdict.repaired is not None
    assert mc.check(verdict.repaired, f, NAMES[by]).status == "correct"
    assert mc.verify(verdict.to_json()).status == "correct"


ENTRIES = [  # claims that are the answer at each index: no claim about all of it, and how they read as one
    ("log(sum_{k} exp(q[k]))", "q", "exp(q[k])/(sum_{l} exp(q[l]))", "G[k] = exp(q[k])/(sum_{l} exp(q[l]))"),
    ("sum_{k} mu[k]'*inv(S[k])*mu[k]", "mu", "2*inv(S[k])*mu[k]", "G[k] = 2*inv(S[k])*mu[k]"),
]


@pytest.mark.parametrize(("formula", "by", "claim", "hint"), ENTRIES)
def test_an_entry_of_the_answer_is_told_how_it_reads_as_the_answer(
    formula: str, by: str, claim: str, hint: str
) -> None:
    with pytest.raises(mc.ParseError) as caught:
        mc.check(claim, mc.parse(formula, NAMES), NAMES[by])
    assert "is not bound" in str(caught.value)
    assert hint in str(caught.value)


UNREAD = [
    ("y[i]*X[j,:]'", "index i is not bound"),
    ("sum_{i} y[i]*X[i,:]*w", "cannot"),
    ("sum_{i} y[i]*X[k,:]'*z[l]", "index"),
]


@pytest.mark.parametrize(("claim", "words"), UNREAD)
def test_what_no_sum_makes_right_is_refused(claim: str, words: str) -> None:
    f = mc.parse("sum_{i} log(1 + exp(-y[i]*X[i,:]*w))", NAMES)
    try:
        verdict = mc.check(claim, f, NAMES["w"])
    except mc.MatcalcError as error:
        assert words in str(error)
    else:
        assert verdict.status == "wrong"
        assert verdict.repaired is None


# ---------------------------------------------------------------- every edit of a right claim
RIGHT = [
    ("sum_{i} log(1 + exp(-y[i]*X[i,:]*w))", "w", "-sum_{i} y[i]*sigmoid(-y[i]*X[i,:]*w)*X[i,:]'"),
    ("1/m*sum_{i} (y[i] - X[i,:]*w)^2", "w", "2/m*sum_{i} (X[i,:]*w - y[i])*X[i,:]'"),
    ("sum_{i,j} A[i,j]*(y[i] - y[j])^2", "y", "stack_{i} 2*sum_{j} (A[i,j] + A[j,i])*(y[i] - y[j])"),
    ("sum_{i} log(sum_{k} exp(Z[i,k]))", "Z", "stack_{i,k} exp(Z[i,k])/(sum_{l} exp(Z[i,l]))"),
    ("sum_{k} v[k]*logdet(S[k])", "S", "stack_{k} v[k]*inv(S[k])"),
    ("logdet(sum_{k} v[k]*S[k])", "v", "stack_{k} tr(S[k]*inv(sum_{l} v[l]*S[l]))"),
    ("sum_{k} norm2(L[k]*b)^2", "b", "2*sum_{k} L[k]'*L[k]*b"),
    ("sum_{i<j} (X[i,:]*w - X[j,:]*w)^2", "w", "2*sum_{i<j} (X[i,:]*w - X[j,:]*w)*(X[i,:] - X[j,:])'"),
]  # fmt: skip
EDITS: list[Generator] = [
    sums.exchanged_indices, sums.other_indices, sums.brackets, sums.pairs, sums.diagonals, sums.other_sides,
    sums.one_sum, sums.sums_of_functions, sums.functions_of_sums, sums.summed_over_others, sums.inner_sums,
    sums.entries, sums.inverses, sums.sizes_too_many, sums.sizes_left_out,
]  # fmt: skip


def edited(tree: Tree, context: Context) -> Iterator[Tree]:
    """A few of the edits of each kind."""
    for edit in EDITS:
        made = list(dict.fromkeys(tree for tree, _ in edit(tree, context)))
        yield from made[:: max(1, len(made) // 3)][:3]


@pytest.mark.parametrize(("formula", "by", "right"), RIGHT)
@pytest.mark.quick_part(3)
def test_edits_are_judged_as_their_values_are(formula: str, by: str, right: str) -> None:
    f = mc.parse(formula, NAMES)
    asked = question("", f, NAMES[by], None, "gradient")
    samples = [IndexedSample(sample, asked.names) for sample in asked.samples]
    assert mc.check(right, f, NAMES[by]).status == "correct"
    tree = scoped(tree_of(right), asked.names)
    assert all(sample.fits(tree) for sample in samples)
    context = Context(samples[0].point, samples[0].answer, ["m", "n"], [], [], asked.names)
    for claim in edited(tree, context):
        try:
            verdict = mc.check(text_of(claim), f, NAMES[by])
        except mc.MatcalcError:
            assert not any(sample.fits(claim) for sample in samples), text_of(claim)
            continue
        is_right = all(sample.fits(claim) for sample in samples)
        assert verdict.status == ("correct" if is_right else "wrong"), (text_of(claim), str(verdict))
        if verdict.repaired is not None:
            again = mc.check(verdict.repaired, f, NAMES[by])
            assert again.status == "correct", (text_of(claim), verdict.repaired)


# ---------------------------------------------------------------- typed formulas with indices
def test_indices_are_known_by_their_names() -> None:
    tree = scoped(tree_of("sum_{i} y[i]*X[i,:]*w*z[j] + A[1,k]"), ["m"])
    assert free_names(tree) == {"j", "k"}
    assert scoped(tree_of(text_of(tree)), ["m"]) is tree
    assert free_names(scoped(tree_of("y[m] + y[i]"), ["m"])) == {"i"}


def test_indices_of_pairs_run_over_one_dimension() -> None:
    names = {name: v for name, v in NAMES.items() if isinstance(v, mc.Expr)}
    assert pair_of(scoped(tree_of("stack_{i} sum_{j} A[i,j]*y[j]"), []), names) == ("i", "j")
    assert pair_of(scoped(tree_of("sum_{i,k} Z[i,k]"), []), names) is None
    assert pair_of(scoped(tree_of("(sum_{i} y[i])*(sum_{j} y[j])"), []), names) is None


BRANCHES = [  # functions that end where their branch is not taken
    ("sum_{k} where(u[k] > 0, u[k]*tr(S[k]), 0)", "u", "stack_{k} where(u[k] > 0, tr(expm(logm(u[k]*S[k])))/u[k], 0)"),
    (
        "sum_{k} where(u[k] > 0, u[k]*tr(S[k]), 0)",
        "u",
        "stack_{k} where(u[k] > 0, tr(sqrtm(u[k]*S[k])*sqrtm(S[k]))/sqrt(u[k]), 0)",
    ),
]


@pytest.mark.parametrize(("formula", "by", "claim"), BRANCHES)
def test_a_branch_that_is_not_taken_may_have_no_value(formula: str, by: str, claim: str) -> None:
    names = {**NAMES, "u": mc.vector("u", "N")}
    f = mc.parse(formula, names)
    assert mc.check(claim, f, names["u"]).status == "correct"
    wrong = mc.check(claim.replace(", tr(", ", 2*tr("), f, names["u"])
    assert (wrong.status, wrong.mistake, wrong.explanation) == ("wrong", "factor", "a factor 1/2 is missing")


TEXTS = ["2*(sum_{i} y[i]*z[i])", "(sum_{i} y[i])^2", "c + sum_{i} (y[i] - z[i])", "(sum_{i} y[i])*c - sum_{i} z[i]",
         "stack_{i} (sum_{j} A[i,j])", "exp(sum_{i<j} A[i,j])/(sum_{i} y[i])"]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_sums_are_written_with_the_brackets_that_they_want(text: str) -> None:
    assert text_of(scoped(tree_of(text), [])) == text

"""The Jacobian of a composition as a product of named factors: [dℓ/dx']_{1×10} = [dℓ/dy']_{1×2}·[dy/dx']_{2×10}."""

from __future__ import annotations

from matcalc.errors import DerivativeError
from matcalc.expr import Expr, name_of


def chain_of_factors(f: Expr, x: Expr) -> str:
    """The chain rule of f = f_q(…f_1(x)), outer to inner, with the shape of each factor.

    Raises:
        DerivativeError: f is no composition of functions of one argument that ends at x.
    """
    links: list[Expr] = []
    at = f
    while at is not x:
        if at.kind != "call" or len(at.operands) != 1 or at.shape.cols.number != 1:
            raise DerivativeError(
                "only a composition of functions of one column has a chain of factors",
                f"this part is no such function: {at}",
                hint="f4(f3(f2(f1(x)))) with functions made by matcalc.function",
            )
        links.append(at)
        at = at.operands[0]
    if not links:
        raise DerivativeError("the chain has no function", hint="f2(f1(x)) with functions made by matcalc.function")
    names = [*(_result(link) for link in links), name_of(x)]
    sizes = [*(link.shape.rows for link in links), x.shape.rows]

    def factor(k: int, inner: int) -> str:
        return f"[d{names[k]}/d{names[inner]}']_{{{sizes[k]}×{sizes[inner]}}}"

    product = "·".join(factor(k, k + 1) for k in range(len(links)))
    return f"{factor(0, len(links))} = {product}"


def _result(link: Expr) -> str:
    of = link.data.abstract
    return str(of.result if of is not None and not of.order else link.data.name)

"""Cheapest orders of Jacobian products: published numbers, brute force, and the Jacobians themselves."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import matcalc as mc
from matcalc.accumulation.chain import Elimination

DATA = Path(__file__).parent / "data" / "plans"

# file -> tangent, adjoint, pre-accumulation, optimum
CHAINS = {
    "p_3_3.1": (150, 100, 123, 56),
    "p2.1": (400, 1600, 664, 400),
    "p2.2": (800, 6400, 656, 600),
    "p2.3": (1600, 400, 664, 400),
    "p2.4": (6400, 800, 656, 600),
    "p2.5": (800, 800, 432, 432),
    "p_10_10.1": (3708, 5562, 2618, 1344),
    "p_50_50.1": (1283868, 1355194, 1687575, 71668),
    "p_100_100.1": (3677565, 44866293, 40880996, 1471636),
    "p_250_250.1": (585023794, 1496126424, 1196618622, 9600070),
    # Published as 1027696225, which is this number without 2**34: 32-bit sums overflowed.
    "p_500_500.1": (21306718862, 19518742454, 1027696225 + 2**34, 149147898),
    "stce_dense10": (296, 2072, 779, 296),
    "stce_dense50": (839925, 604746, 740518, 135228),
    "stce_dense100": (19160886, 21611697, 9034346, 231143),
    "stce_dense150": (56863838, 47527984, 53425505, 852466),
    "stce_dense200": (34648499, 381133489, 174604509, 2041326),
}


def sampled() -> Iterator[tuple[mc.JacobianChain, list[int]]]:
    """Chains with the published times for 1, 2, … threads."""
    for line in (DATA / "scheduled_chains.csv").read_text().splitlines():
        if not line.startswith("#"):
            _, factors, times = line.split(";")
            triples = [tuple(map(int, factor.split(":"))) for factor in factors.split()]
            yield mc.JacobianChain.of((m, n, e) for n, m, e in triples), list(map(int, times.split()))


def random_chain(rng: random.Random, length: int) -> mc.JacobianChain:
    sizes = [rng.randint(1, 9) for _ in range(length + 1)]
    return mc.JacobianChain.of((m, n, rng.randint(1, 60)) for n, m in pairwise(sizes))


# ---------------------------------------------------------------- plain chains
@pytest.mark.parametrize(
    ("dims", "costs"), [((10, 6, 8, 2, 1), (124, 660, 124)), ((2, 10, 1, 1), (30, 22, 22)), ((3, 4), (0, 0, 0))]
)
def test_the_costs_of_plain_chains(dims: tuple[int, ...], costs: tuple[int, int, int]) -> None:
    found = mc.chain(dims)
    assert (found.reverse, found.forward, found.optimal) == costs


@given(st.lists(st.integers(1, 12), min_size=2, max_size=7))
@settings(max_examples=60, deadline=None)
def test_the_optimum_of_a_plain_chain_is_that_of_all_bracketings(dims: list[int]) -> None:
    def every(i: int, j: int) -> list[int]:
        if i == j:
            return [0]
        return [
            a + b + dims[i] * dims[k + 1] * dims[j + 1]
            for k in range(i, j)
            for a in every(i, k)
            for b in every(k + 1, j)
        ]

    found = mc.chain(dims)
    assert found.optimal == min(every(0, len(dims) - 2))
    assert found.optimal <= min(found.forward, found.reverse)


@given(st.lists(st.integers(1, 9), min_size=4, max_size=6))
def test_the_condition_under_which_reverse_is_not_dearer(dims: list[int]) -> None:
    n0, last = dims[0], dims[-1]
    inner = sum(a * b for a, b in pairwise(dims[1:-1]))
    condition = (n0 - last) * inner >= n0 * last * (dims[1] - dims[-2])
    assert mc.reverse_is_never_dearer(dims) == condition


@pytest.mark.slow
def test_the_smallest_counterexamples() -> None:
    assert [c.dims for c in mc.smallest_counterexamples(3)] == [(1, 2, 1, 1), (1, 3, 1, 1), (1, 3, 2, 1)]
    assert not mc.smallest_counterexamples(length=2)
    assert (2, 10, 1, 1) in [c.dims for c in mc.smallest_counterexamples(10**6)]


# ---------------------------------------------------------------- generalised chains
@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.quick_part(4)
def test_published_chains(name: str) -> None:
    chain = mc.JacobianChain.read((DATA / name).read_text())
    plan = chain.optimal()
    assert (chain.tangent, chain.adjoint, chain.preaccumulation, plan.cost) == CHAINS[name]
    assert sum(step.cost for step in plan.steps) == plan.cost


def test_the_table_of_the_published_example() -> None:
    plan = mc.JacobianChain.read((DATA / "p_3_3.1").read_text()).optimal()
    assert [(s.kind, s.first, s.last, s.split, s.cost) for s in plan.steps] == [
        ("adjoint", 2, 2, None, 14), ("adjoint", 1, 2, 2 - 1, 29), ("tangent", 3, 3, None, 7), ("multiply", 1, 3, 2, 6),
    ]  # fmt: skip


@pytest.mark.parametrize("memory", [None, 0, 20, 60])
def test_the_dynamic_programme_is_brute_force(memory: int | None) -> None:
    def cost(chain: mc.JacobianChain, i: int, j: int) -> int:
        f = chain.factors
        fits = [memory is None or sum(x.edges for x in f[i : k + 1]) <= memory for k in range(i, j + 1)]
        if i == j:
            return f[i].edges * (min(f[i].rows, f[i].columns) if fits[0] else f[i].columns)
        return min(
            min(
                cost(chain, k + 1, j) + cost(chain, i, k) + f[j].rows * f[k].rows * f[i].columns,
                cost(chain, i, k) + f[i].columns * sum(x.edges for x in f[k + 1 : j + 1]),
                cost(chain, k + 1, j) + f[j].rows * sum(x.edges for x in f[i : k + 1]) if fits[k - i] else 10**9,
            )
            for k in range(i, j)
        )

    rng = random.Random(3)
    for length in (1, 2, 3, 4, 5, 5):
        chain = random_chain(rng, length)
        assert chain.optimal(memory).cost == cost(chain, 0, length - 1)


def test_published_times_on_one_thread_are_the_optimum() -> None:
    for chain, times in sampled():
        assert chain.optimal().cost == times[0]


def test_schedules_are_as_short_as_published_ones() -> None:
    for k, (chain, times) in enumerate(sampled()):
        for threads in (2, len(times)) if k % 6 == 0 else ():
            found = mc.schedule(chain, threads)
            assert found.bound <= found.makespan <= times[min(threads, len(times)) - 1]
            check_schedule(chain, found, threads)


def check_schedule(chain: mc.JacobianChain, found: mc.schedule, threads: int) -> None:
    """No thread does two jobs at once, no job starts before its parts are made, and the whole chain is made."""
    ends: dict[tuple[int, int], int] = {}
    for job in found.jobs:
        step: Elimination = job.step
        for other in found.jobs:
            apart = other.start >= job.start + step.cost or job.start >= other.start + other.step.cost
            assert other is job or other.thread != job.thread or apart or 0 in (step.cost, other.step.cost)
        ends[step.first, step.last] = job.start + step.cost
    for job in found.jobs:
        step = job.step
        if step.split is not None:
            right, left = (step.first, step.split), (step.split + 1, step.last)
            needed = {"multiply": (left, right), "tangent": (right,), "adjoint": (left,)}[step.kind]
            assert all(ends[part] <= job.start for part in needed)
    assert ends[1, len(chain.factors)] == found.makespan
    assert max(job.thread for job in found.jobs) < threads


def test_more_threads_and_more_memory_are_never_worse() -> None:
    rng = random.Random(5)
    for _ in range(8):
        chain = random_chain(rng, 5)
        times = [mc.schedule(chain, threads).makespan for threads in (1, 2, 3)]
        assert times[0] == chain.optimal().cost
        assert times == sorted(times, reverse=True)
        costs = [chain.optimal(memory).cost for memory in (0, 30, 80, None)]
        assert costs == sorted(costs, reverse=True)


# ---------------------------------------------------------------- graphs
def published_dag(name: str, *, accumulated: bool = False) -> mc.JacobianDag:
    text = next(part for part in (DATA / "stce_dags.txt").read_text().split("== ") if part.startswith(name))
    sizes = {v: int(size) for v, size in re.findall(r"V (\w+) .*'size': '(\d+)'", text)}
    found = re.findall(r"E (\w+) (\w+) .*'c_adj': '(\d+)', 'c_tan': '(\d+)'", text)
    edges = [mc.Edge(s, t, *((None, None) if accumulated else (int(tan), int(adj)))) for s, t, adj, tan in found]
    return mc.JacobianDag(edges, sizes)


def test_the_lion() -> None:
    lion = published_dag("graphs/paper/lion_n1_c1")
    assert (lion.tangent, lion.adjoint) == (16, 32)
    assert (lion.face_elimination().cost, lion.face_elimination().is_optimal) == (13, True)
    scalar = lion.scalar()
    orders = [scalar.vertex_elimination(), scalar.edge_elimination(), scalar.face_elimination()]
    assert [(order.cost, order.is_optimal) for order in orders] == [(12, True), (11, True), (11, True)]


def test_r2() -> None:
    r2 = published_dag("graphs/paper/R2", accumulated=True)
    assert (r2.tangent, r2.adjoint) == (2143732, 1607799)
    assert (r2.face_elimination().cost, r2.face_elimination().is_optimal) == (769044, True)


def test_the_bat() -> None:
    bat = published_dag("graphs/paper/bat_n1_c1").scalar()
    orders = [bat.vertex_elimination(), bat.edge_elimination(), bat.face_elimination()]
    assert [(order.cost, order.is_optimal) for order in orders] == [(24, True), (23, True), (22, True)]


def random_dag(rng: random.Random, largest: int) -> mc.JacobianDag:
    names = [f"v{k}" for k in range(rng.randint(3, largest))]
    pairs = [(a, b) for k, b in enumerate(names) for a in names[:k] if rng.random() < 0.5]
    return mc.JacobianDag(pairs or [(names[0], names[1])])


def test_finer_eliminations_are_never_dearer() -> None:
    rng = random.Random(11)
    for _ in range(25):
        dag = random_dag(rng, 6)
        vertex, edge, face = dag.vertex_elimination(), dag.edge_elimination(), dag.face_elimination()
        assert face.cost <= edge.cost <= vertex.cost
        assert all(order.bound <= order.cost for order in (vertex, edge, face))


def computation(rng: random.Random, inner: int) -> mc.JacobianDag:
    """Statements of one or two operands, as a program has them."""
    values = ["x0", "x1", "x2"]
    pairs: set[tuple[str, str]] = set()
    for k in range(inner):
        pairs.update((v, f"v{k}") for v in rng.sample(values, rng.randint(1, 2)))
        values.append(f"v{k}")
    unused = [v for v in values if all(s != v for s, _ in pairs)]
    pairs.update((v, f"y{k % 3}") for k, v in enumerate([*unused, *rng.sample(values[3:], 4)]))
    return mc.JacobianDag(sorted(pairs), {v: rng.choice((1, 1, 1, 4)) for pair in sorted(pairs) for v in pair})


@pytest.mark.parametrize("inner", [12, 13, 14, 16])
def test_orders_for_a_dozen_vertices_are_proved(inner: int) -> None:
    for seed in range(3):
        dag = computation(random.Random(seed), inner)
        vertex, edge, face = dag.vertex_elimination(), dag.edge_elimination(), dag.face_elimination()
        assert vertex.is_optimal and edge.is_optimal and face.is_optimal
        assert face.cost <= edge.cost <= vertex.cost


def test_the_order_of_edges_is_that_of_brute_force() -> None:
    def cheapest(dag: mc.JacobianDag, edges: frozenset[tuple[str, str]], known: dict[object, int]) -> int:
        if edges not in known:
            inner = [v for v in dag.intermediate if any(v in edge for edge in edges)]
            found = [0] if not inner else []
            for s, t in edges:
                front, back = [(s, k) for j, k in edges if j == t], [(i, t) for i, j in edges if j == s]
                for middle, made in ((t, front), (s, back)):
                    if middle in inner:
                        after = dict.fromkeys((edges - {(s, t)}) | set(made), 0.0)
                        prune(dag, after)
                        cost = sum(dag.sizes[i] * dag.sizes[middle] * dag.sizes[k] for i, k in made)
                        found.append(cost + cheapest(dag, frozenset(after), known))
            known[edges] = min(found)
        return known[edges]

    rng = random.Random(13)
    for _ in range(15):
        dag = random_dag(rng, 5)
        dag = mc.JacobianDag(dag.edges, {v: rng.choice((1, 2, 3, 5)) for v in dag.sizes})
        start = frozenset((e.source, e.target) for e in dag.edges)
        order = dag.edge_elimination()
        assert (order.cost, order.is_optimal) == (cheapest(dag, start, {}), True)


def test_a_sum_of_a_model_and_a_product_is_no_model() -> None:
    models = [("a", "b", 15, 1), ("a", "c", 10, 1), ("b", "c", 1, 16), ("a", "d", 18, 10), ("c", "e", 6, 17)]
    products = [("c", "d"), ("a", "e"), ("d", "e")]
    dag = mc.JacobianDag([mc.Edge(*e) for e in (*models, *products)], {"a": 2, "b": 5, "c": 2, "d": 3, "e": 1})
    order = dag.face_elimination()
    assert (order.cost, order.is_optimal) == (40, True)
    assert order.cost <= min(dag.tangent, dag.adjoint)


def test_the_order_of_edges_makes_the_jacobian_at_its_cost() -> None:
    rng = random.Random(12)
    for _ in range(25):
        dag = random_dag(rng, 7)
        values = {(e.source, e.target): rng.uniform(-1, 1) for e in dag.edges}
        wanted = jacobian(dag, values)
        count = 0
        for step in dag.edge_elimination().steps:
            kind, pair = step.split(" ")
            s, t = pair.split("→")
            value = values.pop((s, t))
            others = [(j, k) for j, k in values if (j == t if kind == "front" else k == s)]
            for j, k in others:
                made = (s, k) if kind == "front" else (j, t)
                values[made] = values.get(made, 0.0) + value * values[j, k]
                count += 1
            prune(dag, values)
        assert count == dag.edge_elimination().cost
        assert {key: round(v, 9) for key, v in values.items()} == {key: round(v, 9) for key, v in wanted.items()}


def jacobian(dag: mc.JacobianDag, values: dict[tuple[str, str], float]) -> dict[tuple[str, str], float]:
    """The sum over all paths of the products of their edges, for each input and output that are connected."""
    ends = {v for v in dag.sizes if v not in dag.intermediate}
    found: dict[tuple[str, str], float] = {}
    for start in (v for v in ends if any(s == v for s, _ in values)):
        weight = {start: 1.0}
        for v in dag.order():
            for s, t in values:
                if t == v and s in weight:
                    weight[v] = weight.get(v, 0.0) + weight[s] * values[s, t]
        found.update({(start, v): w for v, w in weight.items() if v in ends and v != start})
    return found


def prune(dag: mc.JacobianDag, values: dict[tuple[str, str], float]) -> None:
    inner = set(dag.intermediate)
    while True:
        sources, targets = {s for s, _ in values}, {t for _, t in values}
        dead = [p for p in values if (p[0] in inner and p[0] not in targets) or (p[1] in inner and p[1] not in sources)]
        if not dead:
            return
        for pair in dead:
            del values[pair]


# ---------------------------------------------------------------- bad input
BAD = {
    "no dimensions": (lambda: mc.chain([]), "at least two"),
    "a text": (lambda: mc.chain("10,6"), "by its dimensions"),
    "a negative dimension": (lambda: mc.chain([3, -1]), "not a dimension: -1"),
    "a float": (lambda: mc.chain([3, 2.5]), "not a dimension"),
    "no factors": (lambda: mc.JacobianChain(()), "at least one factor"),
    "factors that do not fit": (lambda: mc.JacobianChain.of([(2, 3, 6), (2, 3, 6)]), "does not follow"),
    "a text that is no chain": (lambda: mc.JacobianChain.read("2\n1 2"), "not a chain"),
    "a negative memory": (lambda: mc.JacobianChain.of([(1, 1, 1)]).optimal(-1), "the memory"),
    "no threads": (lambda: mc.schedule(mc.JacobianChain.of([(1, 1, 1)]), 0), "threads"),
    "a cycle": (lambda: mc.JacobianDag([("a", "b"), ("b", "a")]), "cycle"),
    "an edge twice": (lambda: mc.JacobianDag([("a", "b"), ("a", "b")]), "twice"),
    "edges that are none": (lambda: mc.JacobianDag(None), "edges come as pairs of names, got None"),
    "an edge with three ends": (lambda: mc.JacobianDag([("a", "b", "c")]), "an edge is a pair of names"),
    "a number for a vertex": (lambda: mc.JacobianDag([(1, 2)]), "named by a text, got 1"),
    "sizes without names": (lambda: mc.JacobianDag([("a", "b")], [1, 2]), "sizes come by name"),
    "a model without adjoints": (lambda: mc.Edge("a", "b", 3), "the costs of a tangent and of an adjoint"),
    "a negative cost": (lambda: mc.Edge("a", "b", 3, -1), "no number of multiplications: -1"),
    "a size that is none": (lambda: mc.JacobianDag([("a", "b")], {"a": 0}), "no positive integer: 0"),
    "a size of no vertex": (lambda: mc.JacobianDag([("a", "b")], {"c": 2}), "has no edge"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_told_in_words(case: str) -> None:
    act, text = BAD[case]
    with pytest.raises(mc.MatcalcError, match=text):
        act()


def test_a_scalar_graph_has_all_pairs_of_edges() -> None:
    dag = mc.JacobianDag([("a", "b"), ("b", "c")], {"a": 2, "b": 3}).scalar()
    assert len(dag.edges) == 2 * 3 + 3
    assert np.prod([dag.sizes[v] for v in dag.sizes]) == 1

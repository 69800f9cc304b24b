"""Expressions with one node changed: slips that a comparison with a referee has to notice."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from msgspec.structs import fields, replace

from perfxl.expr.aggregates import AnyFilled, AnyIs, FirstOfItsKind, NoneBelow
from perfxl.expr.arithmetic import Abs
from perfxl.expr.cells import Begins, Const, Filled, Is, IsNumber, Paired, Says
from perfxl.expr.logic import ALWAYS, All, Compare, If, Not, Some, Verdict
from perfxl.expr.tree import Expr

Mutant = tuple[str, Expr]  # where and how it was changed, and what came of it

SLIPS = {  # strict for lax, lax for strict, the other way about
    "=": ("<=", ">="),
    "<": ("<=", ">"),
    "<=": ("<", ">="),
    ">": (">=", "<"),
    ">=": (">", "<="),
}


def mutants(expr: Expr, step: Decimal = Decimal(1)) -> Iterator[Mutant]:
    """Give every tree that differs from `expr` in one node.

    `step` is the least by which a number must change for the comparison it is in to notice.
    """
    if isinstance(expr, Compare):
        step = Decimal(1).scaleb(-expr.places)
    yield from _changed(expr, step)
    for field in () if _is_settled(expr) else fields(expr):
        part = getattr(expr, field.name)
        for where, other in _changed_within(part, step):
            yield f"{field.name}{where}", replace(expr, **{field.name: other})


def _changed_within(part: object, step: Decimal) -> Iterator[tuple[str, object]]:
    """Give what may become of a field of a node, be it a node or several."""
    match part:
        case Expr():
            yield from ((f".{where}", other) for where, other in mutants(part, step))
        case tuple():
            for number, one in enumerate(part):
                for where, other in _changed_within(one, step):
                    yield f"[{number}]{where}", (*part[:number], other, *part[number + 1 :])


def _is_settled(node: Expr) -> bool:
    """Whether this compares two constants, to say always or never."""
    return isinstance(node, Compare) and {type(part) for part in node.parts()} == {Const}


def _changed(node: Expr, step: Decimal) -> Iterator[Mutant]:
    """Give what may become of the node itself."""
    match node:
        case Const(value):
            yield "more", Const(value + step)
            yield "less", Const(value - step)
        case Compare() if _is_settled(node):
            yield "opposite", Not(node)
        case Compare(operator):
            for slip in SLIPS[operator]:
                yield f"{operator} to {slip}", replace(node, operator=slip)
        case _:
            yield from _shortened(node)
            yield from _turned(node)


def _shortened(node: Expr) -> Iterator[Mutant]:
    """Give the node without one of the tests, choices or columns it lists."""
    match node:
        case All(tests) | Some(tests):
            for number in range(len(tests)):
                rest = (*tests[:number], *tests[number + 1 :])
                yield f"without {number}", replace(node, tests=rest)
        case Is() | Says() | Begins() | AnyIs() | NoneBelow():
            for choice in node.choices if len(node.choices) > 1 else ():
                others = tuple(other for other in node.choices if other != choice)
                yield f"without {choice}", replace(node, choices=others)
        case Paired(_, pairs):
            for pair in pairs:
                rest_of_them = tuple(other for other in pairs if other != pair)
                yield f"without {'-'.join(pair)}", replace(node, choices=rest_of_them)
        case FirstOfItsKind(_, by) if len(by) > 1:
            for column in by:
                yield f"without {column}", replace(node, by=tuple(c for c in by if c != column))


def _turned(node: Expr) -> Iterator[Mutant]:
    """Give the node turned into another: and for or, yes for no, a test into none."""
    match node:
        case All(tests) if len(tests) > 1:
            yield "or for and", Some(tests)
        case Some(tests) if len(tests) > 1:
            yield "and for or", All(tests)
        case If(_, yes, no):
            yield "swapped", replace(node, yes=no, no=yes)
        case Filled() | IsNumber() | AnyFilled():
            yield "always", ALWAYS
        case Not(inner) | Abs(inner):
            yield "dropped", inner
        case Verdict(_, active) if active is not None:
            yield "always active", replace(node, active=None)

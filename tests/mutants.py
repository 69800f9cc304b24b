"""Expressions with one node changed: slips that a comparison with a referee has to notice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from decimal import Decimal

from perfxl.aggregates import AnyFilled, AnyIs, FirstOfItsKind, NoneBelow
from perfxl.expr import (
    Abs,
    All,
    Compare,
    Const,
    Expr,
    Filled,
    If,
    Is,
    IsNumber,
    Not,
    Some,
    Verdict,
)

Mutant = tuple[str, Expr]  # where and how it was changed, and what came of it

ONE = Const(Decimal(1))
ALWAYS = Compare("=", ONE, ONE)
SLIPS = {  # strict for lax, lax for strict, the other way about
    "=": ("<=", ">="),
    "<": ("<=", ">"),
    "<=": ("<", ">="),
    ">": (">=", "<"),
    ">=": (">", "<="),
}


def mutants(expr: Expr, step: Decimal = ONE.value) -> Iterator[Mutant]:
    """Give every tree that differs from `expr` in one node.

    `step` is the least by which a number must change for its comparison to notice.
    """
    yield from _changed(expr, step)
    if isinstance(expr, Compare):
        step = Decimal(1).scaleb(-expr.places)
    for name, value in ((field.name, getattr(expr, field.name)) for field in fields(expr)):
        if isinstance(value, Expr):
            for where, other in mutants(value, step):
                yield f"{name}.{where}", replace(expr, **{name: other})
        elif isinstance(value, tuple):
            for number, part in enumerate(value):
                for where, other in mutants(part, step) if isinstance(part, Expr) else ():
                    changed = (*value[:number], other, *value[number + 1 :])
                    yield f"{name}[{number}].{where}", replace(expr, **{name: changed})


def _changed(node: Expr, step: Decimal) -> Iterator[Mutant]:
    """Give what may become of the node itself."""
    match node:
        case Const(value):
            yield "more", Const(value + step)
            yield "less", Const(value - step)
        case Compare(operator):
            for slip in SLIPS[operator]:
                yield f"{operator} to {slip}", replace(node, operator=slip)
        case All(tests) | Some(tests):
            for number in range(len(tests)):
                rest = (*tests[:number], *tests[number + 1 :])
                yield f"without {number}", replace(node, tests=rest)
        case Is() | AnyIs() | NoneBelow():
            for choice in node.choices if len(node.choices) > 1 else ():
                rest = tuple(other for other in node.choices if other != choice)
                yield f"without {choice}", replace(node, choices=rest)
        case FirstOfItsKind(_, by) if len(by) > 1:
            for column in by:
                yield f"without {column}", replace(node, by=tuple(c for c in by if c != column))
        case If(_, yes, no):
            yield "swapped", replace(node, yes=no, no=yes)
        case Filled() | IsNumber() | AnyFilled():
            yield "always", ALWAYS
        case Not(inner) | Abs(inner):
            yield "dropped", inner
        case Verdict(_, active) if active is not None:
            yield "always active", replace(node, active=None)

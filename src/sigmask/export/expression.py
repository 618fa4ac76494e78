"""The language of `--where`: comparisons over a pair's facts, such as `quality >= .8 and 0.002 < area < .6`.

It is a small part of Python's own expressions, read by `ast` and turned into functions node by node. Nothing is ever
evaluated by Python, and whatever is not listed here is refused with its name. Our choice.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sigmask.errors import SigmaskError, unknown_name
from sigmask.export.facts import Facts
from sigmask.types import Action, Scope

MAX_LENGTH = 2_000
"""Characters; a filter longer than this is a mistake. Our choice."""


class FilterError(SigmaskError):
    """A filter that cannot be read; the message says which part and what is possible there."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One condition that a pair must meet to be exported; `name` is what the summary calls it."""

    name: str
    keeps: Callable[[Facts], bool]


def parse_filter(text: str) -> tuple[Rule, ...]:
    """The rules that `text` states: one for each part joined by `and` at the top, so that each has a count of its own.

    Names: `quality` and `area` (numbers in [0, 1]), `action` and `scope` (texts), `flags` (a set of texts).
    Operators: `and`, `or`, `not`, `<`, `<=`, `>`, `>=`, `==`, `!=` (chained too), `in`, `not in`, parentheses.

    Raises:
        FilterError: the text is no such expression, compares unlike things, or names what does not exist.
    """
    if len(text) > MAX_LENGTH:
        raise FilterError(f"--where: expected at most {MAX_LENGTH:,} characters, got {len(text):,}")
    try:
        body = ast.parse(text.strip(), mode="eval").body
        parts = body.values if isinstance(body, ast.BoolOp) and isinstance(body.op, ast.And) else [body]
        return tuple(Rule(ast.unparse(part), _condition(part)) for part in parts)
    except FilterError:
        raise
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise FilterError(
            f"--where: cannot read '{text}': {getattr(error, 'msg', error)}. "
            'Write it like: quality >= .8 and 0.002 < area < .6 and action in ("add", "remove")'
        ) from error


def selection_rule(column: str, wanted: Iterable[str]) -> Rule:
    """The rule of `--action` and `--scope`: the column has one of the wanted values.

    Raises:
        FilterError: a wanted value does not exist.
    """
    values = tuple(dict.fromkeys(wanted))
    for value in values:
        _require_known(column, value)
    read = _COLUMNS[column].read
    return Rule(f"{column} in {', '.join(values)}", lambda facts: read(facts) in values)


@dataclass(frozen=True, slots=True)
class _Operand:
    """One side of a comparison: its kind, how it is read, and its value where it does not depend on the pair."""

    kind: str
    read: Callable[[Facts], Any]
    column: str | None = None
    constants: tuple[Any, ...] = ()


_COLUMNS = {
    "quality": _Operand("number", operator.attrgetter("quality"), "quality"),
    "area": _Operand("number", operator.attrgetter("area"), "area"),
    "action": _Operand("text", operator.attrgetter("action"), "action"),
    "scope": _Operand("text", operator.attrgetter("scope"), "scope"),
    "flags": _Operand("texts", operator.attrgetter("flags"), "flags"),
}
_VOCABULARY = {"action": [action.value for action in Action], "scope": [scope.value for scope in Scope]}

_ORDER: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_EQUALITY: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {ast.Eq: operator.eq, ast.NotEq: operator.ne}


def _condition(node: ast.expr) -> Callable[[Facts], bool]:
    if isinstance(node, ast.BoolOp):
        parts = [_condition(value) for value in node.values]
        combine = all if isinstance(node.op, ast.And) else any
        return lambda facts: combine(part(facts) for part in parts)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        negated = _condition(node.operand)
        return lambda facts: not negated(facts)
    if isinstance(node, ast.Compare):
        return _comparison(node)
    if isinstance(node, ast.Name):
        _column(node.id)
        raise FilterError(f"--where: '{node.id}' alone is no condition: compare it, as in {_example(node.id)}")
    raise FilterError(f"--where: expected a comparison, got '{ast.unparse(node)}'")


def _comparison(node: ast.Compare) -> Callable[[Facts], bool]:
    operands = [_operand(side) for side in (node.left, *node.comparators)]
    steps: list[tuple[_Operand, Callable[[Any, Any], bool], _Operand]] = []
    for left, sign, right in zip(operands, node.ops, operands[1:], strict=False):
        steps.append((left, _operation(left, sign, right, ast.unparse(node)), right))
    if all(operand.column is None for operand in operands):
        raise FilterError(f"--where: '{ast.unparse(node)}' says nothing of a pair; known: {', '.join(_COLUMNS)}")
    return lambda facts: all(operation(left.read(facts), right.read(facts)) for left, operation, right in steps)


def _operation(left: _Operand, sign: ast.cmpop, right: _Operand, text: str) -> Callable[[Any, Any], bool]:
    """The operation, once it is known that the two sides can be compared so."""
    kinds = (left.kind, right.kind)
    if type(sign) in _ORDER and kinds == ("number", "number"):
        return _ORDER[type(sign)]
    if type(sign) in _EQUALITY and kinds in (("number", "number"), ("text", "text")):
        _check_words(left, right)
        return _EQUALITY[type(sign)]
    if isinstance(sign, ast.In | ast.NotIn) and kinds == ("text", "texts"):
        _check_words(left, right)
        return _is_in if isinstance(sign, ast.In) else _is_not_in
    advice = 'write "cropped" in flags' if "flags" in (left.column, right.column) else f"like {_example(left.column)}"
    raise FilterError(
        f"--where: '{text}' compares a {left.kind} with a {right.kind} in a way that has no meaning: {advice}"
    )


def _is_in(value: Any, values: Any) -> bool:
    return value in values


def _is_not_in(value: Any, values: Any) -> bool:
    return value not in values


def _operand(node: ast.expr) -> _Operand:
    if isinstance(node, ast.Name):
        return _column(node.id)
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        words = tuple(_text(element) for element in node.elts)
        return _Operand("texts", lambda facts: words, constants=words)
    value = _constant(node)
    kind = "text" if isinstance(value, str) else "number"
    return _Operand(kind, lambda facts: value, constants=(value,))


def _constant(node: ast.expr) -> Any:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = _constant(node.operand)
        if isinstance(value, int | float):
            return -value
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float, str):
        return node.value
    raise FilterError(f"--where: expected a column, a number or a quoted text, got '{ast.unparse(node)}'")


def _text(node: ast.expr) -> str:
    value = _constant(node)
    if not isinstance(value, str):
        raise FilterError(f"--where: expected quoted texts in a list, got '{ast.unparse(node)}'")
    return value


def _column(name: str) -> _Operand:
    if name not in _COLUMNS:
        words = [word for vocabulary in _VOCABULARY.values() for word in vocabulary]
        quotes = f' If the text is meant, quote it: "{name}".' if name in words else ""
        raise FilterError(f"--where: {unknown_name('column', name, _COLUMNS)}{quotes}")
    return _COLUMNS[name]


def _check_words(left: _Operand, right: _Operand) -> None:
    """A misspelt action would silently leave nothing over."""
    for one, other in ((left, right), (right, left)):
        if one.column in _VOCABULARY:
            for word in other.constants:
                _require_known(one.column, word)


def _require_known(column: str, value: str) -> None:
    if value not in _VOCABULARY[column]:
        raise FilterError(unknown_name(column, value, _VOCABULARY[column]))


def _example(column: str | None) -> str:
    return {"action": 'action == "add"', "scope": 'scope != "global"', "flags": '"cropped" in flags'}.get(
        column or "", f"{column or 'quality'} >= 0.5"
    )

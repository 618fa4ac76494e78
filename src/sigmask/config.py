"""Strict configurations: a YAML file becomes a typed, frozen object, and anything it does not expect is an error.

A configuration is a frozen pydantic dataclass or a `StrictConfig`; its fields are the file's keys. Nothing is
guessed: an unknown key, a repeated key or a value of another type stops the run before it starts.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import re
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from sigmask.errors import ConfigError

T = TypeVar("T")


class StrictConfig(BaseModel):
    """Base of configurations written as pydantic models: frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def load_config(path: str | Path, cls: type[T], overrides: Sequence[str] = ()) -> T:
    """Read a YAML file into `cls`.

    Args:
        path: the YAML file; an empty file means all defaults.
        cls: a pydantic dataclass or model, nested as deep as it likes.
        overrides: changes on top of the file, each "dotted.key=value", the value written as in YAML.

    Raises:
        ConfigError: if the file cannot be read or parsed, a key is unknown or repeated, or a value has the wrong
            type or is not allowed. Every problem of the file is named, not only the first.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: expected a configuration file, but there is none at this path.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: expected a readable YAML file in UTF-8, got: {error}.") from error
    data = _parse_yaml(text, str(path))
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: expected a mapping of keys to values, got {_shown(data)}.")
    for override in overrides:
        _apply_override(data, override)
    return build_config(data, cls, source=str(path))


def build_config(data: Mapping[str, Any], cls: type[T], *, source: str) -> T:
    """Validate plain data (as YAML or JSON gives it) into `cls`; `source` is named in every message.

    Raises:
        ConfigError: see `load_config`.
    """
    problems = list(_unknown_keys(data, cls, ()))
    if not problems:
        try:
            # By way of JSON, because strict validation then still takes lists for tuples and strings for enums and
            # paths, which is what YAML can express, but no "10" for 10 and no 1 for true.
            return TypeAdapter(cls).validate_json(json.dumps(data, default=str), strict=True)
        except ValidationError as error:
            problems = [_problem(detail) for detail in error.errors(include_url=False)]
    raise ConfigError("\n".join(f"{source}: {problem}" for problem in problems))


def config_to_dict(config: Any) -> dict[str, Any]:
    """All values of a configuration, defaults included, as plain data that `build_config` takes back."""
    plain: dict[str, Any] = TypeAdapter(type(config)).dump_python(config, mode="json")
    return plain


class _StrictLoader(yaml.SafeLoader):
    """SafeLoader that refuses repeated keys and reads 1e-3 as a number, as YAML 1.2 does and PyYAML does not."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise ConfigError(f"line {line}: expected a word as a key, got a {key_node.id}.")
            if key_node.value in seen:
                raise ConfigError(f"line {line}: the key '{key_node.value}' stands twice; keep one of them.")
            seen.add(key_node.value)
        return super().construct_mapping(node, deep=deep)


_StrictLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[eE][-+]?[0-9]+$"),
    list("-+0123456789."),
)


def _parse_yaml(text: str, source: str) -> Any:
    try:
        return yaml.load(text, Loader=_StrictLoader)  # noqa: S506 (a SafeLoader)
    except ConfigError as error:
        raise ConfigError(f"{source}: {error}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{source}: expected valid YAML, got: {_yaml_problem(error)}.") from error


def _yaml_problem(error: yaml.YAMLError) -> str:
    """What is wrong and where, on one line."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem is None:
        return " ".join(str(error).split())
    where = error.problem_mark or error.context_mark
    return error.problem if where is None else f"{error.problem} (line {where.line + 1}, column {where.column + 1})"


def _apply_override(data: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    parts = [part.strip() for part in key.split(".")]
    if not equals or not all(parts):
        raise ConfigError(f"override '{override}': expected dotted.key=value, for example training.steps=10.")
    node = data
    for depth, part in enumerate(parts[:-1], start=1):
        child = node.get(part)
        if child is None:
            child = node[part] = {}
        if not isinstance(child, dict):
            raise ConfigError(
                f"override '{override}': '{'.'.join(parts[:depth])}' is {_shown(child)}, which has no keys of its own."
            )
        node = child
    node[parts[-1]] = _parse_yaml(text, f"override '{override}'")


def _unknown_keys(data: Any, annotation: Any, location: tuple[str, ...]) -> Iterator[str]:
    """Walk the data along the types and describe each key that no field has."""
    annotation = _without_optional(annotation)
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    fields = _fields_of(annotation)
    if fields is not None and isinstance(data, Mapping):
        for key, value in data.items():
            if key in fields:
                yield from _unknown_keys(value, fields[key], (*location, key))
            else:
                yield _unknown_key(str(key), list(fields), location)
    elif origin is dict and len(arguments) == 2 and isinstance(data, Mapping):
        for key, value in data.items():
            yield from _unknown_keys(value, arguments[1], (*location, str(key)))
    elif origin in (list, tuple) and arguments and isinstance(data, list):
        for index, value in enumerate(data):
            yield from _unknown_keys(value, arguments[0], (*location, str(index)))


def _fields_of(annotation: Any) -> dict[str, Any] | None:
    """Field names and their types where `annotation` is a dataclass or a pydantic model, else None."""
    if not isinstance(annotation, type):
        return None
    if issubclass(annotation, BaseModel):
        return {name: field.annotation for name, field in annotation.model_fields.items()}
    if dataclasses.is_dataclass(annotation):
        hints = typing.get_type_hints(annotation)
        return {field.name: hints[field.name] for field in dataclasses.fields(annotation) if field.init}
    return None


def _without_optional(annotation: Any) -> Any:
    """`X` for `X | None`; a union of several types is left to pydantic."""
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        members = [member for member in typing.get_args(annotation) if member is not types.NoneType]
        if len(members) == 1:
            return members[0]
    return annotation


def _unknown_key(key: str, valid: list[str], location: tuple[str, ...]) -> str:
    dotted = ".".join((*location, key))
    nearest = difflib.get_close_matches(key, valid, n=1, cutoff=0.5)
    hint = f" Did you mean '{'.'.join((*location, nearest[0]))}'?" if nearest else ""
    where = f"'{'.'.join(location)}'" if location else "the top level"
    return f"unknown key '{dotted}'.{hint} Valid keys of {where}: {', '.join(sorted(valid)) or 'none'}."


def _problem(detail: Any) -> str:
    dotted = ".".join(str(part) for part in detail["loc"]) or "the whole file"
    kind = detail["type"]
    if kind in ("missing", "missing_argument"):
        return f"'{dotted}' is required, but was not given; add it."
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        return f"unknown key '{dotted}'; remove it."
    message = str(detail["msg"])
    expected = message.removeprefix("Input should be ").removeprefix("Value error, ")
    return f"'{dotted}': expected {expected}, got {_shown(detail['input'])}."


def _shown(value: Any) -> str:
    return f"{value!r} ({type(value).__name__})"

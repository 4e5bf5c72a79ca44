"""The schemas of what a user writes: defaults filled in, every error with its place and the nearest valid value."""

from __future__ import annotations

import functools
import pkgutil
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from fatescore import organisms
from fatescore._data import data_dir
from fatescore.errors import ConfigError, nearest

_TYPES = {
    "object": "a map of keys to values", "array": "a list", "string": "text", "integer": "a whole number",
    "number": "a number", "boolean": "true or false",
}  # fmt: skip


@functools.cache
def schema(kind: str) -> dict[str, Any]:
    """Return a schema by name: ``config``, ``datasets``, ``samples``, ``patterns``, ``catalogue``.

    A property with ``modules`` may have its default or the name of one of the public modules in that folder of the
    package: what registers itself is listed nowhere else.
    """
    path = data_dir("schemas") / f"{kind}.schema.yaml"
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    for part in found.get("properties", {}).values():
        if "modules" in part:
            folder = Path(__file__).parent / part["modules"]
            modules = sorted(module.name for module in pkgutil.iter_modules([str(folder)]))
            part["enum"] = [part["default"], *(name for name in modules if not name.startswith("_"))]
    if kind == "datasets":
        found["properties"]["organism"]["enum"] = list(organisms.names())
    return found


def filled(value: Any, within: Mapping[str, Any]) -> Any:
    """Fill in the schema's defaults, also inside objects and lists."""
    if isinstance(value, Mapping):
        out = dict(value)
        for key, part in within.get("properties", {}).items():
            if out.get(key) is None and "default" in part:  # YAML reads a key without a value as null
                out[key] = part["default"]
            if key in out:
                out[key] = filled(out[key], part)
        return out
    if isinstance(value, list) and "items" in within:
        return [filled(item, within["items"]) for item in value]
    return value


def validate(value: Mapping[str, Any], kind: str, where: str, *, table: bool = False) -> None:
    """Check what a user wrote.

    Parameters
    ----------
    value
        The settings, or one row of a table.
    kind
        Name of the schema.
    where
        Where it stands, for the message.
    table
        Whether the keys are columns of a table.

    Raises
    ------
    ConfigError
        With the place, what is found there and what is valid.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    error = best_match(Draft202012Validator(schema(kind)).iter_errors(value))
    if error is None:
        return
    place = ".".join(str(part) for part in error.absolute_path)
    described = error.schema.get("description", "") if isinstance(error.schema, Mapping) else ""
    spot = f"{where}, {'column' if table else 'key'} {place}" if place else where
    if error.instance == "":
        raise ConfigError(f"{spot}: empty", expected=described)
    if error.validator == "enum":
        choices = [str(choice) for choice in error.validator_value if choice != ""]
        raise ConfigError(f'{spot}: "{error.instance}" is not valid', fix=nearest(str(error.instance), choices))
    if error.validator == "additionalProperties":
        allowed = list(error.schema["properties"])
        wrong = next(key for key in error.instance if key not in allowed)
        raise ConfigError(f'{spot}: key "{wrong}" is not known', fix=nearest(str(wrong), allowed))
    if error.validator == "required":
        absent = next(key for key in error.validator_value if key not in error.instance)
        told = error.schema["properties"][absent].get("description", "")
        raise ConfigError(f'{spot}: key "{absent}" is missing', expected=told)
    if error.validator == "type":
        kinds = [error.validator_value] if isinstance(error.validator_value, str) else error.validator_value
        wanted = " or ".join(_TYPES[kind] for kind in kinds)
        fix = "put it in quotes" if wanted == "text" and not isinstance(error.instance, list | dict) else ""
        raise ConfigError(f"{spot}: {error.instance!r} is not {wanted}", expected=described, fix=fix)
    if error.validator == "pattern":
        raise ConfigError(f'{spot}: "{error.instance}" is not valid', expected=described)
    raise ConfigError(f"{spot}: {error.message}", expected=described)


def check_patterns(value: Any, where: str) -> None:
    """Check how columns of the sample table are read from sample fields.

    Raises
    ------
    ConfigError
        When a key is not known or a regular expression is not one.
    """
    if not isinstance(value, Mapping):
        raise ConfigError(f"{where}: {value!r} is not a map of columns to patterns")
    for column, pattern in value.items():
        spot = f"{where}, {column}"
        if not isinstance(pattern, Mapping):
            raise ConfigError(f"{spot}: {pattern!r} is not a map", expected="field, and match or values")
        _check_names(column, pattern, spot)
        validate(pattern, "patterns", spot)
        if "match" in pattern and "values" in pattern:
            raise ConfigError(f"{spot}: both match and values are given", expected="one of them")
        for regex in [pattern.get("match", ""), *pattern.get("values", {}).values()]:
            try:
                re.compile(regex)
            except re.error as error:
                raise ConfigError(f'{spot}: "{regex}" is not a regular expression ({error})') from error


def _check_names(column: Any, pattern: Mapping[str, Any], spot: str) -> None:
    """Refuse what YAML reads as something else than text, columns that name rows, and a ``use`` that is no use."""
    values = pattern.get("values") or {}
    for name in (column, *(values if isinstance(values, Mapping) else ())):
        if not isinstance(name, str):
            raise ConfigError(f"{spot}: {name!r} is not text", fix=f'put it in quotes, such as "{name}"')
    if column in ("dataset", "sample"):
        raise ConfigError(
            f"{spot}: a pattern cannot name the {column}", expected="condition, donor or a further column"
        )
    if column == "use":
        said = [*values, *([pattern["otherwise"]] if "otherwise" in pattern else [])]
        wrong = [value for value in said if value not in ("", "yes", "no")]
        if wrong or not values:
            found = f'"{wrong[0]}"' if wrong else "no values"
            raise ConfigError(f"{spot}: {found}", expected='values: {"no": ...} with otherwise: ""')


def whole_numbers(value: Any, within: Mapping[str, Any]) -> Any:
    """Write 200.0, which JSON Schema takes for a whole number, as one where the schema asks for one."""
    if isinstance(value, Mapping):
        parts = within.get("properties", {})
        return {key: whole_numbers(item, parts.get(key, {})) for key, item in value.items()}
    return int(value) if within.get("type") == "integer" and isinstance(value, float) else value

"""What ``--contrast`` holds: one comparison as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from fatescore.errors import InputError, nearest

_KEYS = ("id", "kind", "case", "control", "levels", "ordered", "expected", "ignore", "covariates", "block")
_LISTS = ("ignore", "covariates", "levels")


def parse_contrast(text: str) -> dict[str, Any]:
    """Read and check a comparison; what it leaves out has its default. Of levels the last is the case."""
    try:
        spec = json.loads(text)
    except ValueError as error:
        raise InputError(f"--contrast {text!r} is not JSON ({error})", fix="see fatescore contrast --help") from error
    if not isinstance(spec, dict) or not ({"id", "case", "control"} <= set(spec) or {"id", "levels"} <= set(spec)):
        raise InputError(
            f"--contrast {text!r} is not a contrast", expected='an object with "id", "case" and "control", or "levels"'
        )
    for key, value in spec.items():
        if key not in _KEYS:
            raise InputError(f'--contrast {spec["id"]}: unknown key "{key}"', fix=nearest(key, _KEYS))
        if key in _LISTS:
            _check_texts(spec["id"], key, value)
        elif key == "ordered":
            if not isinstance(value, bool):
                raise InputError(f'--contrast {spec["id"]}: "ordered" is {value!r}', expected="true or false")
        elif not isinstance(value, str):
            raise InputError(f'--contrast {spec["id"]}: "{key}" is {value!r}', expected="text")
    _check_patterns(spec["id"], spec.get("ignore", []))
    if "levels" in spec:
        _check_levels(spec)
        spec |= {"case": spec["levels"][-1], "control": spec["levels"][0]}
    defaults = {"kind": "other", "expected": "", "ignore": [], "covariates": [], "block": "", "levels": []}
    return defaults | {"ordered": True} | spec


def _check_levels(spec: Mapping[str, Any]) -> None:
    name = f"--contrast {spec['id']}"
    for key in ("case", "control", "covariates", "block"):
        if spec.get(key):
            raise InputError(f'{name}: "levels" and "{key}" are both given', expected="one of them")
    if len(spec["levels"]) < 3:
        raise InputError(f'{name}: "levels" are {spec["levels"]}', expected="three or more conditions")


def _check_texts(name: str, key: str, value: Any) -> None:
    if not (isinstance(value, list) and all(isinstance(item, str) for item in value)):
        raise InputError(f'--contrast {name}: "{key}" is {value!r}', expected="a list of texts")


def _check_patterns(name: str, patterns: list[str]) -> None:
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            raise InputError(
                f'--contrast {name}: "ignore" has {pattern!r} ({error})', expected="regular expressions"
            ) from error


def ignored(spec: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the patterns of fields that only restate the condition, those of the package first."""
    from fatescore.stats.confounding import DEFAULT_IGNORE

    return (*DEFAULT_IGNORE, *spec["ignore"])

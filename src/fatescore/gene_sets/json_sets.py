"""Gene sets as JSON: the only form here that keeps the size of weights."""

from __future__ import annotations

import functools
import json
import math
from typing import Any, NoReturn

import yaml

from fatescore._data import data_dir
from fatescore.errors import InputError
from fatescore.files import check_input, write_text
from fatescore.gene_sets.gmt import GeneSets, as_weights
from fatescore.typing import StrPath

_EXPECTED = 'JSON such as {"bone": {"RUNX2": 1, "PPARG": -1}} or {"bone": ["RUNX2", "SP7"]}'
_TYPES = {"object": "a map", "array": "a list", "string": "text", "number": "a number"}


def read_json_sets(path: StrPath) -> dict[str, dict[str, float]]:
    """Read gene sets from JSON.

    Parameters
    ----------
    path
        UTF-8 file with one object: set name -> list of genes (a trailing ``-`` turns a gene's sign), or set name ->
        {gene: weight}. Its shape is that of ``workflow/schemas/gene_sets.schema.yaml``.

    Returns
    -------
    Gene set name -> {gene: weight}, in the order of the file; weights exactly as written.

    Raises
    ------
    InputError
        Naming the file, the set and the gene: no JSON, another shape, a name twice, a weight of 0 or not finite.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from fatescore import gene_sets
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "mine.json"
    >>> _ = path.write_text('{"bone": {"RUNX2": 0.25, "PPARG": -1}}')
    >>> read_json_sets(path)
    {'bone': {'RUNX2': 0.25, 'PPARG': -1.0}}
    """
    source = check_input(path, "a JSON file of gene sets")

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(items)
        if len(value) < len(items):
            names = [name for name, _ in items]
            twice = next(name for name in names if names.count(name) > 1)
            raise InputError(f'{source}: "{twice}" stands twice', expected="every set and gene once", fix="keep one")
        return value

    def constant(name: str) -> NoReturn:
        raise InputError(f"{source}: a weight is {name}", expected="finite numbers", fix="leave that gene out")

    try:
        text = source.read_text(encoding="utf-8-sig")
        value = json.loads(text, object_pairs_hook=pairs, parse_constant=constant)
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"{source} cannot be read ({error.strerror})", fix="check its permissions") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{source} is not JSON ({error})", expected=_EXPECTED) from error
    _check(value, str(source))
    try:
        return as_weights(value)
    except InputError as error:
        raise InputError(f"{source}: {error.found}", expected=error.expected, fix=error.fix) from error


def write_json_sets(sets: GeneSets, path: StrPath) -> None:
    """Write gene sets as JSON, atomically; :func:`read_json_sets` gives the same sets, order and weights.

    Parameters
    ----------
    sets
        As in :func:`~fatescore.gene_sets.as_weights`.
    path
        The file.

    Raises
    ------
    InputError
        For sets that are empty, names with tabs or line breaks, and weights of 0 or not finite.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "mine.json"
    >>> write_json_sets({"bone": {"RUNX2": 0.1}}, path)
    >>> read_json_sets(path)
    {'bone': {'RUNX2': 0.1}}
    """
    weights = as_weights(sets)
    _check(weights, "gene sets")
    write_text(path, json.dumps(weights, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


@functools.cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = yaml.safe_load((data_dir("schemas") / "gene_sets.schema.yaml").read_text(encoding="utf-8"))
    return schema


def _check(value: Any, where: str) -> None:
    from jsonschema import Draft202012Validator

    error = next(Draft202012Validator(_schema()).iter_errors(value), None)
    if error is not None:
        spots = [
            f"entry {name + 1}" if isinstance(name, int) else f'{kind} "{name}"'
            for kind, name in zip(("set", "gene"), error.absolute_path, strict=False)
        ]
        told = error.schema.get("description", "") if isinstance(error.schema, dict) else ""
        raise InputError(f"{', '.join([where, *spots])}: {_what(error)}", expected=told or _EXPECTED)
    for name, genes in value.items():
        for gene, weight in genes.items() if isinstance(genes, dict) else ():
            if not _finite(weight):  # 1e999 is JSON and infinite
                raise InputError(f'{where}, set "{name}", gene "{gene}": the weight is infinite')


def _finite(weight: float) -> bool:
    try:
        return math.isfinite(float(weight))
    except OverflowError:
        return False


def _what(error: Any) -> str:
    shown = json.dumps(error.instance, ensure_ascii=False)
    shown = shown if len(shown) <= 40 else shown[:37] + "..."
    if error.validator == "type":
        wanted = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
        return f"{shown} is not {' or '.join(_TYPES[kind] for kind in wanted)}"
    if error.validator in ("minItems", "minProperties"):
        return "it is empty"
    if error.validator == "not":
        return "the weight is 0"
    return f"{shown} is no name"

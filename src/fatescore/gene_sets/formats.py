"""Read and write gene sets as GMT or JSON, and convert the forms that users pass to weights."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from numbers import Real
from pathlib import Path
from typing import Any

from fatescore.errors import InputError
from fatescore.files import check_input, write_text
from fatescore.typing import StrPath

GeneSets = Mapping[str, Iterable[str] | Mapping[str, float]]

_JSON = 'JSON such as {"bone": {"RUNX2": 1, "PPARG": -1}} or {"bone": ["RUNX2", "SP7"]}'
_BREAK = re.compile(r"[\t\n\r]")


def read_gmt(path: StrPath) -> dict[str, list[str]]:
    """Read a GMT file: one set per line, name, description and genes separated by tabs.

    Parameters
    ----------
    path
        The file. Genes with a trailing ``-`` or ``+`` keep it (see :func:`as_weights`).

    Returns
    -------
    Gene set name -> genes in the order of the file, each once.

    Raises
    ------
    InputError
        When the file is absent, a line has fewer than three fields, or a name is repeated.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from fatescore import gene_sets
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "mine.gmt"
    >>> gene_sets.write_gmt({"bone": ["RUNX2", "SP7"]}, path)
    >>> gene_sets.read_gmt(path)
    {'bone': ['RUNX2', 'SP7']}
    """
    source = Path(path)
    try:
        lines = source.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{source} cannot be read ({error})", expected="a GMT file in UTF-8") from error
    sets: dict[str, list[str]] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        name, *rest = line.split("\t")
        genes = [gene.strip() for gene in rest[1:] if gene.strip()]
        if not genes:
            raise InputError(
                f"{source}, line {number}: no genes after name and description",
                expected="name, description and genes separated by tabs",
                fix="blanks do not separate genes in GMT; use tabs",
            )
        if name in sets:
            raise InputError(f'{source}, line {number}: gene set "{name}" is repeated', fix="rename one")
        sets[name] = list(dict.fromkeys(genes))
    if not sets:
        raise InputError(f"{source} holds no gene set", expected="a GMT file")
    return sets


def write_gmt(sets: GeneSets, path: StrPath, *, description: str | Mapping[str, str] = "") -> None:
    r"""Write a GMT file, atomically.

    Genes with a negative weight get a trailing ``-``; the size of weights is not kept (see :func:`write_json_sets`).

    Parameters
    ----------
    sets
        As in :func:`as_weights`.
    path
        The file.
    description
        Second field of every line, or one per set name.

    Raises
    ------
    InputError
        When a name, a gene or a description holds a tab or a line break, or a set is empty.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from fatescore import gene_sets
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "mine.gmt"
    >>> gene_sets.write_gmt({"bone": {"RUNX2": 1, "PPARG": -1}}, path, description={"bone": "mine"})
    >>> path.read_text()
    'bone\tmine\tRUNX2\tPPARG-\n'
    """
    lines = []
    for name, weights in as_weights(sets).items():
        text = description if isinstance(description, str) else description.get(name, "")
        if _BREAK.search(text):
            raise InputError(f'gene set "{name}": its description holds a tab or line break', fix="leave it out")
        lines.append("\t".join([name, text, *(_with_sign(gene, weight) for gene, weight in weights.items())]))
    write_text(path, "\n".join(lines) + "\n")


def read_json_sets(path: StrPath) -> dict[str, dict[str, float]]:
    """Read gene sets from JSON, the form that keeps the size of weights.

    Parameters
    ----------
    path
        UTF-8 file with one object: set name -> list of genes (a trailing ``-`` turns a gene's sign), or set name ->
        {gene: weight}.

    Returns
    -------
    Gene set name -> {gene: weight}, in the order of the file; weights exactly as written.

    Raises
    ------
    InputError
        Naming the file, the set and the gene: no JSON, another form, a repeated name, a weight of 0 or not finite.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from fatescore import gene_sets
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "mine.json"
    >>> _ = path.write_text('{"bone": {"RUNX2": 0.25, "PPARG": -1}}')
    >>> gene_sets.read_json_sets(path)
    {'bone': {'RUNX2': 0.25, 'PPARG': -1.0}}
    """
    source = check_input(path, "a JSON file of gene sets")
    try:
        value = json.loads(source.read_text(encoding="utf-8-sig"), object_pairs_hook=_without_repeats)
        return as_weights(value if isinstance(value, dict) else {})
    except InputError as error:
        raise InputError(f"{source}: {error.found}", expected=error.expected, fix=error.fix) from error
    except OSError as error:
        raise InputError(f"{source} cannot be read ({error.strerror})", fix="check its permissions") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{source} is not JSON ({error})", expected=_JSON) from error


def write_json_sets(sets: GeneSets, path: StrPath) -> None:
    """Write gene sets as JSON, atomically; :func:`read_json_sets` gives the same sets, order and weights.

    Parameters
    ----------
    sets, path
        As in :func:`write_gmt`.

    Raises
    ------
    InputError
        As in :func:`as_weights`.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from fatescore import gene_sets
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "mine.json"
    >>> gene_sets.write_json_sets({"bone": {"RUNX2": 0.1}}, path)
    >>> gene_sets.read_json_sets(path)
    {'bone': {'RUNX2': 0.1}}
    """
    write_text(path, json.dumps(as_weights(sets), indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def as_weights(gene_sets: GeneSets | StrPath) -> dict[str, dict[str, float]]:
    """Convert the forms that users pass into one: set name -> {gene: weight}.

    Parameters
    ----------
    gene_sets
        A mapping of names to genes (a trailing ``-`` turns a gene's sign, a trailing ``+`` is dropped),
        a mapping of names to {gene: weight}, or the path of a GMT or (ending ``.json``) JSON file.

    Returns
    -------
    Gene set name -> {gene: weight}; a gene without a weight has 1, or -1 with a trailing ``-``.

    Raises
    ------
    InputError
        Naming the set: its name or that of a gene is not text, is blank or holds a tab or line break; it is empty, or
        holds a gene with both signs, or a weight of 0, not finite or not a number.

    Examples
    --------
    >>> from fatescore import gene_sets
    >>> gene_sets.as_weights({"s": ["RUNX2+", "PPARG-"]})
    {'s': {'RUNX2': 1.0, 'PPARG': -1.0}}
    """
    if not isinstance(gene_sets, Mapping):
        if Path(gene_sets).suffix.lower() == ".json":
            return read_json_sets(gene_sets)
        gene_sets = read_gmt(gene_sets)
    if not gene_sets:
        raise InputError("no gene set was given", expected="a mapping of names to genes, or a GMT or JSON file")
    return {_check_name(name, "gene sets"): _weights(str(name), genes) for name, genes in gene_sets.items()}


def _weights(name: str, genes: Iterable[str] | Mapping[str, float]) -> dict[str, float]:
    if isinstance(genes, str):
        raise InputError(f'gene set "{name}" is one string', expected="a list of genes", fix=f'use ["{genes}"]')
    weights: dict[str, float] = {}
    if isinstance(genes, Mapping):
        for gene, weight in genes.items():
            weights[_check_name(gene, f'gene set "{name}"')] = _finite(weight, gene, name)
    elif isinstance(genes, Iterable):
        for gene in genes:
            symbol, weight = _split_sign(_check_name(gene, f'gene set "{name}"'))
            if weights.setdefault(_check_name(symbol, f'gene set "{name}"'), weight) != weight:
                raise InputError(f'gene set "{name}" holds {symbol} with both signs', fix="keep one of them")
    else:
        raise InputError(f'gene set "{name}" is {genes!r}', expected="a list of genes, or a map of genes to weights")
    if not weights:
        raise InputError(f'gene set "{name}" is empty', expected="at least one gene")
    return weights


def _check_name(name: object, where: str) -> str:
    if not isinstance(name, str) or not name.strip() or _BREAK.search(name):
        raise InputError(f"{where}: {name!r} is not a name", expected="text without tabs and line breaks")
    return str(name)


def _finite(weight: object, gene: str, name: str) -> float:
    try:
        number = math.nan if isinstance(weight, bool) or not isinstance(weight, Real) else float(weight)
    except OverflowError:
        number = math.inf
    if number == 0 or not math.isfinite(number):
        raise InputError(
            f'gene set "{name}" has the weight {weight!r:.40} for {gene}', expected="a finite number other than 0",
            fix="leave that gene out",
        )  # fmt: skip
    return number


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise InputError(f'"{repeated}" is repeated', expected="every set and gene once", fix="keep one")
    return value


def _with_sign(gene: str, weight: float) -> str:
    """Return the gene as :func:`_split_sign` reads it; a name that ends with a sign of its own gets a ``+``."""
    if weight < 0:
        return gene + "-"
    return gene + "+" if gene.endswith(("+", "-")) else gene


def _split_sign(gene: str) -> tuple[str, float]:
    if gene.endswith("-"):
        return gene[:-1], -1.0
    return gene.removesuffix("+"), 1.0

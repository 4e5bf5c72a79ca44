"""Gene sets in and out: GMT files (tab separated) and the shapes that users pass."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path

from fatescore.errors import InputError
from fatescore.files import write_text
from fatescore.typing import StrPath

GeneSets = Mapping[str, Iterable[str] | Mapping[str, float]]


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
        When the file is absent, a line has fewer than three fields, or a name stands twice.

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
            raise InputError(f'{source}, line {number}: gene set "{name}" stands twice', fix="rename one")
        sets[name] = list(dict.fromkeys(genes))
    if not sets:
        raise InputError(f"{source} holds no gene set", expected="a GMT file")
    return sets


def write_gmt(sets: GeneSets, path: StrPath, *, description: str | Mapping[str, str] = "") -> None:
    r"""Write a GMT file, atomically.

    Genes with a negative weight get a trailing ``-``; the size of weights is not kept (see
    :func:`~fatescore.gene_sets.json_sets.write_json_sets`).

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
        told = description if isinstance(description, str) else description.get(name, "")
        fields = [name, told, *(_marked(gene, weight) for gene, weight in weights.items())]
        for field in fields:
            if "\t" in field or "\n" in field or "\r" in field:
                raise InputError(f'gene set "{name}": {field!r} holds a tab or line break', fix="leave it out")
        if not name.strip():
            raise InputError("a gene set has no name", expected="a name for every set")
        lines.append("\t".join(fields))
    write_text(path, "\n".join(lines) + "\n")


def as_weights(gene_sets: GeneSets | StrPath) -> dict[str, dict[str, float]]:
    """Bring the shapes that users pass into one: set name -> {gene: weight}.

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
        Naming the set: it is empty, holds a gene with both signs, a gene without a name, or a weight of 0, not
        finite or not a number.

    Examples
    --------
    >>> from fatescore import gene_sets
    >>> gene_sets.as_weights({"s": ["RUNX2+", "PPARG-"]})
    {'s': {'RUNX2': 1.0, 'PPARG': -1.0}}
    """
    if not isinstance(gene_sets, Mapping):
        if Path(gene_sets).suffix.lower() == ".json":
            from fatescore.gene_sets.json_sets import read_json_sets

            return read_json_sets(gene_sets)
        gene_sets = read_gmt(gene_sets)
    if not gene_sets:
        raise InputError("no gene set was given", expected="a mapping of names to genes, or a GMT or JSON file")
    return {str(name): _one_set(str(name), genes) for name, genes in gene_sets.items()}


def _one_set(name: str, genes: Iterable[str] | Mapping[str, float]) -> dict[str, float]:
    if isinstance(genes, str):
        raise InputError(f'gene set "{name}" is one string', expected="a list of genes", fix=f'use ["{genes}"]')
    if isinstance(genes, Mapping):
        weights = {str(gene): _number(name, str(gene), weight) for gene, weight in genes.items()}
    else:
        weights = {}
        for gene in genes:
            symbol, weight = _split_sign(str(gene))
            if weights.get(symbol, weight) != weight:
                raise InputError(f'gene set "{name}" holds {symbol} with both signs', fix="keep one of them")
            weights[symbol] = weight
    if not weights:
        raise InputError(f'gene set "{name}" is empty', expected="at least one gene")
    for gene, weight in weights.items():
        if not gene.strip():
            raise InputError(f'gene set "{name}" holds a gene without a name', expected="a symbol")
        if weight == 0 or not math.isfinite(weight):
            raise InputError(f'gene set "{name}" holds a weight of {weight:g} for {gene}', fix="leave that gene out")
    return weights


def _number(name: str, gene: str, weight: object) -> float:
    try:
        return float(weight)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(
            f'gene set "{name}": {weight!r} is no weight for {gene}', expected="a finite number"
        ) from error


def _marked(gene: str, weight: float) -> str:
    """Return the gene as :func:`_split_sign` reads it; a name that ends with a sign of its own gets a ``+``."""
    if weight < 0:
        return gene + "-"
    return gene + "+" if gene.endswith(("+", "-")) else gene


def _split_sign(gene: str) -> tuple[str, float]:
    if gene.endswith("-"):
        return gene[:-1], -1.0
    return gene.removesuffix("+"), 1.0

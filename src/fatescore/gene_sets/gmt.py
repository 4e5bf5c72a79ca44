"""Gene sets in and out: GMT files (tab separated) and the shapes that users pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from fatescore._files import write_text
from fatescore.errors import InputError
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
        lines = source.read_text(encoding="utf-8").splitlines()
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


def write_gmt(sets: GeneSets, path: StrPath, *, description: str = "") -> None:
    """Write a GMT file; genes with a negative weight get a trailing ``-``, the size of weights is not kept."""
    lines = []
    for name, genes in sets.items():
        weights = as_weights({name: genes})[name]
        marked = [gene + ("-" if weight < 0 else "") for gene, weight in weights.items()]
        lines.append("\t".join([name, description, *marked]))
    write_text(path, "\n".join(lines) + "\n")


def as_weights(gene_sets: GeneSets | StrPath) -> dict[str, dict[str, float]]:
    """Bring the shapes that users pass into one: set name -> {gene: weight}.

    Parameters
    ----------
    gene_sets
        A mapping of names to genes (a trailing ``-`` turns a gene's sign, a trailing ``+`` is dropped),
        a mapping of names to {gene: weight}, or the path of a GMT file.

    Examples
    --------
    >>> from fatescore import gene_sets
    >>> gene_sets.as_weights({"s": ["RUNX2+", "PPARG-"]})
    {'s': {'RUNX2': 1.0, 'PPARG': -1.0}}
    """
    if not isinstance(gene_sets, Mapping):
        gene_sets = read_gmt(gene_sets)
    if not gene_sets:
        raise InputError("no gene set was given", expected="a mapping of names to genes, or a GMT file")
    return {str(name): _one_set(str(name), genes) for name, genes in gene_sets.items()}


def _one_set(name: str, genes: Iterable[str] | Mapping[str, float]) -> dict[str, float]:
    if isinstance(genes, str):
        raise InputError(f'gene set "{name}" is one string', expected="a list of genes", fix=f'use ["{genes}"]')
    if isinstance(genes, Mapping):
        weights = {str(gene): float(weight) for gene, weight in genes.items()}
    else:
        weights = {}
        for gene in genes:
            symbol, weight = _split_sign(str(gene))
            if weights.get(symbol, weight) != weight:
                raise InputError(f'gene set "{name}" holds {symbol} with both signs', fix="keep one of them")
            weights[symbol] = weight
    if not weights:
        raise InputError(f'gene set "{name}" is empty', expected="at least one gene")
    if any(weight == 0 or weight != weight for weight in weights.values()):
        raise InputError(f'gene set "{name}" holds a weight of 0 or NaN', fix="leave that gene out")
    return weights


def _split_sign(gene: str) -> tuple[str, float]:
    if gene.endswith("-"):
        return gene[:-1], -1.0
    return gene.removesuffix("+"), 1.0

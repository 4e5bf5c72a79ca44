"""Read and write gene sets as GMT or JSON; either may be packed, as .gz."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fatescore.errors import InputError
from fatescore.files import check_input, write_text
from fatescore.gene_sets.forms import BREAK, GeneSetDict, GeneSets, cleaned_name, weights_of
from fatescore.packed import read_bytes
from fatescore.typing import StrPath

_JSON = 'JSON such as {"bone": {"RUNX2": 1, "PPARG": -1}} or {"bone": ["RUNX2", "SP7"]}'


def read_gmt(path: StrPath) -> dict[str, list[str]]:
    """Read a GMT file: one set per line, name, description and genes separated by tabs.

    Parameters
    ----------
    path
        The file. Genes with a trailing ``-`` or ``+`` keep it (see :func:`fatescore.gene_sets.as_weights`).

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
    source = check_input(path, "a GMT file")
    try:
        lines = read_bytes(source).decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise InputError(f"{source} cannot be read ({error})", expected="a GMT file in UTF-8") from error
    sets: dict[str, list[str]] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        name, *rest = map(cleaned_name, line.split("\t"))
        genes = [gene for gene in rest[1:] if gene]
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
        As in :func:`fatescore.gene_sets.as_weights`, but for a path or a name.
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
    for name, weights in weights_of(sets).items():
        text = description if isinstance(description, str) else description.get(name, "")
        if BREAK.search(text):
            raise InputError(f'gene set "{name}": its description holds a tab or line break', fix="leave it out")
        lines.append("\t".join([name, text, *(_with_sign(gene, weight) for gene, weight in weights.items())]))
    write_text(path, "\n".join(lines) + "\n")


def read_json_sets(path: StrPath) -> GeneSetDict:
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
    plain = read_bytes(source)
    try:
        value = json.loads(plain.decode("utf-8-sig"), object_pairs_hook=_without_repeats)
        return weights_of(value if isinstance(value, dict) else {})
    except InputError as error:
        raise InputError(f"{source}: {error.found}", expected=error.expected, fix=error.fix) from error
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
        As in :func:`fatescore.gene_sets.as_weights`.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from fatescore import gene_sets
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "mine.json"
    >>> gene_sets.write_json_sets({"bone": {"RUNX2": 0.1}}, path)
    >>> gene_sets.read_json_sets(path)
    {'bone': {'RUNX2': 0.1}}
    """
    write_text(path, json.dumps(weights_of(sets), indent=1, ensure_ascii=False, allow_nan=False) + "\n")


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

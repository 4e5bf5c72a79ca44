"""Layout ``series_matrix``: the values are in GEO's own series matrix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from fatescore import organisms
from fatescore.errors import InputError
from fatescore.gene_sets import symbols
from fatescore.geo import SeriesMatrix, probe_symbols, read_annotation, read_series_matrix
from fatescore.ingest.matrix import Located, Raw, platforms_near
from fatescore.ingest.readers import Layout, register
from fatescore.typing import Organism

_LEAST = 0.5  # of the probes must be in an annotation for it to be theirs


LAYOUT: Layout = register(
    Layout(
        name="series_matrix",
        title="series matrices with values",
        endings=("_series_matrix.txt",),
        open=lambda path, file: Located("series_matrix", path, read_series_matrix(path), path, platforms_near(path)),
        read=lambda located, options: read(located, options.organism),
    )
)


def read(located: Located, organism: Organism | None) -> Raw:
    """Return a series matrix with values, with its platform's annotation unless its rows are named by gene already.

    A platform's table in the same file (SOFT) goes before ``GPL....annot.gz`` files in ``located.platforms``, and these
    before the table in a family SOFT file nearby. Row names are looked for among the symbols of the organism, or of
    any.
    """
    path, matrix = located.path, located.matrix
    if matrix is None or matrix.values is None:  # noqa: PD011
        raise InputError(f"{path} is a header without values", expected="a table", fix="use a supplementary file")
    values = matrix.values  # noqa: PD011
    raw = Raw(
        matrix=np.ascontiguousarray(values.to_numpy(dtype=float).T),
        ids=[str(name) for name in values.index],
        columns=list(values.columns),
        fields=matrix.samples if len(matrix.samples) else None,
        inputs=[path],
        notes=list(matrix.notes),
    )
    raw.annotation = _annotation(raw, located, matrix, organism)
    return raw


@dataclass(frozen=True)
class _Table:
    """A platform's table, and what a message calls it; ``path`` is empty for one in the file of the values."""

    name: str
    path: Path | None
    read: Callable[[], pd.DataFrame]


def _annotation(raw: Raw, located: Located, matrix: SeriesMatrix, organism: Organism | None) -> pd.Series[str] | None:
    refused: list[str] = []
    own = located.annotation
    within = [] if own is None else [_Table("the platform's table", None, lambda: own)]
    softs = _softs(located, matrix)
    found = _best(raw, within, organism, refused) or _best(raw, _files(located, matrix), organism, refused)
    if found is None and _named_by_gene(raw.ids, organism):
        raw.notes.append("the rows of the series matrix are named by gene, no platform annotation was needed")
        return None
    found = found or _best(raw, softs, organism, refused)
    if found is None:
        raise _nothing_fits(raw, located, matrix, refused, has_soft=bool(softs or within))
    table, symbols_of = found
    if table.path is not None:
        raw.inputs.append(table.path)
    if "symbol" not in str(symbols_of.name).casefold():
        raw.notes.append(f'the genes of the probes are those of the column "{symbols_of.name}" of {table.name}')
    share = _share(raw, symbols_of)
    if share < 1:
        raw.notes.append(f"{round((1 - share) * len(raw.ids))} probes are not in {table.name}")
    return symbols_of.reindex(pd.Index(raw.ids)).fillna("")


def _files(located: Located, matrix: SeriesMatrix) -> list[_Table]:
    folder = located.platforms
    if folder is None or not folder.is_dir():
        return []
    paths = [path for name in matrix.platforms for path in sorted(folder.glob(f"{name}[._]*"))]
    return [_Table(path.name, path, partial(read_annotation, path)) for path in paths]


def _softs(located: Located, matrix: SeriesMatrix) -> list[_Table]:
    """Return the platforms' tables of the family SOFT files beside the matrix, or where fetch puts them."""
    folders = [located.path.parent] + ([located.platforms.parent / "soft"] if located.platforms is not None else [])
    paths = [path for folder in folders for path in sorted(folder.glob("*_family.soft*")) if path != located.path]
    return [
        _Table(f"{path.name} ({name})", path, partial(read_annotation, path, name))
        for path in paths for name in matrix.platforms
    ]  # fmt: skip


def _best(
    raw: Raw, tables: list[_Table], organism: Organism | None, refused: list[str]
) -> tuple[_Table, pd.Series[str]] | None:
    """Return the table with most of the probes, if it has enough; say of the others why not."""
    fitting: list[tuple[float, _Table, pd.Series[str]]] = []
    for table in tables:
        try:
            found = probe_symbols(table.read(), organism)
        except InputError as error:  # another table, or the names of the rows, may do
            refused.append(f"{table.name}: {error.found}")
            continue
        share = _share(raw, found)
        if share >= _LEAST:
            fitting.append((share, table, found))
        else:
            refused.append(f"{table.name} holds {share:.0%} of them")
    return max(fitting, key=lambda one: one[0])[1:] if fitting else None


def _share(raw: Raw, found: pd.Series[str]) -> float:
    return float(pd.Index(raw.ids).isin(found.index).mean())


def _named_by_gene(ids: list[str], organism: Organism | None) -> bool:
    first = [name.split("///")[0] for name in ids]
    rules = [symbols.resolve(first, one)["mapped_by"] for one in ([organism] if organism else organisms.names())]
    return bool(max(rule.isin([symbols.APPROVED, symbols.CASE, symbols.ENSEMBL]).mean() for rule in rules) >= 0.3)


def _nothing_fits(
    raw: Raw, located: Located, matrix: SeriesMatrix, refused: list[str], *, has_soft: bool
) -> InputError:
    platform = next(iter(matrix.platforms), "")
    series = (matrix.series.get("geo_accession") or ["GSE..."])[0]
    soft = f"run fatescore fetch {series} --what matrix,soft: the family SOFT file has the platform's table; or "
    file = (located.platforms or Path("platform")) / f"{platform or 'GPL...'}.own.txt"
    return InputError(
        f"the rows of {raw.inputs[0].name} are probes such as {', '.join(raw.ids[:3])}, and "
        + ("; ".join(refused) or "there is no annotation file"),
        expected=f"an annotation of {', '.join(matrix.platforms) or 'the platform'} that names genes",
        fix=("" if has_soft else soft) + f"write a tab-separated table with the columns ID and Gene symbol to {file}",
    )

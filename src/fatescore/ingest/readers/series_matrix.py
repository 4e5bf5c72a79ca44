"""Layout ``series_matrix``: the values are in GEO's own series matrix."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from fatescore import organisms
from fatescore.errors import InputError, few
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

    A platform's table in the same file (SOFT) goes before ``GPL....annot.gz`` files in ``located.platforms``. Row names
    are looked for among the symbols of the organism, or of any.
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
    raw.annotation = _annotation(raw, matrix, located.platforms, organism, located.annotation)
    return raw


def _annotation(
    raw: Raw, matrix: SeriesMatrix, platforms: Path | None, organism: Organism | None, own: pd.DataFrame | None
) -> pd.Series[str] | None:
    probes = pd.Index(raw.ids)
    listed = None if own is None else _symbols_of(own)
    if listed is not None and _share(probes, listed) >= _LEAST:
        return _reindexed(probes, listed, "the platform's table", raw.notes)
    files = [
        path
        for name in matrix.platforms
        for path in sorted(platforms.glob(f"{name}[._]*") if platforms is not None and platforms.is_dir() else [])
    ]
    best: tuple[float, Path, pd.Series[str]] | None = None
    errors: list[InputError] = []
    for file in files:
        try:
            found = probe_symbols(read_annotation(file))
        except InputError as error:  # another file of the platform, or the names of the rows, may do
            errors.append(error)
            continue
        share = _share(probes, found)
        if best is None or share > best[0]:
            best = (share, file, found)
    if best is not None and best[0] >= _LEAST:
        raw.inputs.append(best[1])
        return _reindexed(probes, best[2], best[1].name, raw.notes)
    first = [name.split("///")[0] for name in raw.ids]
    rules = [symbols.resolve(first, one)["mapped_by"] for one in ([organism] if organism else organisms.names())]
    if max(rule.isin([symbols.APPROVED, symbols.CASE, symbols.ENSEMBL]).mean() for rule in rules) >= 0.3:
        raw.notes.append("the rows of the series matrix are named by gene, no platform annotation was needed")
        return None
    if errors and best is None:
        raise errors[0]
    reason = f"{best[1].name} holds {best[0]:.0%} of them" if best else "there is no annotation file"
    if own is not None:
        reason = f"their platform's own table has no symbols for them ({few(list(map(str, own.columns)))}); {reason}"
    raise InputError(
        f"the rows of {raw.inputs[0].name} are probes such as {', '.join(raw.ids[:3])}, and {reason}",
        expected=f"an annotation of {', '.join(matrix.platforms) or 'the platform'}",
        fix="fetch the platform, or put GPL....annot.gz into the platform folder beside the matrix",
    )


def _symbols_of(own: pd.DataFrame) -> pd.Series[str] | None:
    try:
        found = probe_symbols(own)
    except InputError:  # many platforms name no symbols in SOFT, and their annotation file does
        return None
    return found if (found != "").any() else None


def _share(probes: pd.Index, found: pd.Series[str]) -> float:
    return float(probes.isin(found.index).mean())


def _reindexed(probes: pd.Index, found: pd.Series[str], where: str, notes: list[str]) -> pd.Series[str]:
    share = _share(probes, found)
    if share < 1:
        notes.append(f"{round((1 - share) * len(probes))} probes are not in {where}")
    return found.reindex(probes).fillna("")

"""Layout ``series_matrix``: the values are in GEO's own series matrix."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from fatescore.errors import InputError
from fatescore.gene_sets import symbols
from fatescore.geo import SeriesMatrix, probe_symbols, read_annotation
from fatescore.ingest._raw import Raw, few
from fatescore.typing import Organism

_LEAST = 0.5  # of the probes must be in an annotation for it to be theirs


def read(
    path: Path, matrix: SeriesMatrix, platforms: Path | None, organism: Organism, own: pd.DataFrame | None = None
) -> Raw:
    """Hand over a series matrix, with its platform's annotation unless its rows are named by gene already.

    Parameters
    ----------
    path
        Where ``matrix`` was read from.
    matrix
        The series matrix; it must have values.
    platforms
        Folder of ``GPL....annot.gz`` files, or ``None``.
    organism
        Whose symbols to look for among the row names.
    own
        The platform's table in the same file (SOFT), which goes before the folder.
    """
    if matrix.values is None:  # noqa: PD011
        raise InputError(f"{path} is a header without values", expected="a table", fix="use a supplementary file")
    values = matrix.values  # noqa: PD011
    raw = Raw(
        matrix=np.ascontiguousarray(values.to_numpy(dtype=float).T),
        ids=[str(name) for name in values.index],
        columns=list(values.columns),
        fields=matrix.samples,
        inputs=[path],
        notes=list(matrix.notes),
    )
    raw.annotation = _annotation(raw, matrix, platforms, organism, own)
    return raw


def _annotation(
    raw: Raw, matrix: SeriesMatrix, platforms: Path | None, organism: Organism, own: pd.DataFrame | None
) -> pd.Series[str] | None:
    probes = pd.Index(raw.ids)
    told = None if own is None else _symbols_of(own)
    if told is not None and _share(probes, told) >= _LEAST:
        return _reindexed(probes, told, "the platform's table", raw.notes)
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
    rules = symbols.resolve(first, organism)["mapped_by"]
    known = float(rules.isin([symbols.APPROVED, symbols.CASE, symbols.ENSEMBL]).mean())
    if known >= 0.3:
        raw.notes.append("the rows of the series matrix are named by gene, no platform annotation was needed")
        return None
    if errors and best is None:
        raise errors[0]
    seen = f"{best[1].name} holds {best[0]:.0%} of them" if best else "there is no annotation file"
    if own is not None:
        seen = f"their platform's own table has no symbols for them ({few(list(map(str, own.columns)))}); {seen}"
    raise InputError(
        f"the rows of {raw.inputs[0].name} are probes such as {', '.join(raw.ids[:3])}, and {seen}",
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

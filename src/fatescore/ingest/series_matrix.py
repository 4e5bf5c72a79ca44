"""Layout ``series_matrix``: the values are in GEO's own series matrix."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from fatescore.errors import InputError
from fatescore.gene_sets import symbols
from fatescore.geo import SeriesMatrix, probe_symbols, read_annotation
from fatescore.ingest._raw import Raw
from fatescore.typing import Organism


def read(path: Path, matrix: SeriesMatrix, platforms: Path | None, organism: Organism) -> Raw:
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
    raw.annotation = _annotation(raw, matrix, platforms, organism)
    return raw


def _annotation(raw: Raw, matrix: SeriesMatrix, platforms: Path | None, organism: Organism) -> pd.Series[str] | None:
    files = [
        path
        for name in matrix.platforms
        for path in sorted(platforms.glob(f"{name}[._]*") if platforms is not None and platforms.is_dir() else [])
    ]
    probes = pd.Index(raw.ids)
    best: tuple[float, Path, pd.Series[str]] | None = None
    for file in files:
        found = probe_symbols(read_annotation(file))
        share = float(probes.isin(found.index).mean())
        if best is None or share > best[0]:
            best = (share, file, found)
    if best is not None and best[0] >= 0.5:
        share, file, found = best
        raw.inputs.append(file)
        if share < 1:
            raw.notes.append(f"{round((1 - share) * len(probes))} probes are not in {file.name}")
        return found.reindex(probes).fillna("")
    first = [name.split("///")[0] for name in raw.ids]
    rules = symbols.resolve(first, organism)["mapped_by"]
    known = float(rules.isin([symbols.APPROVED, symbols.CASE, symbols.ENSEMBL]).mean())
    if known >= 0.3:
        raw.notes.append("the rows of the series matrix are named by gene, no platform annotation was needed")
        return None
    seen = f"{files[0].name} holds {best[0]:.0%} of them" if best else "there is no annotation file"
    raise InputError(
        f"the rows of {raw.inputs[0].name} are probes such as {', '.join(raw.ids[:3])}, and {seen}",
        expected=f"an annotation of {', '.join(matrix.platforms) or 'the platform'}",
        fix="fetch the platform, or put GPL....annot.gz into the platform folder beside the matrix",
    )

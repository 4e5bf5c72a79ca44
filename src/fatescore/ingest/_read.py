"""Hand what was located to the reader of its layout."""

from __future__ import annotations

from fatescore.ingest import count_files, count_table, h5ad, loom, series_matrix, tenx_h5, tenx_mtx
from fatescore.ingest._archive import is_archive
from fatescore.ingest._locate import Located
from fatescore.ingest._raw import Raw
from fatescore.typing import Organism


def read_raw(found: Located, organism: Organism, *, sample_key: str = "", only: str = "") -> Raw:
    """Read what was located, as it is written; ``only`` names the sample where the data have one and do not name it."""
    if found.layout == "series_matrix" and found.matrix is not None:
        raw = series_matrix.read(found.path, found.matrix, found.platforms, organism)
    elif found.layout == "h5ad":
        raw = h5ad.read(found.path, sample_key, only)
    elif found.layout == "tenx_mtx":
        raw = tenx_mtx.read(found.path, found.file)
    elif found.layout == "tenx_h5":
        raw = tenx_h5.read(found.path, found.file)
    elif found.layout == "loom":
        raw = loom.read(found.path, found.file, sample_key)
    elif found.path.is_dir() or is_archive(found.path):
        raw = count_files.read(found.path, found.file)
    else:
        raw = count_table.read(found.path, sample_key, only)
    if raw.sample_names == [""] and only:
        raw.columns = [only] * len(raw.columns)
    if found.matrix is not None:
        raw.fields = found.matrix.samples if len(found.matrix.samples) else None
        raw.title = found.matrix.title
        raw.accession = (found.matrix.series.get("geo_accession") or [""])[0]
        raw.simulated = raw.simulated or raw.title.startswith("SIMULATED")
        if found.matrix_path is not None and found.matrix_path not in raw.inputs:
            raw.inputs.append(found.matrix_path)
    return raw

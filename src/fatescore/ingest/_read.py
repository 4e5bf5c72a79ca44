"""Hand what was located to the reader of its layout."""

from __future__ import annotations

from fatescore.errors import InputError
from fatescore.ingest import count_files, count_table, h5ad, loom, ncbi_counts, series_matrix, tenx_h5, tenx_mtx
from fatescore.ingest._archive import is_archive
from fatescore.ingest._locate import Located
from fatescore.ingest._raw import Raw, few
from fatescore.typing import Organism, Scale


def read_raw(
    found: Located, organism: Organism, *, sample_key: str = "", only: str = "", scale: Scale | None = None
) -> Raw:
    """Read what was located, as it is written.

    Parameters
    ----------
    found
        The files.
    organism
        Whose features to keep, where a file has those of several.
    sample_key
        Column that names the sample of every cell.
    only
        The sample, where the data have one and do not name it.
    scale
        As declared, to choose among the columns of RSEM's and similar files; they are read as counts without it.
    """
    raw = _read(found, organism, sample_key, only, scale)
    if raw.sample_names == [""] and only:
        raw.columns = [only] * len(raw.columns)
    if found.matrix is not None:
        raw.fields = found.matrix.samples if len(found.matrix.samples) else None
        raw.title = found.matrix.title
        raw.accession = (found.matrix.series.get("geo_accession") or [""])[0]
        raw.simulated = raw.simulated or raw.title.startswith("SIMULATED")
        if found.matrix_path is not None and found.matrix_path not in raw.inputs:
            raw.inputs.append(found.matrix_path)
        if found.layout != "series_matrix":  # which says so itself
            _note_absent(raw)
    return raw


def _read(found: Located, organism: Organism, sample_key: str, only: str, scale: Scale | None) -> Raw:
    if found.layout in ("series_matrix", "soft") and found.matrix is not None:
        return series_matrix.read(found.path, found.matrix, found.platforms, organism, found.annotation)
    if found.layout == "h5ad":
        return h5ad.read(found.path, sample_key, only)
    if found.layout == "tenx_mtx":
        return tenx_mtx.read(found.path, found.file, organism)
    if found.layout == "tenx_h5":
        return tenx_h5.read(found.path, found.file, organism)
    if found.layout == "loom":
        return loom.read(found.path, found.file, sample_key)
    if found.layout == "ncbi_counts":
        return ncbi_counts.read(found.path)
    if found.path.is_dir() or is_archive(found.path):
        raw = count_files.read(found.path, found.file, scale)
    else:
        raw = count_table.read(found.path, sample_key, only)
    _check_ids(raw)
    return raw


def _check_ids(raw: Raw) -> None:
    """Refuse genes that have numbers for names: NCBI GeneIDs say nothing without NCBI's table."""
    if raw.ids and not any(raw.other_names) and all(name.isdecimal() for name in raw.ids):
        raise InputError(
            f"{raw.inputs[0]} names its rows by numbers such as {few(raw.ids, 3)}: NCBI GeneIDs, or rows counted",
            expected="gene symbols or Ensembl gene ids",
            fix="add a column gene_name; for a table with GeneIDs, NCBI's Human.GRCh38.p13.annot.tsv.gz "
            '(or Mouse.GRCm39.annot.tsv.gz) beside it and the layout "ncbi_counts" do as well',
        )


def _note_absent(raw: Raw) -> None:
    """Name the samples of the series that the data lack, where the data name theirs by accession."""
    named = set(raw.sample_names)
    if raw.fields is None or not named <= set(raw.fields.index):
        return
    absent = [str(name) for name in raw.fields.index if name not in named]
    if absent:
        raw.notes.append(f"{len(absent)} samples of the series have no values in the data: {', '.join(absent)}")

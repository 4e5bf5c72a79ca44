"""Layout ``count_table``: one text table of genes x samples or observations x genes, or one table per sample."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from fatescore.errors import InputError, few
from fatescore.ingest import archive, workbook
from fatescore.ingest.across import Across
from fatescore.ingest.matrix import Located, Raw, ReadOptions, samples_of
from fatescore.ingest.readers import Layout, _per_sample, register
from fatescore.ingest.text_table import parse

_ENDINGS = (
    ".tsv", ".csv", ".txt", ".tab", ".count", ".counts", ".tpm", ".fpkm", ".genes.results", ".genes.sf", ".sf",
    ".xls", ".xlsx", ".xlsm",
)  # fmt: skip

LAYOUT: Layout = register(
    Layout(
        name="count_table",
        title="count tables",
        endings=_ENDINGS,
        any_text=True,
        # GEO's list of a series' files; what STAR and salmon write beside
        companions=re.compile(r"^filelist\.txt$|sj\.out\.tab$|^ambig_info\.tsv$"),
        together=lambda names: _per_sample.named_by_accession(_tables(names)),
        alike=lambda source, names: _per_sample.are_alike(source, _tables(names)),
        precedence=9,  # beside single-cell matrices tables are metadata
        read=lambda located, options: _read(located, options),
    )
)


def _tables(names: list[str]) -> list[str]:
    found = [name for name in names if LAYOUT.accepts_name(name)]
    return [name for name in found if not workbook.is_named(name)] or found


def _read(located: Located, options: ReadOptions) -> Raw:
    path, sheet = located.path, workbook.sheet_of(located.file)
    if not path.is_dir() and not archive.is_archive(path):
        raw = _one(path, path.name, options, sheet)
    else:
        members = archive.names(path, located.file)
        tables = _tables(members)
        if not tables:
            raise _no_table(path, members)
        if len(tables) == 1 and not _per_sample.is_one_sample(path, tables[0]):
            raw = _one(path, tables[0], options, sheet)
        else:
            raw = _per_sample.read(path, tables, options.scale, sheet)
    _check_ids(raw)
    return raw


def _one(path: Path, name: str, options: ReadOptions, sheet: str) -> Raw:
    """Return one table of a source; one of observations x genes is transposed, its other columns are its ``obs``.

    A file of one sample with several kinds of value gives that of the declared scale; the sample is called by the file.
    """
    source = path if name == path.name else path / name
    table = parse(archive.read(path, name), source, scale=options.scale, declared=options.declared, sheet=sheet)
    if table.across is not None:
        return _transposed(table.across, table.all_notes, path, options.sample_key, options.only_sample)
    if _per_sample.has_kinds(list(table.data.columns)):
        own = _per_sample.library(table, _per_sample.called(name))
        return _per_sample.joined([own], path, [name], options.scale, list(table.notes))
    raw = table.to_raw(path)
    raw.inputs = archive.inputs(path, [name])
    return raw


def _transposed(across: Across, notes: list[str], path: Path, sample_key: str, only_sample: str) -> Raw:
    columns = samples_of(across.obs, sample_key, only_sample, path)
    values = across.genes.to_numpy(dtype=float)
    return Raw(
        matrix=sp.csr_matrix(values) if np.isfinite(values).all() else values,
        ids=[str(name) for name in across.genes.columns],
        columns=columns,
        barcodes=[str(name) for name in across.genes.index] if len(set(columns)) < len(columns) else [],
        obs=across.obs if len(across.obs.columns) else None,
        inputs=[path],
        notes=notes,
    )


def _no_table(path: Path, members: list[str]) -> InputError:
    return InputError(
        f"{path} holds no table; its files are {few(members) or 'none'}",
        expected=f"files named ...{' or ...'.join(_ENDINGS)}", fix='set "layout" or "file" for this data set',
    )  # fmt: skip


def _check_ids(raw: Raw) -> None:
    """Refuse genes that have numbers for names: NCBI GeneIDs say nothing without NCBI's table."""
    if raw.ids and not any(raw.other_names) and all(name.isdecimal() for name in raw.ids):
        raise InputError(
            f"{raw.inputs[0]} names its rows by numbers such as {few(raw.ids, 3)}: NCBI GeneIDs, or rows counted",
            expected="gene symbols or Ensembl gene ids",
            fix="add a column gene_name; for a table with GeneIDs, NCBI's Human.GRCh38.p13.annot.tsv.gz "
            '(or Mouse.GRCm39.annot.tsv.gz) beside it and the layout "ncbi_counts" do as well',
        )

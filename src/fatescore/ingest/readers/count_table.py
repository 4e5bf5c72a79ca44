"""Layout ``count_table``: one text table of genes x samples or cells x genes, or one table per sample."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore import organisms
from fatescore.errors import InputError, few
from fatescore.gene_sets import symbols
from fatescore.ingest import archive
from fatescore.ingest.archive import Files
from fatescore.ingest.matrix import Located, Raw, ReadOptions, samples_of
from fatescore.ingest.readers import Layout, register
from fatescore.ingest.readers._libraries import Library, join, sample_name
from fatescore.ingest.text_table import parse, read_table
from fatescore.typing import Scale

_LEAST_GENES = 20  # samples may be called CD4 or CD14, but not twenty of them
_FEW = 10  # columns that every file repeats are kinds of value, not cells
# RSEM, kallisto, salmon. A scale that none of them writes (linear, log2) chooses nothing.
_COLUMNS = {"counts": ("expected_count", "est_counts", "numreads"), "tpm": ("tpm",)}
_STAR = ("unstranded", "forward", "reverse")
_STRANDED = 0.8  # a stranded kit has about 95 % of its reads on one strand, an unstranded one about half

LAYOUT: Layout = register(
    Layout(
        name="count_table",
        title="count tables",
        endings=(
            ".tsv", ".csv", ".txt", ".tab", ".count", ".counts", ".tpm", ".fpkm", ".genes.results", ".genes.sf",
        ),
        any_text=True,
        companions=re.compile(r"^filelist\.txt$"),  # GEO's list of a series' files
        together=lambda names: [name for _, name in _tables(names)] if is_one_per_sample(names) else [],
        precedence=9,  # beside single-cell matrices tables are metadata
        read=lambda located, options: _read(located, options),
    )
)  # fmt: skip


def _read(located: Located, options: ReadOptions) -> Raw:
    if located.path.is_dir() or archive.is_archive(located.path):
        raw = read_per_sample(located.path, located.file, options.scale)
    else:
        raw = read(located.path, options.sample_key, options.only_sample)
    _check_ids(raw)
    return raw


def read(path: Path, sample_key: str = "", only_sample: str = "") -> Raw:
    """Return a count table; one of cells x genes is transposed, its other columns are its ``obs``, with the samples."""
    table = read_table(path)
    if _has_genes_in_columns(table.data):
        return _transpose(table.data, table.text, path, sample_key, only_sample)
    return table.to_raw(path)


def _has_genes_in_columns(data: pd.DataFrame) -> bool:
    if len(data.columns) <= _LEAST_GENES:
        return False
    rows, columns = _share_known(list(data.index)), _share_known(list(data.columns))
    return columns > 0.3 and columns > 2 * rows and columns * len(data.columns) > _LEAST_GENES


def _transpose(data: pd.DataFrame, text: pd.DataFrame, path: Path, sample_key: str, only_sample: str) -> Raw:
    """Return a table of observations x genes (``data``) with columns of words (``text``).

    Columns of numbers before the first known gene and behind the last (depth, clusters) describe the observations:
    as genes they would falsify the depth.
    """
    names = pd.Index([str(name) for name in data.columns])
    known = np.flatnonzero(_known(list(names)))
    inside = np.zeros(len(names), dtype=bool)
    inside[known[0] : known[-1] + 1] = True
    obs = pd.concat([text, data.loc[:, ~inside]], axis=1)
    columns = samples_of(obs, sample_key, only_sample, path)
    values = data.loc[:, inside].to_numpy(dtype=float)
    notes = ["rows are observations and columns genes: the table was transposed"]
    if len(obs.columns):
        notes.append(f"columns that describe observations, not genes: {few([str(name) for name in obs.columns])}")
    return Raw(
        matrix=sp.csr_matrix(values) if np.isfinite(values).all() else values,
        ids=list(names[inside]),
        columns=columns,
        barcodes=[str(name) for name in data.index] if len(set(columns)) < len(columns) else [],
        obs=obs if len(obs.columns) else None,
        inputs=[path],
        notes=notes,
    )


def _share_known(names: list[str]) -> float:
    sample = [str(name) for name in names[:: max(1, len(names) // 2000)]]
    return max(symbols.fraction_known(sample, organism) for organism in organisms.names())


def _known(names: list[str]) -> np.ndarray:
    organism = max(organisms.names(), key=lambda organism: symbols.fraction_known(names, organism))
    rules = symbols.resolve(names, organism)["mapped_by"]
    return np.asarray(rules.isin([symbols.APPROVED, symbols.ENSEMBL]), dtype=bool)


def _check_ids(raw: Raw) -> None:
    """Refuse genes that have numbers for names: NCBI GeneIDs say nothing without NCBI's table."""
    if raw.ids and not any(raw.other_names) and all(name.isdecimal() for name in raw.ids):
        raise InputError(
            f"{raw.inputs[0]} names its rows by numbers such as {few(raw.ids, 3)}: NCBI GeneIDs, or rows counted",
            expected="gene symbols or Ensembl gene ids",
            fix="add a column gene_name; for a table with GeneIDs, NCBI's Human.GRCh38.p13.annot.tsv.gz "
            '(or Mouse.GRCm39.annot.tsv.gz) beside it and the layout "ncbi_counts" do as well',
        )


def is_one_per_sample(names: list[str]) -> bool:
    """Tell whether files are the tables of several samples: each has an accession of its own.

    Examples
    --------
    >>> is_one_per_sample(["GSM1_a.counts.txt.gz", "GSM2_b.counts.txt.gz"])
    True
    >>> is_one_per_sample(["GSE5_counts.txt.gz", "GSE5_tpm.txt.gz"])
    False
    """
    tables = _tables(names)
    return len(tables) > 1 and len({sample for sample, _ in tables}) == len(tables)


def read_per_sample(path: Path, file: str = "", scale: Scale | None = None) -> Raw:
    """Return the tables of a folder or archive as one matrix.

    A file with one column of numbers is a bulk sample, and may lack a header as htseq-count writes it; one with
    several holds the cells of its sample, unless RSEM, kallisto, salmon or STAR wrote it: of their columns the one
    of the declared scale is read.
    """
    members = archive.names(path, file)
    tables = _tables(members)
    if not tables:
        raise InputError(
            f"{path} holds no table named by a GSM accession; its files are {few(members)}",
            expected="one table per sample, named GSM...",
            fix='set "layout" or "file" for this data set',
        )
    samples = [sample for sample, _ in tables]
    twice = [name for sample, name in tables if samples.count(sample) > 1]
    if twice:
        raise InputError(
            f"{path} has several tables of one sample: {few(twice)}", expected="one per sample",
            fix='set "file" to a pattern that fits one of them, or move the others away',
        )  # fmt: skip
    notes: list[str] = []
    with archive.opened(path) as files:
        read = [_one(files, name, sample) for sample, name in tables]
    libraries = _choose_columns(read, scale, notes)
    single = [len(library.cells) == 1 for library in libraries]
    if not all(single):
        _check_cells(libraries, path)
    raw = join(_comparable(libraries, notes), archive.inputs(path, [name for _, name in tables]), notes)
    raw.ids = [name.split("\0")[0] for name in raw.ids]
    if all(single):
        raw.barcodes = []
    if not any(raw.other_names):
        raw.other_names = []
    return raw


def _tables(names: list[str]) -> list[tuple[str, str]]:
    """Return sample and file of every table with an accession."""
    named = [(sample_name(name, ""), name) for name in names if LAYOUT.ending_of(name)]
    return [(sample, name) for sample, name in named if re.fullmatch(r"GSM\d+", sample)]


def _one(files: Files, name: str, sample: str) -> Library:
    table = parse(files.read(name), Path(files.path.name) / name, sample)
    data = table.data
    count = data.groupby(data.index).cumcount()  # a gene listed twice stays two rows, the same two in every file
    ids = [gene if nth == 0 else f"{gene}\0{nth}" for gene, nth in zip(data.index, count, strict=True)]
    features = pd.DataFrame({"id": ids, "name": table.other_names or "", "type": ""}, dtype=object)
    return Library(sample, sp.csr_matrix(data.to_numpy(dtype=float).T), features, [str(cell) for cell in data.columns])


def _check_cells(libraries: list[Library], path: Path) -> None:
    first = libraries[0].cells
    if len(first) <= _FEW and len(libraries) > 1 and all(library.cells == first for library in libraries):
        raise InputError(
            f"the files of {path} have the columns {few(first)} each",
            expected="one column of values per sample, or one per cell",
            fix="write one table of genes x samples from the right column",
        )


def _comparable(libraries: list[Library], notes: list[str]) -> list[Library]:
    """Keep the genes that all list, unless values are counts: only there is a gene that is not listed a zero."""
    lists = [list(library.features["id"]) for library in libraries]
    whole = all(np.array_equal(library.matrix.data, np.rint(library.matrix.data)) for library in libraries)
    if whole or all(ids == lists[0] for ids in lists):
        return libraries
    shared = set(lists[0]).intersection(*lists[1:])
    if not shared:
        raise InputError("the files of the samples share no gene", expected="the same genes in every file")
    notes.append(f"samples list different genes; the {len(shared)} that all list were kept")
    kept = [library.features["id"].isin(shared).to_numpy() for library in libraries]
    return [
        Library(one.name, one.matrix[:, keep], one.features[keep].reset_index(drop=True), one.cells)
        for one, keep in zip(libraries, kept, strict=True)
    ]


def _choose_columns(libraries: list[Library], scale: Scale | None, notes: list[str]) -> list[Library]:
    """Keep of every file the column that the declared scale asks for (counts without); other files stay as they are."""
    columns = libraries[0].cells
    if any(library.cells != columns for library in libraries):
        return libraries
    if tuple(columns) == _STAR and scale in (None, "counts"):
        strand = _strand(libraries, notes)
        return [_keep_column(one, strand) for one in libraries]
    names = _COLUMNS.get(scale or "counts", ())
    place = next((place for place, column in enumerate(columns) if column.casefold() in names), None)
    if place is None or len(columns) == 1:
        return libraries
    notes.append(f'of the columns {few(columns, 12)} "{columns[place]}" was read')
    return [_keep_column(one, place) for one in libraries]


def _strand(libraries: list[Library], notes: list[str]) -> int:
    """Return STAR's column: that of one strand when it has nearly all stranded reads of every sample."""
    sums = [(float(one.matrix[1].sum()), float(one.matrix[2].sum())) for one in libraries]
    shares = [forward / (forward + reverse) for forward, reverse in sums if forward + reverse]
    place = 0
    if shares and min(shares) > _STRANDED:
        place = 1
    elif shares and max(shares) < 1 - _STRANDED:
        place = 2
    shown = f"{min(shares):.0%} to {max(shares):.0%}" if shares else "none"
    notes.append(f"STAR's column {place + 2} ({_STAR[place]}) was read: of the stranded reads {shown} are forward")
    return place


def _keep_column(library: Library, place: int) -> Library:
    return Library(library.name, library.matrix[[place]], library.features, [library.cells[place]])

"""Layout ``count_table``, one text table per sample: joined by gene, each named by its accession."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore.errors import InputError
from fatescore.ingest import _archive
from fatescore.ingest._libraries import Library, join, sample_name
from fatescore.ingest._quantified import chosen
from fatescore.ingest._raw import Raw, few
from fatescore.ingest.count_table import is_table, parse
from fatescore.typing import Scale

_FEW = 10  # columns that every file repeats are kinds of value, not cells


def is_set(names: list[str]) -> bool:
    """Tell whether files are the tables of several samples: each has an accession of its own.

    Examples
    --------
    >>> is_set(["GSM1_a.counts.txt.gz", "GSM2_b.counts.txt.gz"])
    True
    >>> is_set(["GSE5_counts.txt.gz", "GSE5_tpm.txt.gz"])
    False
    """
    tables = _tables(names)
    return len(tables) > 1 and len({sample for sample, _ in tables}) == len(tables)


def read(path: Path, file: str = "", scale: Scale | None = None) -> Raw:
    """Hand over the tables of a folder or archive as one matrix.

    A file with one column of numbers is a bulk sample, and may lack a header as htseq-count writes it; one with
    several holds the cells of its sample, unless RSEM, kallisto, salmon or STAR wrote it: of their columns the one
    of the declared scale is read.

    Parameters
    ----------
    path
        Folder or archive.
    file
        Pattern that chooses among the files of a folder.
    scale
        As declared; counts when it is not known.

    Raises
    ------
    InputError
        When there are no such files, or what a column means cannot be told.
    """
    members = _archive.names(path, file)
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
    libraries = chosen([_one(path, name, sample) for sample, name in tables], scale, notes)
    single = [len(library.cells) == 1 for library in libraries]
    if not all(single):
        _check_cells(libraries, path)
    raw = join(_comparable(libraries, notes), _archive.inputs(path, [name for _, name in tables]), notes)
    raw.ids = [name.split("\0")[0] for name in raw.ids]
    if all(single):
        raw.barcodes = []
    if not any(raw.other_names):
        raw.other_names = []
    return raw


def _tables(names: list[str]) -> list[tuple[str, str]]:
    """Return sample and file of every table with an accession."""
    named = [(sample_name(name, ""), name) for name in names if is_table(Path(name))]
    return [(sample, name) for sample, name in named if re.fullmatch(r"GSM\d+", sample)]


def _one(path: Path, name: str, sample: str) -> Library:
    table = parse(_archive.read(path, name), Path(path.name) / name, sample)
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

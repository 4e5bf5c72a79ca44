"""Text tables with one sample each, as htseq-count, featureCounts, RSEM, kallisto, salmon, StringTie and STAR write."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore.errors import InputError, few
from fatescore.ingest import archive
from fatescore.ingest.archive import Files
from fatescore.ingest.column_kinds import split_kind
from fatescore.ingest.file_names import distinct_parts, sample_names
from fatescore.ingest.matrix import Raw
from fatescore.ingest.readers._libraries import Library, join, sample_name
from fatescore.ingest.text_header import STAR
from fatescore.ingest.text_table import Table, parse
from fatescore.ingest.value_columns import KINDS, is_kind, scale_of
from fatescore.typing import Scale

_FEW = 10  # columns that every file repeats are kinds of value, not cells
_STRANDED = 0.8  # a stranded kit has about 95 % of its reads on one strand, an unstranded one about half
_PEEKED = 8  # files whose beginning is looked at
_SHARED = 0.5  # tables of the same genes share more, those of anything else fewer
_GENERIC = re.compile(r"x|v\d|values?|expression|abundance|n|\d+", re.IGNORECASE)  # names no sample
_NUCLEOTIDES = re.compile(r"(?<![A-Za-z])[ACGTN]{12,}(?![A-Za-z])")


def named_by_accession(tables: list[str]) -> list[str]:
    """Return the tables with an accession in their names, if each is of a sample of its own.

    Examples
    --------
    >>> named_by_accession(["GSM1_a.counts.txt.gz", "GSM2_b.counts.txt.gz", "readme.txt"])
    ['GSM1_a.counts.txt.gz', 'GSM2_b.counts.txt.gz']
    >>> named_by_accession(["GSM1_counts.txt.gz", "GSM1_tpm.txt.gz"])
    []
    """
    samples = _by_accession(_genes_first(tables))
    unique = len(set(samples.values())) == len(samples)
    return [name for name in tables if _accession(name)] if unique else []


def are_alike(source: Path, tables: list[str]) -> bool:
    """Tell whether tables without accessions are each of one sample, by their names and how they begin.

    Other tables that lie together, such as counts and results, are not: files must tell samples apart by their names,
    have one column of values, or those of one tool, and list the same genes.
    """
    kept = _genes_first(tables)
    samples = _by_file(kept)
    if len(kept) < 2 or not samples:
        return len(kept) == 1 and archive.is_archive(source)
    peeked = [_peek(source, name, samples[name]) for name in kept[:: -(-len(kept) // _PEEKED)]]
    found = [one for one in peeked if one is not None and _is_one_sample(one)]
    return len(found) == len(peeked) and _of_samples(found)


def is_one_sample(path: Path, name: str) -> bool:
    """Tell whether the only table of a source is that of the accession in its name, by how it begins."""
    table = _peek(path, name, _accession(name)) if _accession(name) else None
    return table is not None and _is_one_sample(table)


def read(path: Path, tables: list[str], scale: Scale | None = None, sheet: str = "") -> Raw:
    """Return the tables of a folder or archive as one matrix.

    A file with one column of numbers is a bulk sample, and may lack a header as htseq-count writes it; one with
    several holds the cells of its sample, unless RSEM, kallisto, salmon or STAR wrote it: of their columns the one
    of the declared scale is read.
    """
    kept = _genes_first(tables)
    samples = _by_accession(kept) or _by_file(kept)
    twice = [name for name in samples if list(samples.values()).count(samples[name]) > 1] if samples else kept
    if twice:
        raise InputError(
            f"{path} has several tables of one sample: {few(twice)}", expected="one per sample",
            fix='set "file" to a pattern that fits one of them, or move the others away',
        )  # fmt: skip
    notes = [f"transcripts left out where the same tool gives genes: {few(sorted({*tables} - {*kept}))}"]
    notes = notes if len(kept) < len(tables) else []
    with archive.opened(path) as files:
        read = {sample: _table(files, name, sample, scale, sheet) for name, sample in samples.items()}
    notes += _shared_notes({sample: table.all_notes for sample, table in read.items()})
    if not _accession(next(iter(samples))):
        _check_alike(read, path, list(samples))
        name, sample = next(iter(samples.items()))
        notes.append(f"samples are called by their files, such as {sample} by {name}")
    _check_columns({Path(name).name: read[sample] for name, sample in samples.items()})
    libraries = [library(table, sample) for sample, table in read.items()]
    return joined(libraries, path, list(samples), scale, notes)


def has_kinds(columns: list[str]) -> bool:
    """Tell whether columns are kinds of value of one sample, or STAR's three."""
    return tuple(columns) == STAR or is_kind(columns)


def library(table: Table, sample: str) -> Library:
    """Return the table of one sample as cells x genes."""
    data = table.data if table.across is None else table.across.genes.T
    count = data.groupby(data.index).cumcount()  # a gene listed twice stays two rows, the same two in every file
    ids = [gene if nth == 0 else f"{gene}\0{nth}" for gene, nth in zip(data.index, count, strict=True)]
    features = pd.DataFrame({"id": ids, "name": table.other_names or "", "type": ""}, dtype=object)
    return Library(sample, sp.csr_matrix(data.to_numpy(dtype=float).T), features, [str(cell) for cell in data.columns])


def joined(libraries: list[Library], path: Path, names: list[str], scale: Scale | None, notes: list[str]) -> Raw:
    """Return the tables of samples as one matrix; ``notes`` receives what was chosen."""
    libraries = _choose_columns(libraries, path, scale, notes)
    single = all(len(one.cells) == 1 for one in libraries)
    if not single:
        _check_cells(libraries, path)
    raw = join(_comparable(libraries, notes), archive.inputs(path, names), notes)
    raw.ids = [name.split("\0")[0] for name in raw.ids]
    raw.barcodes = [] if single else raw.barcodes
    raw.other_names = raw.other_names if any(raw.other_names) else []
    return raw


def called(name: str) -> str:
    """Return the name of the sample whose table a single file is."""
    return _accession(name) or (sample_names([name]) or [name])[0]


def _accession(name: str) -> str:
    sample = sample_name(name, "")
    return sample if re.fullmatch(r"GSM\d+", sample) else ""


def _by_accession(tables: list[str]) -> dict[str, str]:
    return {name: sample for name in tables if (sample := _accession(name))}


def _by_file(tables: list[str]) -> dict[str, str]:
    """Return a name of its own for every file, none where the names do not tell samples apart."""
    names = sample_names(tables)
    if any(re.fullmatch(r"GSE\d+", name) for name in names):
        return {}
    return dict(zip(tables, distinct_parts(names), strict=True)) if names else {}


def _genes_first(tables: list[str]) -> list[str]:
    """Leave out salmon's transcripts where there are its genes."""
    given = set(tables)
    return [
        name for name in tables if re.sub(r"(?<!\.genes)\.sf(?=(\.\w+)?$)", ".genes.sf", name) not in given - {name}
    ]


def _table(files: Files, name: str, sample: str, scale: Scale | None, sheet: str) -> Table:
    return parse(files.read(name), Path(files.path.name) / name, sample, scale=scale, sheet=sheet)


def _peek(path: Path, name: str, sample: str) -> Table | None:
    """Read the beginning of a table; nothing where it is none."""
    data = archive.head(path, name)
    try:
        return parse(data[: data.rfind(b"\n") + 1] or data, Path(name), sample)
    except InputError:
        return None


def _is_one_sample(table: Table) -> bool:
    columns = list(table.data.columns if table.across is None else table.across.genes.index)
    if table.across is not None and all(str(name).isdecimal() for name in columns):
        return True  # Rhapsody numbers its cells
    return len(columns) == 1 or has_kinds(columns) or all(_NUCLEOTIDES.search(str(name)) for name in columns)


def _genes(table: Table) -> set[str]:
    return set(table.data.index if table.across is None else table.across.genes.columns)


def _of_samples(tables: list[Table]) -> bool:
    """Tell whether tables list the same genes, and no sample's name twice."""
    lists = [_genes(table) for table in tables]
    names = {str(name) for table in tables for name in table.data.columns if not _GENERIC.fullmatch(str(name))}
    twice = len(names) == 1 and not has_kinds(list(names))
    return not twice and all(len(own & lists[0]) >= _SHARED * min(len(own), len(lists[0])) for own in lists)


def _check_alike(read: dict[str, Table], path: Path, files: list[str]) -> None:
    """Refuse files that only their names make the samples of one data set."""
    if not all(map(_is_one_sample, read.values())) or not _of_samples(list(read.values())):
        raise InputError(
            f"{path} has {len(files)} tables that are not of one sample each with the same genes: {few(files)}",
            expected="one table, or one of each sample with the same genes",
            fix='name one, or those of the samples, in "file" for this data set',
        )


def _check_columns(read: dict[str, Table]) -> None:
    """Refuse a file whose only column is called by what another file is, and it is not."""
    plain = {name: re.sub(r"[\W_]+", "", name.casefold()) for name in read}
    whole = "/".join(plain.values())
    for name, table in read.items():
        column = str(table.data.columns[0]) if len(table.data.columns) == 1 else ""
        key = re.sub(r"[\W_]+", "", column.casefold())
        if re.search(r"\D.*\d", column) and key not in plain[name] and key in whole:
            raise InputError(
                f'{name} has the column "{column}", which is in the name of '
                f"{few([other for other in plain if key in plain[other]], 3)}",
                expected="files whose names and columns say the same sample", fix="correct the name of either",
            )  # fmt: skip


def _shared_notes(notes: dict[str, list[str]]) -> list[str]:
    """Return what is said of all files once, and the rest by file."""
    times = Counter(note for own in notes.values() for note in dict.fromkeys(own))
    shared = [note for note, n in times.items() if n == len(notes)]
    other = [f"{sample}: {note}" for sample, own in notes.items() for note in own if times[note] < len(notes)]
    return [*shared, *other[:6], *[f"{len(other) - 6} more such notes"][: len(other) > 6]]


def _check_cells(libraries: list[Library], path: Path) -> None:
    first = libraries[0].cells
    kinds = len(first) <= _FEW and not all(map(_NUCLEOTIDES.search, first))
    if kinds and len(libraries) > 1 and all(library.cells == first for library in libraries):
        raise _no_values(path, first, "write one table of genes x samples from the right column")


def _no_values(path: Path, columns: list[str], fix: str) -> InputError:
    return InputError(
        f"the files of {path} have the columns {few(columns)} each",
        expected="one column of values per sample, or one per cell", fix=fix,
    )  # fmt: skip


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


def _choose_columns(libraries: list[Library], path: Path, scale: Scale | None, notes: list[str]) -> list[Library]:
    """Keep of every file the column that the declared scale asks for (counts without); other files stay as they are."""
    if any(len(one.cells) == 1 or not has_kinds(one.cells) for one in libraries):
        return libraries
    columns = libraries[0].cells
    star = tuple(columns) == STAR
    if star and scale in (None, "counts"):
        strand = _strand(libraries, notes)
        return [_keep_column(one, strand) for one in libraries]
    kinds = {column: split_kind(column)[1] for one in libraries for column in one.cells}
    places = [
        [one.cells.index(column) for kind in KINDS[scale] for column in one.cells if kinds[column] == kind]
        for one in libraries
    ]
    if star or not all(len(own) == 1 or (own and scale is None) for own in places):
        scales = list(dict.fromkeys(filter(None, map(scale_of, kinds.values()))))
        raise _no_values(path, columns, f"set scale to {' or '.join(['counts'] if star else scales)}")
    notes.append(f'of the columns {few(columns, 12)} "{columns[places[0][0]]}" was read')
    return [_keep_column(one, own[0]) for one, own in zip(libraries, places, strict=True)]


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
    notes.append(f"STAR's column {place + 2} ({STAR[place]}) was read: of the stranded reads {shown} are forward")
    return place


def _keep_column(library: Library, place: int) -> Library:
    return Library(library.name, library.matrix[[place]], library.features, [library.cells[place]])

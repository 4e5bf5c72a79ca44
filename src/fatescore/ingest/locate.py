"""Which files of a source hold the values and in which layout, and their values as they are written."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from fatescore.errors import InputError, few, nearest
from fatescore.geo import SeriesMatrix, read_series_matrix, read_soft
from fatescore.ingest import archive, cell_names, foreign, readers, workbook
from fatescore.ingest.archive import visible_files
from fatescore.ingest.matrix import Located, Raw, ReadOptions
from fatescore.ingest.readers import ncbi_counts, series_matrix, soft
from fatescore.ingest.readers._libraries import sample_name
from fatescore.typing import Assay, Organism, Scale


class _NoValuesError(InputError):
    """Nothing fits: the next place may be looked into."""


def layout_names() -> tuple[str, ...]:
    """Return what ``layout`` may be: ``auto``, or the name of a reader.

    Examples
    --------
    >>> from fatescore import ingest
    >>> ingest.layout_names()[:3]
    ('auto', 'count_table', 'h5ad')
    """
    return ("auto", *readers.names())


def locate(source: Path, layout: str = "auto", file: str = "") -> Located:
    """Find the values.

    Parameters
    ----------
    source
        A file, a folder, or a folder written by ``fatescore fetch``.
    layout
        One of :func:`layout_names`.
    file
        Glob that chooses among the files of a folder or an archive, or among the platforms of a SOFT file.

    Raises
    ------
    InputError
        When nothing fits, or several files do; the message lists them and the config key that settles it.
    """
    if layout not in layout_names():
        known = layout_names()
        raise InputError(f'layout "{layout}" is not known', expected=", ".join(known), fix=nearest(layout, known))
    if source.is_file():
        return _locate_file(source, layout, file)
    if not source.is_dir():
        raise InputError(f"{source} does not exist", expected="a file or folder", fix="check the path")
    described = _files_of(soft.LAYOUT, source / "soft") or _files_of(ncbi_counts.LAYOUT, source / "counts")
    fetched = matrices_of(source) or (source / "suppl").is_dir() or described
    return _fetched(source, layout, file) if fetched else _folder(source, layout, file, visible_files(source))


def read_raw(
    located: Located, organism: Organism | None, *, sample_key: str = "", declared: Sequence[str] = (),
    scale: Scale | None = None, assay: Assay | None = None,
) -> Raw:  # fmt: skip
    """Read what was located, as it is written, and tell which sample every cell is of.

    What is declared is that of :class:`ReadOptions`; ``declared`` are the samples as the data call them.
    """
    only_sample = declared[0] if len(declared) == 1 else ""
    layout = readers.get(located.layout)
    raw = layout.read(located, ReadOptions(organism, sample_key, only_sample, scale, tuple(declared)))
    beside = located.matrix.samples if raw.fields is None and located.matrix is not None else pd.DataFrame()
    if len(beside):
        raw.fields = beside
    if assay in (None, "single_cell") and not sample_key:
        name = located.path.name
        cell_names.assign_samples(raw, declared, only_sample or sample_name(name, layout.prefix_of(name)))
    if raw.sample_names == [""] and only_sample:
        raw.columns = [only_sample] * len(raw.columns)
    if located.matrix is not None:
        if len(beside):
            raw.note_absent_samples()
        raw.title = located.matrix.title
        raw.accession = (located.matrix.series.get("geo_accession") or [""])[0]
        raw.simulated = raw.simulated or raw.title.startswith("SIMULATED")
        if located.matrix_path is not None and located.matrix_path not in raw.inputs:
            raw.inputs.append(located.matrix_path)
    return raw


def layout_of_file(path: Path, file: str = "") -> str:
    """Return the layout of a single file by its name and, where that is any text's, its first bytes; else ``""``."""
    layout = readers.layout_of(path, file)
    if layout is None or not (layout.alone or archive.is_archive(path)):
        return ""
    if layout.any_text and not archive.is_archive(path):
        layout = readers.layout_of_start(archive.head(path, path.name)) or layout
    return layout.name


def _locate_file(path: Path, layout: str, file: str) -> Located:
    name = layout_of_file(path, file) if layout == "auto" else layout
    part_of = readers.layout_of(path) if not name else None
    if part_of is not None and not part_of.alone:  # one file of a triplet stands for it
        return Located(part_of.name, path.parent, file=path.name)
    if not name:
        what, fix = _unreadable([path])
        if what:
            raise InputError(what, expected="a table of genes x samples as text", fix=fix)
        known = "; ".join(f"{one.title} ({', '.join(one.endings)})" for one in readers.layouts())
        raise InputError(
            f"no layout fits the name of {path}; {archive.describe(path)}",
            expected=f"{known}; or an archive of such files, one per sample",
            fix=_advice(archive.names(path), file)
            or f'set "layout" for this data set to one of {", ".join(readers.names())}',
        )
    open_file = readers.get(name).open
    return Located(name, path, file=file) if open_file is None else open_file(path, file)


def _advice(names: list[str], file: str) -> str:
    """Return what helps with files that readers know, but not as they are."""
    tables = [name for name in names if readers.get("count_table").accepts_name(name)]
    if any(".isoforms.results" in name for name in names) and not tables:
        return "add RSEM's .genes.results: values of isoforms are not read as genes"
    if file or len(tables) < 2:
        return ""
    return 'set "file" for this data set to a pattern that fits one table, or one per sample, such as "*counts*"'


def _unreadable(files: list[Path]) -> tuple[str, str]:
    """Return what files are that nothing here reads, by the names of files and members, and what to do about it."""
    names = []
    for path in files:
        with contextlib.suppress(InputError):  # a damaged archive says so elsewhere
            names += archive.names(path)
    return foreign.explain(names)


# --- a folder that fetch wrote ------------------------------------------------------------------------------


def matrices_of(source: Path) -> list[Path]:
    """Return the series matrices in a folder that fetch wrote."""
    return _files_of(series_matrix.LAYOUT, source / "matrix")


def _files_of(layout: readers.Layout, folder: Path) -> list[Path]:
    return [path for path in visible_files(folder) if layout.accepts_name(path.name)]


def _fetched(source: Path, layout: str, file: str) -> Located:
    """Choose the matrix when it has values, else SOFT, supplementary files or NCBI's counts."""
    read = {path: read_series_matrix(path) for path in matrices_of(source)}
    filled = [path for path in read if read[path].values is not None]  # noqa: PD011
    named = [path for path in filled if _fits(path, source, file)] if file else filled
    if layout == series_matrix.LAYOUT.name or (layout == "auto" and named):
        path = _one(named, filled, source, series_matrix.LAYOUT.title, file)
        return Located(series_matrix.LAYOUT.name, path, read[path], path, source / "platform")
    softs = _files_of(soft.LAYOUT, source / "soft") if layout in ("auto", soft.LAYOUT.name) else []
    families = {path: read_soft(path) for path in softs}
    valued = [path for path, family in families.items() if soft.has_values(family)]
    fitting = [path for path in valued if soft.has_values(families[path], file)]
    # a pattern that fits no platform may be for these
    elsewhere = visible_files(source / "suppl") or _files_of(ncbi_counts.LAYOUT, source / "counts")
    if layout == soft.LAYOUT.name or fitting or (valued and not elsewhere):
        path = _one(fitting or valued or list(families), list(families), source / "soft", soft.LAYOUT.title, "")
        return soft.locate_platform(path, families[path], file, source / "platform")
    found = _supplement(source, layout, file)
    merged = _merged_heads(list(read.values()))
    beside = next(iter(read), None)
    return Located(found.layout, found.path, merged, beside, source / "platform", found.file)


def _supplement(source: Path, layout: str, file: str) -> Located:
    """Choose among the supplementary files, and where they have no values among NCBI's counts."""
    counts = _files_of(ncbi_counts.LAYOUT, source / "counts")
    if layout == ncbi_counts.LAYOUT.name:
        return _made_by_ncbi(source, counts, file)
    suppl = [path for path in visible_files(source / "suppl") if path.name != "filelist.txt"]
    fall_back = layout == "auto" and any(not file or _fits(path, source, file) for path in counts)
    if not suppl and not fall_back:
        raise InputError(
            f"{source.name}: the series matrix has no values and there are no supplementary files",
            expected="values in the matrix or a table in suppl/",
            fix="fetch with --what suppl (or counts, or soft), or use another source for this data set",
        )
    try:
        return _folder(source / "suppl", layout, file, suppl)
    except _NoValuesError:
        if fall_back:
            return _made_by_ncbi(source, counts, file)
        raise


def _made_by_ncbi(source: Path, counts: list[Path], file: str) -> Located:
    """Choose by name, else the raw counts: TPM and FPKM are made from them."""
    named = [path for path in counts if _fits(path, source, file) or (not file and ncbi_counts.is_raw(path.name))]
    return Located(ncbi_counts.LAYOUT.name, _one(named, counts, source / "counts", ncbi_counts.LAYOUT.title, file))


def _merged_heads(heads: list[SeriesMatrix]) -> SeriesMatrix | None:
    if not heads:
        return None
    samples = pd.concat([head.samples for head in heads]).fillna("")
    return SeriesMatrix(heads[0].series, samples[~samples.index.duplicated()], None, heads[0].notes)


# --- any folder ---------------------------------------------------------------------------------------------


def _folder(source: Path, layout: str, file: str, files: list[Path]) -> Located:
    chosen = [path for path in files if _fits(path, source, file)] if file else files
    if file and not chosen:
        holding = [path for path in files if archive.is_archive(path) and archive.names(path, file)]
        if len(holding) == 1:
            return _locate_file(holding[0], layout, file)
        raise _NoValuesError(
            f'no file in {source} fits "{file}"', expected=f"one of: {few([p.name for p in files])}", fix="correct file"
        )
    known = {path: one for path in chosen if (one := readers.layout_of(path)) is not None}
    together = _read_together(known, layout, source)
    own = [path for path, one in known.items() if one.name == together and not archive.is_archive(path)]
    if len(own) == 1 and known[own[0]].alone:
        return _locate_file(own[0], together, "")
    if together:
        return Located(together, source, file=file)
    wanted = [
        path for path, one in known.items()
        if (one.alone or archive.is_archive(path)) and (layout in ("auto", one.name) or file)
    ]  # fmt: skip
    tables = [path for path in wanted if known[path].any_text and not archive.is_archive(path)]
    if tables:  # the whole table of a series has what the tables of its samples in RAW.tar have
        wanted = [path for path in wanted if path in tables or not known[path].any_text]
    wanted = [path for path in wanted if not workbook.is_named(path.name)] or wanted
    path = _one(wanted, files, source, "files with values" if layout == "auto" else readers.get(layout).title, file)
    return _locate_file(path, known[path].name if layout == "auto" else layout, "".join(file.partition("#")[1:]))


def _read_together(known: dict[Path, readers.Layout], layout: str, source: Path) -> str:
    """Return the layout in which the files of a folder are read as one source, or an empty text."""
    plain: dict[str, list[str]] = {}
    for path, one in known.items():
        if not archive.is_archive(path):
            plain.setdefault(one.name, []).append(path.relative_to(source).as_posix())
    cells = {name for name in plain if readers.get(name).cells}
    packed = any(one.cells for path, one in known.items() if archive.is_archive(path))
    for one in readers.layouts():
        own = plain.get(one.name, [])
        if layout not in ("auto", one.name) or not own or one.together is None:
            continue
        if set(one.together(own)) != set(own) and not (one.alike is not None and one.alike(source, own)):
            continue
        chosen = not one.alone or (layout == one.name and one.cells)
        if chosen or (not packed and (not one.cells or cells == {one.name})):
            return one.name
    return ""


def _one(paths: list[Path], files: list[Path], source: Path, what: str, file: str) -> Path:
    if len(paths) == 1:
        return paths[0]
    if not paths:
        seen, fix = _unreadable(files)
        if seen:
            raise _NoValuesError(f"{source} has no {what}: {seen}", expected="one file with values as text", fix=fix)
        raise _NoValuesError(
            f"{source} has no {what}; its files are {few([path.name for path in files]) or 'none'}"
            + (f"; {archive.describe(files[0])}" if files else ""),
            expected="one file with values",
            fix=_advice([path.name for path in files], file)
            or f'set "layout" ({", ".join(readers.names())}) or "file" for this data set',
        )
    hint = f' that fit "{file}"' if file else ""
    fix = 'name it in "file" for this data set, or those of the samples by a pattern'
    if all(archive.is_archive(path) for path in paths):
        fix = (
            'name it in "file" for this data set; to read them together pack them and name the whole: tar -cf all.tar '
        )
        fix += " ".join(path.name for path in paths[:3]) + " ..." * (len(paths) > 3)
    raise InputError(
        f"{source} has {len(paths)} {what}{hint}: {few([path.name for path in paths])}", expected="one", fix=fix
    )


def _fits(path: Path, source: Path, file: str) -> bool:
    return archive.fits(path.relative_to(source).as_posix(), file)

"""Which files of an input hold the values, and in which layout."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from fatescore.errors import InputError, nearest
from fatescore.geo import SeriesMatrix, SoftFamily, read_series_matrix, read_soft
from fatescore.ingest import _archive, count_files, count_table, loom, ncbi_counts, soft, tenx_h5, tenx_mtx
from fatescore.ingest._raw import few, visible_files
from fatescore.ingest._seen import seen

LAYOUTS = (
    "auto", "series_matrix", "soft", "count_table", "ncbi_counts", "tenx_mtx", "tenx_h5", "loom", "h5ad",
)  # fmt: skip
_TITLES = {
    "series_matrix": "a series matrix",
    "soft": "a SOFT file",
    "count_table": "a count table",
    "ncbi_counts": "counts made by NCBI",
    "tenx_mtx": "10x triplets",
    "tenx_h5": "10x HDF5",
    "loom": "loom",
    "h5ad": "AnnData",
}
_MEMBERS = {"tenx_mtx": tenx_mtx.is_matrix, "tenx_h5": tenx_h5.is_matrix, "loom": loom.is_loom}
_CELLS = ("tenx_h5", "loom", "h5ad")


@dataclass(frozen=True)
class Located:
    """The file (or folder of files) with the values, its layout, and the series matrix beside it, if any.

    ``matrix`` of a SOFT file is what it says of one platform, and ``annotation`` that platform's own table.
    """

    layout: str
    path: Path
    matrix: SeriesMatrix | None = None
    matrix_path: Path | None = None
    platforms: Path | None = None
    file: str = ""
    annotation: pd.DataFrame | None = None


class _NoValuesError(InputError):
    """Nothing fits: the next place may be looked into."""


def locate(source: Path, layout: str = "auto", file: str = "") -> Located:
    """Find the values.

    Parameters
    ----------
    source
        A file, a folder, or a folder written by ``fatescore fetch``.
    layout
        One of ``LAYOUTS``.
    file
        Glob that chooses among the files of a folder, or among the platforms of a SOFT file.

    Raises
    ------
    InputError
        When nothing fits, or several files do; the message lists them and the config key that settles it.
    """
    if layout not in LAYOUTS:
        raise InputError(f'layout "{layout}" is not known', expected=", ".join(LAYOUTS), fix=nearest(layout, LAYOUTS))
    if source.is_file():
        return _single(source, layout, file)
    if not source.is_dir():
        raise InputError(f"{source} does not exist", expected="a file or folder", fix="check the path")
    matrices = [path for path in visible_files(source / "matrix") if "_series_matrix.txt" in path.name]
    fetched = matrices or (source / "suppl").is_dir() or _softs(source) or _counts(source)
    return _series(source, matrices, layout, file) if fetched else _folder(source, layout, file, visible_files(source))


def _softs(source: Path) -> list[Path]:
    return [path for path in visible_files(source / "soft") if soft.is_soft(path.name)]


def _counts(source: Path) -> list[Path]:
    return [path for path in visible_files(source / "counts") if ncbi_counts.is_counts(path.name)]


def _single(source: Path, layout: str, file: str) -> Located:
    kind = layout_of(source) if layout == "auto" else layout
    if layout == "auto" and kind == "count_table" and not _archive.is_archive(source):
        # GEO's text download of a sample or a platform is called .txt
        kind = "soft" if _archive.head(source, source.name).startswith(b"^") else kind
    if not kind:
        raise InputError(
            f"the layout of {source} cannot be told from its name; {seen(source)}",
            expected=".h5ad, .loom, .h5, .tsv, .csv, .txt, a series matrix, or an archive of 10x files or of one "
            "count table per sample",
            fix=f'set "layout" for this data set to one of {", ".join(LAYOUTS[1:])}',
        )
    if kind == "series_matrix":
        return Located(kind, source, read_series_matrix(source), source, _platforms_near(source))
    return _soft(source, None, file, _platforms_near(source)) if kind == "soft" else Located(kind, source)


def _platforms_near(path: Path) -> Path:
    """Return the folder of annotations beside a file, or beside its own folder, where fetch puts it."""
    beside = path.parent / "platform"
    return beside if beside.is_dir() else path.parent.parent / "platform"


def _soft(path: Path, family: SoftFamily | None, file: str, platforms: Path) -> Located:
    matrix, own = soft.of_platform(path, read_soft(path) if family is None else family, file)
    return Located("soft", path, matrix, path, platforms, annotation=own)


def _series(source: Path, matrices: list[Path], layout: str, file: str) -> Located:
    """Choose in a fetched folder: the matrix when it has values, else SOFT, supplementary files or NCBI's counts."""
    read = {path: read_series_matrix(path) for path in matrices}
    filled = [path for path in matrices if read[path].values is not None]  # noqa: PD011
    named = [path for path in filled if _fits(path, source, file)] if file else filled
    if layout == "series_matrix" or (layout == "auto" and named):
        path = _one(named, filled, source, "series matrices with values", file)
        return Located("series_matrix", path, read[path], path, source / "platform")
    families = {path: read_soft(path) for path in _softs(source)} if layout in ("auto", "soft") else {}
    valued = [path for path, family in families.items() if soft.has_values(family)]
    fitting = [path for path in valued if soft.has_values(families[path], file)]
    elsewhere = visible_files(source / "suppl") or _counts(source)  # a pattern that fits no platform may be for these
    if layout == "soft" or fitting or (valued and not elsewhere):
        path = _one(fitting or valued or list(families), list(families), source / "soft", "SOFT files", "")
        return _soft(path, families[path], file, source / "platform")
    found = _supplement(source, layout, file)
    merged = _merged_heads(list(read.values()))
    beside = matrices[0] if matrices else None
    return Located(found.layout, found.path, merged, beside, source / "platform", found.file)


def _supplement(source: Path, layout: str, file: str) -> Located:
    """Choose among the supplementary files, and where they have no values among NCBI's counts."""
    counts = _counts(source)
    if layout == "ncbi_counts":
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
    return Located("ncbi_counts", _one(named, counts, source / "counts", "tables made by NCBI", file))


def _merged_heads(heads: list[SeriesMatrix]) -> SeriesMatrix | None:
    if not heads:
        return None
    samples = pd.concat([head.samples for head in heads]).fillna("")
    return SeriesMatrix(heads[0].series, samples[~samples.index.duplicated()], None, heads[0].notes)


def _folder(source: Path, layout: str, file: str, files: list[Path]) -> Located:
    chosen = [path for path in files if _fits(path, source, file)] if file else files
    if file and not chosen:
        raise _NoValuesError(
            f'no file in {source} fits "{file}"', expected=f"one of: {few([p.name for p in files])}", fix="correct file"
        )
    kinds = {path: layout_of(path) for path in chosen}
    several = _several(kinds, layout)
    if several:
        return Located(several, source, file=file)
    wanted = [path for path, kind in kinds.items() if kind and (layout in ("auto", kind) or file)]
    tables = [path for path in wanted if kinds[path] == "count_table" and not _archive.is_archive(path)]
    if tables:  # the whole table of a series says what the tables of its samples in RAW.tar say
        wanted = [path for path in wanted if path in tables or kinds[path] != "count_table"]
    path = _one(wanted, files, source, "files with values" if layout == "auto" else _TITLES[layout], file)
    return _single(path, kinds[path] if layout == "auto" else layout, "")


def _one(paths: list[Path], files: list[Path], source: Path, what: str, file: str) -> Path:
    if len(paths) == 1:
        return paths[0]
    if not paths:
        raise _NoValuesError(
            f"{source} has no {what}; its files are {few([path.name for path in files]) or 'none'}"
            + (f"; {seen(files[0])}" if files else ""),
            expected="one file with values",
            fix=f'set "layout" ({", ".join(LAYOUTS[1:])}) or "file" for this data set',
        )
    hint = f' that fit "{file}"' if file else ""
    raise InputError(
        f"{source} has {len(paths)} {what}{hint}: {few([path.name for path in paths])}",
        expected="one",
        fix='name it in "file" for this data set',
    )


def _fits(path: Path, source: Path, file: str) -> bool:
    return _archive.fits(path.relative_to(source).as_posix(), file)


def _several(kinds: dict[Path, str], layout: str) -> str:
    """Return the layout that is spread over the files of a folder, or an empty text."""
    if layout in ("auto", "tenx_mtx") and any(tenx_mtx.is_matrix(path.name) for path in kinds):
        return "tenx_mtx"
    plain = {kind for path, kind in kinds.items() if kind in _CELLS and not _archive.is_archive(path)}
    packed = any(kind in _MEMBERS for path, kind in kinds.items() if _archive.is_archive(path))
    if layout in _MEMBERS and layout in plain:
        return layout
    if layout == "auto" and len(plain) == 1 and plain <= set(_MEMBERS) and not packed:
        return plain.pop()
    files = [path.name for path, kind in kinds.items() if kind == "count_table" and not _archive.is_archive(path)]
    each = count_files.is_set(files) and all("GSM" in name for name in files)
    return "count_table" if layout in ("auto", "count_table") and each and not packed else ""


def layout_of(path: Path) -> str:
    """Return the layout that a file's name (and an archive's content) speaks for, or an empty text."""
    name = path.name.lower()
    if name.endswith(".h5ad"):
        return "h5ad"
    if "_series_matrix.txt" in name:
        return "series_matrix"
    if soft.is_soft(name):
        return "soft"
    if ncbi_counts.is_counts(name):
        return "ncbi_counts"
    if ncbi_counts.is_annotation(name):
        return ""
    if _archive.is_archive(path):
        members = _archive.names(path)
        return next((layout for layout, is_one in _MEMBERS.items() if any(map(is_one, members))), "") or (
            "count_table" if count_files.is_set(members) else ""
        )
    for layout, is_one in _MEMBERS.items():
        if layout != "tenx_mtx" and is_one(name):
            return layout
    if tenx_mtx.is_part(name):
        return ""
    return "count_table" if count_table.is_table(path) else ""

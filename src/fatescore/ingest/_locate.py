"""Which files of an input hold the values, and in which layout."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from pathlib import Path

from fatescore.errors import InputError, nearest
from fatescore.geo import SeriesMatrix, read_series_matrix
from fatescore.ingest import count_table, tenx_mtx
from fatescore.ingest._raw import few, visible_files

LAYOUTS = ("auto", "series_matrix", "count_table", "tenx_mtx", "h5ad")
_TITLES = {
    "series_matrix": "a series matrix",
    "count_table": "a count table",
    "tenx_mtx": "10x triplets",
    "h5ad": "AnnData",
}


@dataclass(frozen=True)
class Located:
    """The file (or folder of triplets) with the values, its layout, and the series matrix beside it, if any."""

    layout: str
    path: Path
    matrix: SeriesMatrix | None = None
    matrix_path: Path | None = None
    platforms: Path | None = None


def locate(source: Path, layout: str = "auto", file: str = "") -> Located:
    """Find the values.

    Parameters
    ----------
    source
        A file, a folder, or a folder written by ``fatescore fetch``.
    layout
        One of ``LAYOUTS``.
    file
        Glob that chooses among the files of a folder.

    Raises
    ------
    InputError
        When nothing fits, or several files do; the message lists them and the config key that settles it.
    """
    if layout not in LAYOUTS:
        raise InputError(f'layout "{layout}" is not known', expected=", ".join(LAYOUTS), fix=nearest(layout, LAYOUTS))
    if source.is_file():
        return _single(source, layout)
    if not source.is_dir():
        raise InputError(f"{source} does not exist", expected="a file or folder", fix="check the path")
    matrices = [path for path in visible_files(source / "matrix") if "_series_matrix.txt" in path.name]
    if not matrices and not (source / "suppl").is_dir():
        return _folder(source, layout, file, visible_files(source))
    return _series(source, matrices, layout, file)


def _single(source: Path, layout: str) -> Located:
    kind = _layout_of(source) if layout == "auto" else layout
    if not kind:
        raise InputError(
            f"the layout of {source} cannot be told from its name",
            expected=".h5ad, .tsv, .csv, .txt, a series matrix or an archive of 10x triplets",
            fix="set layout",
        )
    if kind == "series_matrix":
        matrix = read_series_matrix(source)
        return Located(kind, source, matrix, source, source.parent / "platform")
    return Located(kind, source)


def _series(source: Path, matrices: list[Path], layout: str, file: str) -> Located:
    """Choose in a fetched folder: the matrix when it has values, else the supplementary files."""
    read = {path: read_series_matrix(path) for path in matrices}
    filled = [path for path in matrices if read[path].values is not None]
    named = [path for path in filled if _fits(path, source, file)] if file else filled
    if layout == "series_matrix" or (layout == "auto" and named):
        path = _one(named, filled, source, "series matrices with values", file)
        return Located("series_matrix", path, read[path], path, source / "platform")
    suppl = [path for path in visible_files(source / "suppl") if path.name != "filelist.txt"]
    if not suppl:
        raise InputError(
            f"{source.name}: the series matrix has no values and there are no supplementary files",
            expected="values in the matrix or a table in suppl/",
            fix="fetch with --what suppl, or use another source for this data set",
        )
    found = _folder(source / "suppl", layout, file, suppl)
    merged = _merged_heads(list(read.values()))
    return Located(found.layout, found.path, merged, matrices[0] if matrices else None, source / "platform")


def _merged_heads(heads: list[SeriesMatrix]) -> SeriesMatrix | None:
    if not heads:
        return None
    import pandas as pd

    samples = pd.concat([head.samples for head in heads]).fillna("")
    return SeriesMatrix(heads[0].series, samples[~samples.index.duplicated()], None, heads[0].notes)


def _folder(source: Path, layout: str, file: str, files: list[Path]) -> Located:
    chosen = [path for path in files if _fits(path, source, file)] if file else files
    if file and not chosen:
        raise InputError(
            f'no file in {source} fits "{file}"', expected=f"one of: {few([p.name for p in files])}", fix="correct file"
        )
    kinds = {path: _layout_of(path) for path in chosen}
    if layout in ("auto", "tenx_mtx") and any(tenx_mtx.is_matrix(path.name) for path in chosen):
        return Located("tenx_mtx", source)
    wanted = [path for path, kind in kinds.items() if kind and (layout in ("auto", kind) or file)]
    path = _one(wanted, files, source, "files with values" if layout == "auto" else _TITLES[layout], file)
    return Located(kinds[path] if layout == "auto" else layout, path)


def _one(paths: list[Path], seen: list[Path], source: Path, what: str, file: str) -> Path:
    if len(paths) == 1:
        return paths[0]
    if not paths:
        raise InputError(
            f"{source} has no {what}; its files are {few([path.name for path in seen]) or 'none'}",
            expected="one file with values",
            fix='set "layout" or "file" for this data set',
        )
    hint = f' that fit "{file}"' if file else ""
    raise InputError(
        f"{source} has {len(paths)} {what}{hint}: {few([path.name for path in paths])}",
        expected="one",
        fix='name it in "file" for this data set',
    )


def _fits(path: Path, source: Path, file: str) -> bool:
    relative = path.relative_to(source).as_posix()
    return fnmatch.fnmatch(path.name, file) or fnmatch.fnmatch(relative, file)


def _layout_of(path: Path) -> str:
    """Return the layout that a file's name (and an archive's content) speaks for, or an empty text."""
    name = path.name.lower()
    if name.endswith(".h5ad"):
        return "h5ad"
    if "_series_matrix.txt" in name:
        return "series_matrix"
    if name.endswith((".tar", ".tar.gz", ".tgz")):
        return "tenx_mtx" if tenx_mtx.has_triplets(path) else ""
    if tenx_mtx.is_part(name):
        return ""
    return "count_table" if count_table.is_table(path) else ""

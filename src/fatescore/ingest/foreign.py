"""Files that hold values and that nothing here reads: what they are, and how they become a text table."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from fatescore.errors import InputError, few

_UNWRAP = (
    'library(Matrix); if (inherits(x, "Seurat")) x <- SeuratObject::LayerData(x, layer = "counts"); '
    'if (inherits(x, "SummarizedExperiment")) x <- SummarizedExperiment::assay(x); '
    'if (inherits(x, "DGEList")) x <- x$counts; '
    'write.table(as.matrix(x), gzfile("{stem}.tsv.gz"), sep = "\\t", quote = FALSE, col.names = NA)'
)
_BESIDE = "put {stem}.tsv.gz beside it, or read it by its path as a local data set"
_SAVE = 'save its sheet as "Text (Tab delimited)", and put {stem}.txt beside it, or read it by its path'
_EXTRA = "pip install openpyxl, or " + _SAVE
_ARRAYS = (
    "raw arrays are not normalised here: the series matrix has the submitter's values (fatescore fetch GSE... --what "
    "matrix,platform); or normalise them, for example with the R package oligo or limma, and read the table of "
    "probes or genes x samples as a local data set"
)


def _from_r(read: str) -> str:
    return f"run {{unpack}}Rscript -e '{read}; {_UNWRAP}', and {_BESIDE}"


def _has_openpyxl() -> bool:
    return importlib.util.find_spec("openpyxl") is not None


@dataclass(frozen=True)
class Kind:
    """A kind of file: what it is, its endings (without ``.gz``), how its bytes begin, and what to do about it.

    ``values``: whether it can be a submitter's table of values. ``here``: whether it cannot be read here and now.
    """

    what: str
    endings: tuple[str, ...]
    fix: str
    start: re.Pattern[bytes] | None = None
    values: bool = True
    here: Callable[[], bool] = lambda: True

    def has_ending(self, name: str) -> bool:
        """Tell by its name whether a file is of this kind."""
        return PurePosixPath(name).name.lower().removesuffix(".gz").endswith(self.endings) and self.here()

    def fix_for(self, name: str) -> str:
        """Return what to do about a file."""
        bare = PurePosixPath(name).name
        unpacked = bare[:-3] if bare.lower().endswith(".gz") else bare
        unpack = f"gunzip -k {bare} && " if unpacked != bare else ""
        values = {"{file}": unpacked, "{stem}": unpacked.rpartition(".")[0] or unpacked, "{unpack}": unpack}
        return re.sub(r"\{(file|stem|unpack)\}", lambda found: values[found[0]], self.fix)


_KINDS = (
    Kind(
        "an R object", (".rds",), _from_r('x <- readRDS("{file}")'),
        re.compile(rb"(X\n\0\0\0[\x02\x03]|A\n[23]\n|BZh[1-9]1AY|\xfd7zXZ)"),
    ),
    Kind(
        "an R workspace", (".rdata", ".rda", ".robj"), _from_r('x <- get(load("{file}")[1])'),
        re.compile(rb"RD[AX][23]\n"),
    ),
    Kind("an R object", (".qs",), _from_r('x <- qs::qread("{file}")')),
    Kind("an R object", (".qs2",), _from_r('x <- qs2::qs_read("{file}")')),
    Kind(
        "a Seurat file", (".h5seurat",),
        "run {unpack}Rscript -e 'SeuratDisk::Convert(\"{file}\", dest = \"h5ad\")', and put {stem}.h5ad beside it, or "
        "read it by its path as a local data set",
    ),
    Kind(
        "an Excel workbook, which openpyxl reads if it is installed", (".xlsx", ".xlsm"), _EXTRA,
        here=lambda: not _has_openpyxl(),
    ),
    Kind("an old Excel workbook", (), _SAVE, re.compile(rb"\xd0\xcf\x11\xe0")),
    Kind("a workbook", (".xlsb", ".ods", ".numbers"), _SAVE),
    Kind(
        "a MATLAB file", (".mat",), f"write its matrix with MATLAB's writetable, and {_BESIDE}",
        re.compile(rb"MATLAB [57]\.[0-9]"),
    ),
    Kind(
        "raw arrays", (".cel", ".idat", ".gpr", ".pair", ".chp", ".bgx", ".xys"), _ARRAYS,
        re.compile(
            rb"(ATF[\t ]1|TYPE\t(text|integer|float)|\[CEL\]|@\0\0\0|;\x01|# ?software=NimbleScan|Begin (Header|Raw))"
        ),
        values=False,
    ),
    Kind(
        "a document", (".pdf", ".doc", ".docx", ".ppt", ".pptx", ".rtf"),
        "use another file; a table in it has to be copied into a text file", re.compile(rb"%PDF-"), values=False,
    ),
)  # fmt: skip


def kind_of(name: str) -> Kind | None:
    """Return which kind that is not read a file is of, by its name.

    Examples
    --------
    >>> kind_of("GSE1_counts.rds.gz").what, kind_of("GSE1_counts.csv.gz")
    ('an R object', None)
    """
    return next((kind for kind in _KINDS if kind.has_ending(name)), None)


def may_hold_values(name: str) -> bool:
    """Tell by its name whether a file that is not read may be a submitter's table."""
    kind = kind_of(name)
    return kind is not None and kind.values


def explain(names: Iterable[str]) -> tuple[str, str]:
    """Return what files are that hold values but are not read, and what to do; empty texts where there are none."""
    listed = list(names)
    kind = next((kind for kind in _KINDS for name in listed if kind.has_ending(name)), None)
    if kind is None:
        return "", ""
    own = [PurePosixPath(name).name for name in listed if kind.has_ending(name)]
    return f"{few(own)} {'is' if len(own) == 1 else 'are each'} {kind.what}", kind.fix_for(own[0])


def refuse(data: bytes, source: Path) -> None:
    """Raise for the bytes of what is no text table, whatever its name."""
    for kind in _KINDS:
        if kind.start is not None and kind.start.match(data):
            raise InputError(f"{source} is {kind.what}", expected="a text table", fix=kind.fix_for(source.name))

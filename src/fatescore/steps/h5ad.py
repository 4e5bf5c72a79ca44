"""Reading the h5ad files that travel between steps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fatescore._h5ad_rows import open_rows
from fatescore.errors import InputError
from fatescore.files import check_input
from fatescore.tables import columns as col
from fatescore.tables.folder import NORMALISED, PSEUDOBULK, DatasetFolder

if TYPE_CHECKING:
    from anndata import AnnData

SINGLE_CELL = "single_cell"
_EXPECTED = "an h5ad file written by an earlier step"


def read_step(path: Path) -> tuple[AnnData, dict[str, Any]]:
    """Read an h5ad written by an earlier step, and what ``uns["fatescore"]`` says of it.

    Raises
    ------
    InputError
        When it cannot be read, or no step wrote it.
    """
    import anndata as ad

    return _checked(path, ad.read_h5ad)


def open_step(path: Path) -> tuple[AnnData, dict[str, Any]]:
    """Do as :func:`read_step`, but leave the matrices of single cells in the file."""
    adata, facts = _checked(path, open_rows)
    return (adata if facts["assay"] == SINGLE_CELL else adata.to_memory()), facts


def read_sample_expression(folder: DatasetFolder, assay: str) -> AnnData:
    """Read the expression of the samples on a log scale: their pseudobulks where the data set is of cells."""
    return read_step(folder.file(PSEUDOBULK if assay == SINGLE_CELL else NORMALISED))[0]


def _checked(path: Path, read: Callable[[Path], AnnData]) -> tuple[AnnData, dict[str, Any]]:
    check_input(path, _EXPECTED)
    try:
        adata = read(path)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f"{path} cannot be read as h5ad ({error})", expected=_EXPECTED, fix="run the earlier step again"
        ) from error
    facts = dict(adata.uns.get(col.UNS, {}))
    missing = [key for key in ("assay", "organism", "scale") if key not in facts]
    if missing:
        raise InputError(
            f'{path}: uns["fatescore"] lacks {", ".join(missing)}', expected="an h5ad file written by fatescore ingest",
            fix="run fatescore ingest on it first, or fatescore score for a file of your own",
        )  # fmt: skip
    return adata, facts

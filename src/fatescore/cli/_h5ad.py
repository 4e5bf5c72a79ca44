"""Reading the h5ad files that travel between steps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fatescore._h5ad_rows import open_rows
from fatescore.errors import InputError
from fatescore.files import check_input
from fatescore.tables import columns as col

if TYPE_CHECKING:
    from anndata import AnnData


def read_ingested(path: Path) -> tuple[AnnData, dict[str, Any]]:
    """Read an h5ad written by an earlier step and what ``uns["fatescore"]`` says of it."""
    import anndata as ad

    return _checked(path, ad.read_h5ad)


def open_ingested(path: Path) -> tuple[AnnData, dict[str, Any]]:
    """Do as :func:`read_ingested`, but leave the matrices of single cells in the file."""
    adata, facts = _checked(path, open_rows)
    return (adata if facts["assay"] == "single_cell" else adata.to_memory()), facts


def _checked(path: Path, read: Callable[[Path], AnnData]) -> tuple[AnnData, dict[str, Any]]:
    check_input(path, "an h5ad file written by an earlier step")
    try:
        adata = read(path)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f"{path} cannot be read as h5ad ({error})", expected="an h5ad file written by an earlier step",
            fix="run the earlier step again",
        ) from error  # fmt: skip
    facts = dict(adata.uns.get(col.UNS, {}))
    missing = [key for key in ("assay", "organism", "scale") if key not in facts]
    if missing:
        raise InputError(
            f'{path}: uns["fatescore"] lacks {", ".join(missing)}',
            expected="an h5ad file written by fatescore ingest",
            fix="run fatescore ingest on it first, or fatescore score for a file of your own",
        )
    return adata, facts

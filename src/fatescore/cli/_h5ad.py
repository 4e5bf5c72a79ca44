"""Reading the h5ad files that travel between steps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from fatescore import _keys
from fatescore._files import check_input
from fatescore.errors import InputError

if TYPE_CHECKING:
    from anndata import AnnData


def read_ingested(path: Path) -> tuple[AnnData, dict[str, Any]]:
    """Read an h5ad written by an earlier step and what ``uns["fatescore"]`` says of it."""
    import anndata as ad

    check_input(path, "an h5ad file written by an earlier step")
    try:
        adata = ad.read_h5ad(path)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f"{path} cannot be read as h5ad ({error})", expected="an h5ad file written by an earlier step",
            fix="run the earlier step again",
        ) from error  # fmt: skip
    facts = dict(adata.uns.get(_keys.UNS, {}))
    missing = [key for key in ("assay", "organism", "scale") if key not in facts]
    if missing:
        raise InputError(
            f'{path}: uns["fatescore"] lacks {", ".join(missing)}',
            expected="an h5ad file written by fatescore ingest",
            fix="run fatescore ingest on it first, or fatescore score for a file of your own",
        )
    return adata, facts

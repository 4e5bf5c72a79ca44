"""Layout ``h5ad``: an AnnData file with raw counts in ``layers["counts"]`` or ``X``."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from fatescore.errors import InputError
from fatescore.files import check_input
from fatescore.ingest import archive
from fatescore.ingest.matrix import Raw, samples_of
from fatescore.ingest.readers import Layout, register
from fatescore.tables import columns as col
from fatescore.typing import Matrix

if TYPE_CHECKING:
    from anndata import AnnData


LAYOUT: Layout = register(
    Layout(
        name="h5ad",
        title="AnnData files",
        endings=(".h5ad",),
        cells=True,
        read=lambda located, options: read(located.path, options.sample_key, options.only_sample),
    )
)


def read(path: Path, sample_key: str = "", only_sample: str = "") -> Raw:
    """Return an AnnData file as it is."""
    adata = open_h5ad(path)
    columns = samples_of(adata.obs, sample_key, only_sample, path)
    cells = len(set(columns)) < adata.n_obs
    declared = adata.uns.get(col.UNS)
    return Raw(
        matrix=counts_of(adata, path),
        ids=[str(name) for name in adata.var_names],
        columns=columns,
        barcodes=[str(name) for name in adata.obs_names] if cells else [],
        other_names=second_names(adata),
        obs=adata.obs.copy(),
        simulated=isinstance(declared, dict) and bool(declared.get("simulated", False)),
        inputs=[path],
    )


def open_h5ad(path: Path) -> AnnData:
    """Read an AnnData file, or say why not."""
    import anndata

    check_input(path, "an .h5ad file")
    try:
        with warnings.catch_warnings(), archive.as_file(path, path.name) as file:
            warnings.simplefilter("ignore")  # old files warn about their format, which is not the user's concern
            adata = anndata.read_h5ad(file)
        for matrix in (adata.X, adata.layers.get(col.COUNTS)):
            if sp.issparse(matrix):
                matrix.check_format(full_check=True)  # an index beyond the shape would crash scipy, not raise
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"{path} cannot be read as AnnData ({type(error).__name__}: {str(error)[:200]})",
            expected="an .h5ad file",
            fix="check the file",
        ) from error
    _check_matrix(adata, path)
    return adata


def _check_matrix(adata: AnnData, path: Path) -> None:
    matrix = counts_of(adata, path)
    low = float(matrix.min()) if 0 not in matrix.shape else 0.0
    if low >= 0 or np.isnan(low):
        return
    if col.COUNTS in adata.layers:
        raise InputError(
            f'{path}: layers["counts"] has negative values (down to {low:.4g})', expected="counts",
            fix="put the counts there, or remove the layer",
        )  # fmt: skip
    if adata.raw is not None:
        raise InputError(
            f"{path}: X has negative values (down to {low:.4g}) and the values before scaling are in .raw",
            expected="counts or log values in X",
            fix="write adata.raw.to_adata() to a file and use that",
        )


def counts_of(adata: AnnData, path: Path) -> Matrix:
    """Return ``layers["counts"]``, or ``X``, as CSR or dense array."""
    matrix = adata.layers.get(col.COUNTS, adata.X)
    if matrix is None:
        raise InputError(f'{path} has neither X nor layers["counts"]', expected="an expression matrix")
    return sp.csr_matrix(matrix) if sp.issparse(matrix) else np.asarray(matrix, dtype=float)


def second_names(adata: AnnData) -> list[str]:
    """Return another name per gene (ids beside symbols, or symbols beside ids), or an empty list."""
    for name in ("gene_ids", "gene_id", "ensembl_id", "gene_name", "gene_symbols", "feature_name"):
        if name in adata.var:
            return [str(value) for value in adata.var[name]]
    return []

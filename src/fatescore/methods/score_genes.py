"""Mean expression of a set minus that of genes in the same expression bins (Tirosh et al. 2016), by scanpy."""

from __future__ import annotations

import warnings

import numpy as np
import scipy.sparse as sp

from fatescore.errors import InputError
from fatescore.methods import register
from fatescore.typing import FloatArray, Matrix

_GENES_PER_BIN = 10


@register(
    "score_genes",
    signed=True,
    weighted=False,
    range="unbounded, in units of expression",
    reference="doi:10.1126/science.aad0501",
    parameters=("ctrl_size", "n_bins", "rng"),
    relative=True,
)
def score_genes(
    X: Matrix,
    weights: sp.csr_array,
    *,
    ctrl_size: int | None = None,
    n_bins: int | None = None,
    rng: int | np.random.Generator = 0,
) -> FloatArray:
    """Score observations by ``scanpy.tl.score_genes``; the negative genes' score is subtracted.

    Parameters
    ----------
    X
        Observations x genes, CSR or dense, on a log scale.
    ctrl_size
        Control genes per bin, drawn at random (scanpy's default is 50); ``None`` takes all genes of the bins: no
        seed and no noise.
    n_bins
        Bins of mean expression; by default 25, or fewer, so that each keeps ten genes.
    rng
        Seed or generator of the control genes.

    Returns
    -------
    Observations x gene sets, relative to the observations in the call; NaN without genes, or without genes to compare
    with.
    """
    import anndata as ad
    import scanpy as sc

    n_obs, n_genes = X.shape
    n_bins = max(2, min(25, n_genes // _GENES_PER_BIN)) if n_bins is None else n_bins
    if n_bins < 2 or (ctrl_size is not None and ctrl_size < 1):
        raise InputError(f"n_bins is {n_bins} and ctrl_size is {ctrl_size}", expected="at least 2 and 1")
    seed = int(np.random.default_rng(rng).integers(2**32))
    adata = ad.AnnData(sp.csr_matrix(X, dtype=np.float64) if sp.issparse(X) else np.asarray(X, dtype=np.float64))
    names = adata.var_names.to_numpy()
    scores = np.zeros((n_obs, weights.shape[1]))
    state = np.random.get_state()  # noqa: NPY002  (scanpy seeds numpy's global generator)
    try:
        for k in range(weights.shape[1]):
            column = weights[:, [k]].toarray().ravel()
            if not column.any():
                scores[:, k] = np.nan
            for sign in (1, -1):
                members = names[sign * column > 0]
                if not members.size:
                    continue
                try:
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore")
                        sc.tl.score_genes(
                            adata, members, ctrl_size=ctrl_size or n_genes, n_bins=n_bins, random_state=seed,
                            use_raw=False, score_name="score",
                        )  # fmt: skip
                    scores[:, k] += sign * adata.obs["score"].to_numpy()
                except RuntimeError:  # the set fills its bins
                    scores[:, k] = np.nan
    finally:
        np.random.set_state(state)  # noqa: NPY002
    return scores

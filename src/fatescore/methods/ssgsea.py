"""Single-sample GSEA through gseapy (Barbie et al. 2009)."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from fatescore.methods._registry import register
from fatescore.typing import FloatArray, Matrix


@register(
    "ssgsea",
    signed=True,
    weighted=False,
    range="unbounded",
    reference="doi:10.1038/nature08460",
    parameters=("weight",),
)
def ssgsea(X: Matrix, weights: FloatArray, *, weight: float = 0.25) -> FloatArray:
    """Score observations by ssGSEA without normalisation; negative genes' score is subtracted.

    Parameters
    ----------
    X
        Observations x genes, CSR or dense (made dense here: meant for samples, not for many cells).
    weights
        Genes x gene sets; only the sign is used.
    weight
        Exponent of the rank in the running sum.

    Returns
    -------
    Observations x gene sets. NaN for a set without genes.
    """
    import gseapy
    import pandas as pd

    dense = X.toarray() if sp.issparse(X) else np.asarray(X, dtype=float)
    n_obs, n_sets = dense.shape[0], weights.shape[1]
    genes = np.array([f"g{i}" for i in range(dense.shape[1])])
    sets = {}
    for j in range(n_sets):
        for sign in (1, -1):
            members = list(genes[np.sign(weights[:, j]) == sign])
            if members:
                sets[f"{j} {sign}"] = members
    scores = np.zeros((n_obs, n_sets))
    scores[:, (weights == 0).all(axis=0)] = np.nan
    if not sets:
        return scores
    result = gseapy.ssgsea(
        data=pd.DataFrame(dense.T, index=genes, columns=[f"s{i}" for i in range(n_obs)]),
        gene_sets=sets,
        sample_norm_method="rank",
        correl_norm_type="rank",
        weight=weight,
        min_size=1,
        max_size=len(genes),
        permutation_num=0,
        no_plot=True,
        outdir=None,
        threads=1,
    ).res2d
    for name, term, es in zip(result["Name"], result["Term"], result["ES"], strict=True):
        column, sign = (int(part) for part in term.split())
        scores[int(name[1:]), column] += sign * float(es)
    return scores

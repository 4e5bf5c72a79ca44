"""What is truly expressed before anything is measured: levels, planted bias, donors and sex."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse

from fatescore._version import __version__
from fatescore.simulate._design import TRUE_BIAS
from fatescore.simulate._genes import LINEAGES, lineage_levels, sex_shift
from fatescore.tables import columns as col
from fatescore.typing import Assay, FloatArray, Organism, Scale

if TYPE_CHECKING:
    from anndata import AnnData

TRUTH = "truth"


def culture_levels(rng: np.random.Generator, genes: pd.DataFrame, samples: pd.DataFrame, donor_sd: float) -> FloatArray:
    """Return log2 levels of stromal cultures, samples x genes: level + bias * loading / 2 + donor's own shift."""
    stromal = lineage_levels(genes)[LINEAGES.index("stromal")]
    planted = 0.5 * np.outer(samples[TRUE_BIAS].to_numpy(), genes["loading"].to_numpy())
    sex = np.vstack([sex_shift(genes, sex) for sex in samples["sex"]])
    own = rng.normal(0.0, 1.0, planted.shape) * donor_sd
    return np.asarray(stromal + planted + sex + own)


def as_anndata(
    counts: Any,
    obs: pd.DataFrame,
    genes: pd.DataFrame,
    *,
    organism: Organism,
    assay: Assay,
    scale: Scale,
    truth: dict[str, Any],
) -> AnnData:
    """Assemble the AnnData that ``ingest`` would make of these counts, with the truth beside them."""
    from anndata import AnnData

    matrix = sparse.csr_matrix(counts, dtype=np.float32)
    matrix.sort_indices()
    adata = AnnData(X=matrix, obs=obs, var=genes[["ensembl_id", "role"]].assign(true_loading=genes["loading"]))
    adata.layers[col.COUNTS] = matrix.copy()
    adata.uns[col.UNS] = {
        "version": __version__,
        "dataset": str(obs[col.DATASET].iloc[0]),
        "organism": organism,
        "assay": assay,
        "scale": scale,
        "population": "bmsc",
        "title": f"SIMULATED: {assay.replace('_', ' ')}, {organism}",
        "simulated": True,
    }
    adata.uns[TRUTH] = truth
    return adata

"""Scores and map of the observations in one AnnData, as scanpy and cellxgene read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fatescore.errors import InputError
from fatescore.tables import EMBEDDING, SCORES
from fatescore.tables import columns as col

if TYPE_CHECKING:
    from anndata import AnnData

CATEGORIES = (col.CONDITION, col.DONOR, col.SAMPLE, col.CELL_TYPE, col.FATE_CALL)


def add_scores(adata: AnnData, scores: pd.DataFrame, embedding: pd.DataFrame | None = None) -> None:
    """Write scores and the map of the cells into the observations that they belong to.

    Parameters
    ----------
    adata
        Normalised observations x genes; changed. Matrices on disk are not read.
    scores
        One row per observation, in order, as from :func:`observation_scores`.
    embedding
        Rows of :func:`fatescore.pp.embed`, in any order; those of other cells are passed over.

    Returns
    -------
    Nothing. ``obs`` gains the columns of the index (``fate_bias``, ``fate_call``, ...) and of the other gene sets
    (``set:<gene set>``, a ``/`` in it written ``|``), and condition, donor, sample, cell type and call become
    categories. ``obsm["X_umap"]`` (float32, n_obs x 2) holds the map, NaN for cells that are not on it; it is not
    written where none is.

    Raises
    ------
    InputError
        When the scores are of other observations.

    Examples
    --------
    >>> import fatescore as fs
    >>> adata = fs.simulate.bulk(n_donors=4, n_genes=300, seed=0)
    >>> add_scores(adata, fs.tl.observation_scores(adata, organism="human"))
    >>> adata.obs["fate_bias"].notna().all(), "set:notch" in adata.obs
    (np.True_, True)
    """
    SCORES.check(scores, "the table of scores", (col.OBS_NAME, *col.INDEX_COLUMNS))
    if list(scores.get(col.OBS_NAME, ())) != adata.obs_names.tolist():
        raise InputError(
            f"the {len(scores):,} scored observations are not the {adata.n_obs:,} of the data, or in another order",
            expected="scores of the same file", fix="run fatescore score on it again",
        )  # fmt: skip
    # gene sets go to obs as well: cellxgene does not read a file with a table in obsm, and shows columns of obs
    sets = [name for name in map(str, scores) if name.startswith(col.SET_PREFIX)]
    new = scores.set_axis(adata.obs_names)[[*col.INDEX_COLUMNS, *sets]].rename(columns=col.storable)
    obs = adata.obs.drop(columns=list(new), errors="ignore").join(new)
    for name in CATEGORIES:
        if name in obs:
            obs[name] = pd.Categorical(obs[name].astype(str).where(obs[name].notna()))
    adata.obs = obs
    if embedding is not None and len(embedding.columns):
        EMBEDDING.check(embedding, "the map of the cells", (col.OBS_NAME, col.UMAP_1, col.UMAP_2))
        if embedding[col.OBS_NAME].duplicated().any():
            raise InputError("the map has several rows of one cell", fix="run fatescore embed again")
        at = embedding.set_index(col.OBS_NAME)[[col.UMAP_1, col.UMAP_2]].reindex(adata.obs_names)
        if at.notna().any(axis=None):
            adata.obsm[col.UMAP] = at.to_numpy(dtype=np.float32)

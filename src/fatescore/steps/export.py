"""Write data, scores and the map of the cells as one h5ad file for scanpy and cellxgene, with fatescore's colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fatescore._h5ad_rows import write_rows
from fatescore.errors import InputError
from fatescore.pl import _palette
from fatescore.steps.h5ad import open_step
from fatescore.tables import EMBEDDING, SCORES
from fatescore.tables import columns as col
from fatescore.tables.folder import NORMALISED, SCORED, DatasetFolder
from fatescore.tl.export import CATEGORIES, add_scores

if TYPE_CHECKING:
    from anndata import AnnData


def export(folder: DatasetFolder, *, case: str = "", control: str = "") -> dict[str, Any]:
    """Write ``scored.h5ad``; cells are read and written in chunks.

    Parameters
    ----------
    folder
        Holds ``normalised.h5ad``, ``scores.parquet`` and, where the map is wanted, ``embedding.parquet``.
    case, control
        Conditions that get the colours of cases and controls.

    Returns
    -------
    Facts: the number of observations, and whether they have a map.
    """
    adata, _ = open_step(folder.file(NORMALISED))
    scores, embedding = folder.read(SCORES), folder.read(EMBEDDING)
    if not len(scores.columns):
        raise InputError(f"{folder.file(SCORES)} is empty", expected="scores", fix="run fatescore score again")
    # an empty file is what embed leaves when it failed: the scores are worth a file without a map
    add_scores(adata, scores, embedding if len(embedding.columns) else None)
    _set_colours(adata, case=case, control=control)
    write_rows(folder.file(SCORED), adata)
    return {"n_exported": adata.n_obs, "embedded": col.UMAP in adata.obsm}


def _set_colours(adata: AnnData, *, case: str, control: str) -> None:
    """Write the colours of the categories where scanpy and cellxgene look for them."""
    known = {col.FATE_CALL: _palette.CALLS, col.CELL_TYPE: _palette.CELL_TYPES}
    for name in [name for name in CATEGORIES if name in adata.obs]:
        values = list(adata.obs[name].cat.categories)
        if name == col.CONDITION:
            colours = _palette.condition_colours(values, case=case, control=control)
        else:
            colours = _palette.categories(values, known.get(name))
        _palette.write_colours(adata, name, colours)

"""Broad cell types by marker genes (``markers.tsv``), which cells and bulk samples share.

No gene of the core arms or of the default index is a marker: the gate must not choose cells by the index itself (CDH5
and CXCL12 are two of 220 miRNA targets in the index `review`). Two more choices: one globin
only, because globin mRNA floats in every marrow suspension; no gene of smooth muscle or pericytes (ACTA2, TAGLN, DES)
among those of muscle, because cultured stromal cells express them.
"""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore import methods, organisms
from fatescore.errors import InputError
from fatescore.tables import columns as col
from fatescore.typing import Organism

if TYPE_CHECKING:
    from anndata import AnnData

STROMAL, UNKNOWN = "stromal", "unknown"
MIN_MARKERS, _MIN_MARGIN = 2, 0.02
# 95 % of the blood cells of pbmc68k score 0.22 or more in their own type, stromal cells about 0.14 in others'.
_IN_TYPE, _MIN_TYPED = 0.2, 0.8


def read_genes(table: str) -> dict[str, tuple[str, ...]]:
    """Return the human symbols of every type in a table beside this file."""
    with resources.files("fatescore.pp").joinpath(table).open(encoding="utf-8") as stream:
        genes = pd.read_csv(stream, sep="\t", dtype=str)
    return {str(kind): tuple(members) for kind, members in genes.groupby("type", sort=False)["gene"]}


MARKERS = read_genes("markers.tsv")


def marker_genes(organism: Organism) -> dict[str, list[str]]:
    """Return the markers of every type for an organism, symbols in the order of the table.

    Examples
    --------
    >>> marker_genes("mouse")["muscle"][:3]
    ['Acta1', 'Ckm', 'Myl1']
    """
    return {kind: organisms.spelled(genes, organism) for kind, genes in MARKERS.items()}


def cell_types(adata: AnnData, *, organism: Organism, layer: str | None = None) -> None:
    """Give every cell its broad type.

    Each type's markers (``markers.tsv``) are scored by UCell; the best of those of which a cell shows at least two wins
    if it leads the next by 0.02 (of 0 to 1), otherwise the cell is ``unknown``. A type of which fewer than two markers
    are among the genes is not looked for.

    Parameters
    ----------
    adata
        Cells x genes with gene symbols.
    organism
        One of :func:`fatescore.organisms.names`.
    layer
        Layer to rank; ``None`` is ``X``.

    Returns
    -------
    ``None``; writes ``obs["cell_type"]`` (``stromal | haematopoietic | endothelial | erythroid | muscle |
    schwann | unknown``) and ``obs["cell_type_margin"]`` (lead of the best type).

    Raises
    ------
    InputError
        When fewer than two stromal markers are among the genes, and those of other types do not say what the cells are.

    Examples
    --------
    >>> import fatescore as fs
    >>> adata = fs.simulate.single_cell(n_donors=2, cells_per_donor=20, n_genes=400, seed=0)
    >>> fs.pp.cell_types(adata, organism="human")
    >>> "stromal" in set(adata.obs["cell_type"])
    True
    """
    organisms.get(organism)
    genes = set(adata.var_names)
    markers = marker_genes(organism)
    sets = {name: [gene for gene in members if gene in genes] for name, members in markers.items()}
    measured = {name: members for name, members in sets.items() if len(members) >= MIN_MARKERS}
    if measured:
        scores = _marker_scores(adata, measured, layer)
    # Without stromal markers markers can still show that a cell is something else, as in a panel of blood genes.
    if STROMAL not in measured and not (measured and (scores.max(axis=1) >= _IN_TYPE).mean() > _MIN_TYPED):
        wanted = ", ".join(markers[STROMAL])
        raise InputError(
            f"{len(sets[STROMAL])} of the stromal marker genes are measured",
            expected=f"at least {MIN_MARKERS} of {wanted}",
            fix="set qc.gate to none when every cell is known to be stromal",
        )
    ordered = np.sort(np.column_stack([scores.to_numpy(), np.zeros(adata.n_obs)]), axis=1)
    margin = ordered[:, -1] - ordered[:, -2]
    best = np.asarray(scores.columns)[scores.to_numpy().argmax(axis=1)]
    names = [*MARKERS, UNKNOWN]
    adata.obs[col.CELL_TYPE] = pd.Categorical(np.where(margin >= _MIN_MARGIN, best, UNKNOWN), categories=names)
    adata.obs[col.CELL_TYPE_MARGIN] = margin


def _marker_scores(adata: AnnData, sets: dict[str, list[str]], layer: str | None) -> pd.DataFrame:
    """Return UCell scores, 0 where a cell shows fewer than two markers: one read of ambient RNA is no type."""
    weights = sp.csr_array(np.column_stack([adata.var_names.isin(genes).astype(float) for genes in sets.values()]))
    X = adata.X if layer is None else adata.layers[layer]
    scores = methods.get("ucell")(X, weights, max_rank=min(1500, adata.n_vars))
    shown = (sp.csr_array(X) > 0).astype(float) @ weights
    return pd.DataFrame(np.where(shown.toarray() < MIN_MARKERS, 0.0, scores), index=adata.obs_names, columns=list(sets))

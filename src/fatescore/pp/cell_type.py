"""Broad cell types by marker genes: tell stromal cells from the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore import _keys, methods
from fatescore.errors import InputError
from fatescore.gene_sets.collection import check_organism
from fatescore.typing import Organism

if TYPE_CHECKING:
    from anndata import AnnData

STROMAL = "stromal"
UNKNOWN = "unknown"

# Markers of the broad types of bone marrow, human symbols with the mouse gene beside them.
# Stromal, endothelial: Baryawno et al. 2019 (doi:10.1016/j.cell.2019.04.040); haematopoietic, erythroid: textbook.
# No gene of the index is a marker here: the gate must not choose cells by the index itself.
MARKERS: dict[str, tuple[tuple[str, str], ...]] = {
    STROMAL: (
        ("COL1A2", "Col1a2"), ("COL3A1", "Col3a1"), ("COL6A1", "Col6a1"), ("COL6A2", "Col6a2"), ("DCN", "Dcn"),
        ("LUM", "Lum"), ("SPARC", "Sparc"), ("BGN", "Bgn"), ("CXCL12", "Cxcl12"), ("LEPR", "Lepr"),
        ("PDGFRA", "Pdgfra"), ("PDGFRB", "Pdgfrb"),
    ),
    "haematopoietic": (
        ("PTPRC", "Ptprc"), ("CD52", "Cd52"), ("CORO1A", "Coro1a"), ("LAPTM5", "Laptm5"), ("CD3E", "Cd3e"),
        ("CD79A", "Cd79a"), ("LYZ", "Lyz2"), ("S100A8", "S100a8"), ("NKG7", "Nkg7"), ("TYROBP", "Tyrobp"),
    ),
    "endothelial": (
        ("PECAM1", "Pecam1"), ("CDH5", "Cdh5"), ("KDR", "Kdr"), ("EMCN", "Emcn"), ("CLDN5", "Cldn5"),
        ("EGFL7", "Egfl7"), ("TIE1", "Tie1"), ("TEK", "Tek"),
    ),
    # one globin only: globin mRNA floats in every marrow suspension
    "erythroid": (
        ("HBB", "Hbb-bs"), ("ALAS2", "Alas2"), ("GYPA", "Gypa"), ("SLC4A1", "Slc4a1"), ("AHSP", "Ahsp"),
        ("KLF1", "Klf1"), ("EPB42", "Epb42"), ("SPTA1", "Spta1"),
    ),
}  # fmt: skip
MIN_MARKERS = 2
# 95 % of the blood cells of pbmc68k score 0.22 or more in their own type, stromal cells about 0.14 in others'.
_SEEN, _MOSTLY = 0.2, 0.8


def cell_types(adata: AnnData, *, organism: Organism, layer: str | None = None, min_margin: float = 0.02) -> None:
    """Give every cell its broad type.

    Each type's markers are scored by UCell; the best type wins if it leads the next by ``min_margin``, otherwise
    the cell is ``unknown``.

    Parameters
    ----------
    adata
        Cells x genes with gene symbols.
    organism
        ``"human"`` or ``"mouse"``.
    layer
        Layer to rank; ``None`` is ``X``.
    min_margin
        Smallest lead in UCell units (0 to 1).

    Returns
    -------
    ``None``; writes ``obs["cell_type"]`` (``stromal | haematopoietic | endothelial | erythroid | unknown``) and
    ``obs["cell_type_margin"]`` (lead of the best type).

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
    check_organism(organism)
    column = 0 if organism == "human" else 1
    genes = set(adata.var_names)
    sets = {name: [pair[column] for pair in pairs if pair[column] in genes] for name, pairs in MARKERS.items()}
    measured = {name: members for name, members in sets.items() if len(members) >= MIN_MARKERS}
    if measured:
        scores = _marker_scores(adata, measured, layer)
    # Without stromal markers a cell can still be seen to be something else, as in a panel of blood genes.
    if STROMAL not in measured and not (measured and (scores.max(axis=1) >= _SEEN).mean() > _MOSTLY):
        wanted = ", ".join(pair[column] for pair in MARKERS[STROMAL])
        raise InputError(
            f"{len(sets[STROMAL])} of the stromal marker genes are measured",
            expected=f"at least {MIN_MARKERS} of {wanted}",
            fix="set qc.gate to none when every cell is known to be stromal",
        )
    ordered = np.sort(np.column_stack([scores.to_numpy(), np.zeros(adata.n_obs)]), axis=1)
    margin = ordered[:, -1] - ordered[:, -2]
    best = np.asarray(scores.columns)[scores.to_numpy().argmax(axis=1)]
    names = [*MARKERS, UNKNOWN]
    adata.obs[_keys.CELL_TYPE] = pd.Categorical(np.where(margin >= min_margin, best, UNKNOWN), categories=names)
    adata.obs[_keys.CELL_TYPE_MARGIN] = margin


def _marker_scores(adata: AnnData, sets: dict[str, list[str]], layer: str | None) -> pd.DataFrame:
    weights = sp.csr_array(np.column_stack([adata.var_names.isin(genes).astype(float) for genes in sets.values()]))
    X = adata.X if layer is None else adata.layers[layer]
    scores = methods.get("ucell")(X, weights, max_rank=min(1500, adata.n_vars))
    return pd.DataFrame(scores, index=adata.obs_names, columns=list(sets))

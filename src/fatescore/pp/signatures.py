"""What else a cell's counts say: cell cycle, stress of dissociation, ribosomal share, transgenes and spikes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore import organisms
from fatescore.pp.bulk import raw_counts, samples_of_cells
from fatescore.pp.cell_type import read_genes
from fatescore.typing import BoolArray, FloatArray, Matrix, Organism

if TYPE_CHECKING:
    from anndata import AnnData

# Human symbols. Cell cycle: Tirosh et al. 2016 (doi:10.1126/science.aad0501), under today's symbols (MLF1IP, FAM64A and
# HN1 were renamed). Stress: immediate early and heat-shock genes that dissociation at 37 degrees switches on, a core of
# the long lists of van den Brink et al. 2017 (doi:10.1038/nmeth.4437) and O'Flanagan et al. 2019
# (doi:10.1186/s13059-019-1830-0); not CEBPB and CEBPD, which they hold as well: they are adipogenic here.
S_GENES, G2M_GENES, STRESS_GENES = (read_genes("gene_lists.tsv")[name] for name in ("s", "g2m", "stress"))
# Cytoplasmic ribosomal proteins; neither the kinases RPS6K.. nor read-through genes such as RPS10-NUDT3.
_RIBOSOMAL = re.compile(r"RP(?:[SL]\d+(?:AL|[AXL]|Y\d)?|LP[0-2]|SA)", re.IGNORECASE)
_SPIKE = re.compile(r"ERCC[-_]\d{5}", re.IGNORECASE)
# Names are compared without case, hyphens, dots and underscores. Not CFP: that is properdin.
_TRANSGENE = re.compile(
    r"(?:pl|trans(?:gene)?|tg)?"
    r"(?:[em]?gfp|h2bgfp|egfpl\d+|[em]?yfp|[em]cfp|tdtomato|tdtom|m?cherry|mkate2?|dsred2?|turborfp|tagrfp|zsgreen1?"
    r"|i?cre(?:er|ert|ert2)?|flpo?|d?cas9|wpre|rtta[23]?m?2?|tta|lacz|luc2|luciferase|neor|puror|hygror|bsdr)"
    r"(?:wpre|polya|pa|bghpa)?"
)
_MIN_GENES = 5
_MIN_POOL = 200
_MIN_CELLS = 20
_OUTLYING = 3.0
_MAD_TO_SD = 1.4826


def signatures(adata: AnnData, organism: Organism) -> pd.DataFrame:
    """Return cell cycle, dissociation stress, ribosomal share and transgene counts of every cell.

    Scores are scanpy's (mean log expression of the set minus that of random genes of the same level), made in each
    sample alone, so samples may be handed over one by one. A cell is in S or G2M where that score stands out from
    the sample's: more than 3 deviations (from the lower half of the scores) above the median, the larger of the two.
    That takes fewer than half of the cells in each phase for granted. The usual rule, any score above 0, would call
    most cells of a sample that does not divide, for the reference genes are never quite at the level of the set.

    Parameters
    ----------
    adata
        Cells x genes with ``layers["counts"]`` (raw), ``obs["sample"]`` and current symbols; not changed.
    organism
        One of :func:`fatescore.organisms.names`.

    Returns
    -------
    DataFrame indexed by ``obs_names``: ``s_score``, ``g2m_score``, ``stress_score`` (NaN where fewer than 5 of
    the genes or 200 genes in all are measured, or a cell has no counts), ``phase`` (``G1 | S | G2M``; missing without
    scores or with fewer than 20 cells in the sample),
    ``pct_counts_stress``, ``pct_counts_ribo``, ``pct_counts_ercc`` (0 to 100; NaN where the cell has no counts or
    none of the genes is measured) and ``counts_<name>`` for each transgene.

    Raises
    ------
    InputError
        Without raw counts or samples, or with an unknown organism.

    Examples
    --------
    >>> import fatescore as fs
    >>> adata = fs.simulate.single_cell(n_donors=2, cells_per_donor=20, n_genes=600, seed=0)
    >>> table = signatures(adata, "human")
    >>> bool(table["pct_counts_ribo"].between(0, 100).all())
    True
    """
    counts, sample, names = raw_counts(adata), samples_of_cells(adata), adata.var_names.astype(str)
    total = np.asarray(counts.sum(axis=1), dtype=np.float64).ravel()
    sets = {"s_score": S_GENES, "g2m_score": G2M_GENES, "stress_score": STRESS_GENES}
    spelled = {score: organisms.spelled(genes, organism) for score, genes in sets.items()}
    table = pd.DataFrame(np.nan, index=adata.obs_names, columns=list(sets))
    phase = np.full(adata.n_obs, None, dtype=object)
    for name in pd.unique(sample):
        cells = np.flatnonzero((sample == name) & (total > 0))
        if cells.size:
            table.iloc[cells] = scores = _scores(counts[cells], names, spelled)
            phase[cells] = _phase(scores)
    table["phase"] = pd.Categorical(phase, categories=["G1", "S", "G2M"])
    shares = {
        "stress": names.isin(spelled["stress_score"]),
        "ribo": np.array([bool(_RIBOSOMAL.fullmatch(name)) for name in names], dtype=bool),
        "ercc": np.array([bool(_SPIKE.fullmatch(name)) for name in names], dtype=bool),
    }
    for what, chosen in shares.items():
        table[f"pct_counts_{what}"] = _percent(counts, chosen, total)
    for name in transgenes(names):
        table[f"counts_{name}"] = _sum(counts, np.asarray(names == name))
    return table


def transgenes(var_names: Iterable[str]) -> list[str]:
    """Return the names that are reporters, recombinases or other vector parts, in the order given.

    Known: GFP, YFP, CFP with a prefix, tdTomato, mCherry, DsRed and other reporters, Cre, Flp, Cas9, WPRE, rtTA, tTA,
    lacZ, luciferase, resistance genes. ERCC spikes are none.

    Parameters
    ----------
    var_names
        Gene names in any spelling of case, hyphens, dots and underscores.

    Examples
    --------
    >>> transgenes(["Actb", "EGFP", "tdTomato-WPRE", "Cre", "Crem", "ERCC-00002", "CFP"])
    ['EGFP', 'tdTomato-WPRE', 'Cre']
    """
    return [str(name) for name in var_names if _TRANSGENE.fullmatch(re.sub(r"[-_. ]", "", str(name)).lower())]


def _scores(counts: Matrix, names: pd.Index, sets: dict[str, list[str]]) -> FloatArray:
    import anndata as ad
    import scanpy as sc

    cells = ad.AnnData(sp.csr_matrix(counts, dtype=np.float32), var=pd.DataFrame(index=names))
    sc.pp.normalize_total(cells, target_sum=1e4)
    sc.pp.log1p(cells)
    scores = np.full((cells.n_obs, len(sets)), np.nan)
    found = {score: names[names.isin(genes)] for score, genes in sets.items()}
    state = np.random.get_state()  # noqa: NPY002  (scanpy seeds numpy's global generator: leave it as it was)
    try:
        for column, genes in enumerate(found.values()):
            if len(genes) >= _MIN_GENES and len(names) >= _MIN_POOL:
                # as many reference genes a level as the set has, as scanpy does for the cell cycle
                sc.tl.score_genes(cells, genes, ctrl_size=len(genes), ctrl_as_ref=False, random_state=0)
                scores[:, column] = cells.obs["score"].to_numpy()
    finally:
        np.random.set_state(state)  # noqa: NPY002
    return scores


def _phase(scores: FloatArray) -> np.ndarray[Any, Any]:
    """Return the phase of one sample's cells; ``scores`` has S in its first column, G2M in its second."""
    phase = np.full(len(scores), None, dtype=object)
    if len(scores) < _MIN_CELLS or np.isnan(scores[:, :2]).any():
        return phase
    median = np.median(scores[:, :2], axis=0)
    below = np.where(scores[:, :2] < median, median - scores[:, :2], np.nan)
    deviation = np.array([np.nanmedian(side) if np.isfinite(side).any() else np.inf for side in below.T])
    z = (scores[:, :2] - median) / (_MAD_TO_SD * deviation)
    phase[:] = np.where(z.max(axis=1) > _OUTLYING, np.where(z[:, 1] > z[:, 0], "G2M", "S"), "G1")
    return phase


def _sum(counts: Matrix, chosen: BoolArray) -> FloatArray:
    return np.asarray(counts[:, np.flatnonzero(chosen)].sum(axis=1), dtype=np.float64).ravel()


def _percent(counts: Matrix, chosen: BoolArray, total: FloatArray) -> FloatArray:
    share = np.full(total.shape, np.nan)
    if chosen.any():
        np.divide(100 * _sum(counts, chosen), total, out=share, where=total > 0)
    return share

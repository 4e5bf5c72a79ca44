"""Score the cells and samples of a data set: the index, the sets of the review, and every other method."""

from __future__ import annotations

import itertools
import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fatescore import gene_sets, tl
from fatescore._data import data_dir
from fatescore._h5ad_rows import rows_of
from fatescore.files import sha256
from fatescore.gene_sets import Index
from fatescore.gene_sets.forms import GeneSetDict
from fatescore.gene_sets.matching import MIN_FOUND
from fatescore.gene_sets.own import read_own
from fatescore.steps.h5ad import SINGLE_CELL, open_step, read_step
from fatescore.tables import (
    CELL_METHOD_SCORES,
    COVERAGE,
    GENE_CONTRIBUTIONS,
    INDEX_GENES,
    METHOD_SCORES,
    SAMPLE_SCORES,
    SCORES,
)
from fatescore.tables import columns as col
from fatescore.tables.codes import Unit
from fatescore.tables.folder import NORMALISED, PSEUDOBULK, DatasetFolder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from anndata import AnnData

    from fatescore.gene_sets import Library
    from fatescore.typing import StrPath

logger = logging.getLogger(__name__)

MOST_CELLS = 5_000  # enough for an AUROC to 0.01; every method on all cells would take hours


def score(
    folder: DatasetFolder,
    *,
    index: str = gene_sets.DEFAULT_INDEX,
    scorable: Mapping[str, int] | None = None,
    own_sets: Sequence[StrPath] = (),
    seed: int = 0,
    n_jobs: int = 1,
) -> dict[str, Any]:
    """Write the scores of cells and samples.

    Parameters
    ----------
    folder
        Holds ``normalised.h5ad`` and ``pseudobulk.h5ad``; gets the tables of scores.
    index
        Definition of the index.
    scorable
        Arm -> smallest number of measured genes, as in :func:`fatescore.gene_sets.load_index`.
    own_sets
        Sources of further gene sets, each as in :func:`fatescore.gene_sets.read_library`.
    seed
        Of the bootstrap over cells, and of the choice of cells that every method scores.
    n_jobs
        Threads; does not change the result.

    Returns
    -------
    Facts: index, organism, method, seed and the hashes of the curated gene sets and of the sources of others.

    Raises
    ------
    NotScorable
        When too few genes of the index are detected.
    """
    adata, facts = open_step(folder.file(NORMALISED))
    cells = adata if facts["assay"] == SINGLE_CELL else None
    samples = adata if cells is None else _read_pseudobulks(folder)
    organism = facts["organism"]
    definition = gene_sets.load_index(index, organism=organism, scorable=scorable)
    unit = Unit.SAMPLE if cells is None else Unit.PSEUDOBULK
    libraries = read_own(own_sets, organism)
    own = GeneSetDict({name: genes for library in libraries for name, genes in library.sets.items()}) or None
    observations = tl.observation_scores(adata, organism=organism, index=definition, own_sets=own, n_jobs=n_jobs)
    scored = tl.sample_scores(
        samples, organism=organism, unit=unit, index=definition, cells=cells, own_sets=own,
        cell_scores=None if cells is None else observations, rng=seed,
    )  # fmt: skip
    how: dict[str, Any] = {"organism": organism, "scorable": definition.scorable, "n_jobs": n_jobs}
    folder.write(SCORES, observations)
    folder.write(SAMPLE_SCORES, scored.scores)
    folder.write(GENE_CONTRIBUTIONS, scored.contributions)
    folder.write(INDEX_GENES, index_genes(definition, list(samples.var_names), dataset=folder.name))
    coverage = tl.set_coverage(adata, organism=organism, dataset=folder.name, index=definition, own_sets=own)
    folder.write(COVERAGE, coverage)
    _tell(libraries, coverage)
    by_method = tl.specification_scores(samples, unit=unit, counts=cells is not None, cells=cells, **how)
    folder.write(METHOD_SCORES, by_method)
    of_cells = CELL_METHOD_SCORES.frame() if cells is None else _score_some_cells(cells, seed=seed, **how)
    folder.write(CELL_METHOD_SCORES, of_cells)
    return {
        "index": definition.name, "organism": organism, "method": "rank_log", "n_scored": len(observations),
        "seed": seed, "gene_sets": _curated_hashes(),
        **({"own_gene_sets": {library.source: library.sha256 for library in libraries}} if libraries else {}),
    }  # fmt: skip


def index_genes(index: Index, measured: list[str], *, dataset: str = "") -> pd.DataFrame:
    """Return the arm and weight in ``fate_bias`` of every measured gene of an index.

    Parameters
    ----------
    index
        Definition of the index.
    measured
        Symbols of the genes that the data set measures.
    dataset
        Label.

    Returns
    -------
    One row per gene, the columns of ``INDEX_GENES``.

    Examples
    --------
    >>> index_genes(gene_sets.load_index("core"), ["RUNX2", "SP7", "PPARG"])["arm"].tolist()
    ['osteogenic', 'osteogenic', 'adipogenic']
    """
    weights = gene_sets.index_weights(index, measured)[col.FATE_BIAS]
    arms = np.select([weights > 0, weights < 0], [col.OSTEOGENIC, col.ADIPOGENIC], "").tolist()
    return INDEX_GENES.frame(zip(itertools.repeat(dataset), weights.index, arms, weights, strict=False))


def _tell(libraries: Sequence[Library], coverage: pd.DataFrame) -> None:
    """Log what became of the genes of the sets of a run."""
    found = coverage.set_index("gene_set")
    for library in libraries:
        for note in library.notes:
            logger.info("%s: %s", library.source, note)
        for name in library.sets:
            row = found.loc[name]
            if row["fraction"] < MIN_FOUND:
                logger.warning("%s: %s: %d of %d genes are measured", library.source, name, row["found"], row["size"])


def _read_pseudobulks(folder: DatasetFolder) -> AnnData:
    """Return the sums of the counts of the samples; ranks and counts per million are taken of these."""
    samples = read_step(folder.file(PSEUDOBULK))[0]
    samples.X = samples.layers[col.COUNTS]
    return samples


def _score_some_cells(cells: AnnData, *, seed: int, **how: Any) -> pd.DataFrame:
    """Score a random choice of cells (``X`` on a log scale) under every method, one row per cell and combination."""
    chosen = np.random.default_rng(seed).choice(cells.n_obs, min(cells.n_obs, MOST_CELLS), replace=False)
    return tl.specification_scores(rows_of(cells, np.sort(chosen)), unit=Unit.CELL, **how)


def _curated_hashes() -> dict[str, str]:
    """Return the hash of every curated file that the sets, their orthologs and the index are made from."""
    homes = [data_dir(kind) for kind in ("gene_sets", "organisms")]
    files = (path for home in homes for path in sorted(home.rglob("*")) if path.is_file())
    return {path.relative_to(data_dir("gene_sets").parent).as_posix(): sha256(path) for path in files}

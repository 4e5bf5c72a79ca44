"""The reference of the matched null: every gene's level, measured once, kept and used again."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore.errors import InputError
from fatescore.files import write_text
from fatescore.methods import rank_log
from fatescore.methods._ranking import RankPart, score_chunk
from fatescore.stats.null import MIN_OBSERVATIONS, N_STRATA, FittedNull
from fatescore.tl import _matrix
from fatescore.typing import FloatArray, StrPath

if TYPE_CHECKING:
    from anndata import AnnData

MAX_OBS = 2000
_BLOCK = 50  # rows that are read together; not a setting, so that it cannot change the result
_HEAD = "# fatescore null, mean log2(N / rank) of every gene; n_obs={} n_strata={}\n"


def fit_null(
    data: AnnData | pd.DataFrame,
    *,
    layer: str | None = None,
    max_obs: int | None = MAX_OBS,
    n_strata: int = N_STRATA,
    n_jobs: int = 1,
) -> FittedNull:
    """Measure the level on which random genes are matched: each gene's mean log2(N / rank).

    The level comes from ranks, so counts and log counts give the same, and one fitted null serves every method. Give
    it as ``null=`` to score some of the cells, or other data, against the same reference.

    Parameters
    ----------
    data
        AnnData (observations x genes), or a DataFrame of the same orientation.
    layer, n_jobs
        As in :func:`score_gene_sets`.
    max_obs
        With more observations than this, blocks of 50 spread evenly over the data stand for all: a level is known to
        a few hundredths long before a million cells are read. ``None`` takes all.
    n_strata
        Number of strata of genes.

    Returns
    -------
    The fitted null, see :func:`write_null`.

    Raises
    ------
    InputError
        With fewer than three observations, or values that are not finite.

    Examples
    --------
    >>> import fatescore as fs
    >>> adata = fs.simulate.single_cell(n_donors=2, cells_per_donor=20, n_genes=300, seed=0)
    >>> null = fs.tl.fit_null(adata)
    >>> null.n_obs
    40
    """
    genes = _matrix.gene_names(data)
    matrix = _matrix.matrix_of(data, layer)
    n_obs = matrix.shape[0]
    if n_obs < MIN_OBSERVATIONS:
        raise InputError(
            f"a null cannot be fitted on {n_obs} observations",
            expected=f"at least {MIN_OBSERVATIONS}",
            fix="give a null fitted on more data (fs.tl.fit_null), or leave null out",
        )
    if n_strata < 1 or (max_obs is not None and max_obs < MIN_OBSERVATIONS):
        raise InputError(
            f"n_strata is {n_strata} and max_obs is {max_obs}", expected=f"at least 1 and {MIN_OBSERVATIONS}"
        )
    places = _places(n_obs, max_obs or n_obs)
    part = RankPart(rank_log.rank_value(len(genes)), sp.csr_array((len(genes), 0)))
    total: FloatArray = np.zeros(len(genes))
    for chunk in _matrix.map_blocks(matrix, places, lambda X: score_chunk(X, part, with_gene_sum=True), n_jobs):
        total += chunk.gene_sum
    n_used = sum(place.stop - place.start for place in places)
    # rounded, so that genes that tie stay tied
    return FittedNull(pd.Series((total / n_used).round(9), index=genes, name="level"), n_used, n_strata)


def _places(n_obs: int, max_obs: int) -> list[slice]:
    if n_obs <= max_obs:
        return [slice(start, min(start + _BLOCK, n_obs)) for start in range(0, n_obs, _BLOCK)]
    size = min(_BLOCK, max_obs)
    starts = np.linspace(0, n_obs - size, max_obs // size).astype(int)
    return [slice(int(start), int(start) + size) for start in starts]


def write_null(null: FittedNull, path: StrPath) -> None:
    """Write a fitted null as a table (tab separated), atomically.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import fatescore as fs
    >>> adata = fs.simulate.single_cell(n_donors=2, cells_per_donor=20, n_genes=300, seed=0)
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "null.tsv"
    >>> fs.tl.write_null(fs.tl.fit_null(adata), path)
    >>> fs.tl.read_null(path).n_obs
    40
    """
    table = null.level.rename_axis("gene").to_csv(sep="\t", float_format="%.9f", lineterminator="\n")
    write_text(path, _HEAD.format(null.n_obs, null.n_strata) + table)


def read_null(path: StrPath) -> FittedNull:
    """Read a fitted null from a file of :func:`write_null`.

    Raises
    ------
    InputError
        When the file is not such a table.
    """
    try:
        head, _, body = Path(path).read_text(encoding="utf-8").partition("\n")
        numbers = dict(word.split("=") for word in head.split() if "=" in word)
        table = pd.read_csv(StringIO(body), sep="\t", dtype={"gene": str, "level": float}, keep_default_na=False)
        level = table.set_index("gene")["level"].rename_axis(None)
        return FittedNull(level, int(numbers["n_obs"]), int(numbers["n_strata"]))
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f"{path} is not a fitted null ({type(error).__name__}: {error})", expected="a file from fs.tl.write_null"
        ) from error

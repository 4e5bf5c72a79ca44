"""Scores of gene sets for every observation."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore import methods
from fatescore._version import __version__
from fatescore.errors import FatescoreWarning, InputError, few, nearest
from fatescore.gene_sets import as_weights
from fatescore.gene_sets.collection import digest
from fatescore.gene_sets.forms import GeneSets
from fatescore.gene_sets.matching import MIN_FOUND, Found, covered, find, matched
from fatescore.stats.null import FittedNull, inflation, tail_pvalue
from fatescore.tables import columns as col
from fatescore.tl import _matrix, _scoring
from fatescore.tl.fit_null import fit_null
from fatescore.typing import Alternative, FloatArray, IntArray, Matrix, Organism, StrPath

if TYPE_CHECKING:
    from anndata import AnnData

logger = logging.getLogger(__name__)

Missing = Literal["skip", "impute"]
Null = Literal["uniform", "matched", "permutation"] | FittedNull
RNG = int | np.random.Generator


def score_gene_sets(
    data: AnnData | pd.DataFrame,
    gene_sets: GeneSets | StrPath,
    *,
    organism: Organism | None = None,
    method: str = "rank_log",
    layer: str | None = None,
    max_rank: int | None = None,
    n_up: int | None = None,
    w_neg: float | None = None,
    missing: Missing = "skip",
    null: Null | None = None,
    alternative: Alternative = "two-sided",
    inflation_by: str | Sequence[object] | None = None,
    n_permutations: int = 1000,
    dispersion: bool = False,
    chunk_size: int | None = None,
    n_jobs: int = 1,
    rng: RNG = 0,
    **params: Any,
) -> pd.DataFrame | None:
    """Score gene sets in every cell or sample, and how unusual the scores are.

    Parameters
    ----------
    data
        AnnData (observations x genes), in memory, backed or with Dask arrays, or a DataFrame of the same orientation.
    gene_sets
        Name -> genes (a trailing ``-`` turns the sign) or name -> {gene: weight}, a net of decoupler, the path of a GMT
        or JSON file, or the name of a library: every form of :func:`fatescore.gene_sets.as_weights`.
    organism
        With it a gene of the sets that the data do not name so is found by its current symbol, see
        :func:`fatescore.gene_sets.match`.
    method
        Name of a scoring method, see ``fs.methods.names()``.
    layer
        Layer to score; ``None`` is ``X``. Rank methods give the same for counts and log counts.
    max_rank
        ``ucell``: ranks are cut here (1500).
    n_up
        ``aucell``: how many top-ranked genes are looked at (5 % of the genes).
    w_neg
        ``ucell``, ``aucell``: weight of the negative genes' score (1).
    missing
        ``"skip"`` leaves genes that the data lack out of their set; ``"impute"`` counts them as not
        expressed (``ucell`` only).
    null
        What a score is compared with: random genes of the same level over the data (``"matched"``, in closed form;
        sets of one or two genes are enumerated) or of a reference (from :func:`fit_null`), any genes (``"uniform"``:
        wrong for sets of genes that are expressed higher or lower than most), or random draws of matched genes
        (``"permutation"``: slow, for every method, and a check of the closed form). All take the genes of a set as
        independent; see ``inflation_by``.
    alternative
        ``"two-sided"``, ``"greater"`` (the score is higher than that of random genes) or ``"less"``.
    inflation_by
        Column of ``obs`` (or one label per observation) that groups like observations, such as cell types. Where a
        set's z varies more within the groups than random genes would, its genes are co-expressed: its p values are
        corrected by that factor, which ``uns`` keeps. Missing labels are not used to measure it.
    n_permutations
        Random draws per set for ``null="permutation"``.
    dispersion
        Whether to measure too how widely a set's genes lie in the ranking (``singscore``): 1.4826 times the median
        absolute deviation of their ranks.
    chunk_size
        Observations per step; ``None`` chooses. Does not change the result.
    n_jobs
        Threads of the rank methods; -1 takes all processors of this process. Does not change the result.
    rng
        Seed or generator of ``null="permutation"`` and ``method="score_genes"``.
    **params
        Further parameters of the method.

    Returns
    -------
    For an AnnData ``None``; writes DataFrames of observations x gene sets: ``obsm["score_<method>"]`` (NaN where
    no gene of a set is measured) and, with a null, ``obsm["z_<method>"]`` (score in standard deviations from the
    mean of random sets) and ``obsm["pval_<method>"]``, or ``obsm["dispersion_<method>"]``; and the parameters into
    ``uns["fatescore"]["score_<method>"]``, with ``coverage``, the table of :func:`fatescore.gene_sets.coverage`: how
    many genes of each set were found, found by another name, and missing. A ``/`` in the name of a set is ``|`` in
    these keys, as h5ad and zarr files take it for a folder. Sets of which fewer than half of the genes are found are
    warned of.
    For a DataFrame the scores, with the record in ``attrs["fatescore"]``; where more is asked for, one table with
    ``score``, ``z``, ``pval`` and ``dispersion`` as the upper level of columns.
    An observation with one value only (an empty cell) has a score by the method's rule for ties, and no z or p.

    Raises
    ------
    InputError
        When no gene of any set is in the data, a parameter is not the method's, values are not finite, gene names are
        not unique, or the method has no closed-form null.

    Examples
    --------
    >>> import fatescore as fs
    >>> import pandas as pd
    >>> table = pd.DataFrame({"RUNX2": [5, 0], "PPARG": [0, 5], "GAPDH": [9, 9]}, index=["a", "b"])
    >>> fs.tl.score_gene_sets(table, {"bone": ["RUNX2", "PPARG-"]}, method="ucell")["bone"].round(2).tolist()
    [0.5, 0.0]
    >>> adata = fs.simulate.single_cell(n_donors=2, cells_per_donor=20, n_genes=300, seed=0)
    >>> fs.tl.score_gene_sets(adata, {"bone": ["RUNX2", "SP7", "IBSP"]}, null="matched")
    >>> sorted(adata.obsm)
    ['pval_rank_log', 'score_rank_log', 'z_rank_log']
    """
    chosen = methods.get(method)
    sets = as_weights(gene_sets, organism=organism)
    genes = _matrix.gene_names(data)
    keys = _keys(sets, data)
    found = find(sets, genes, organism)
    weights, n_missing = _weight_matrix(sets, found, genes, organism)
    coverage = covered(sets, found)
    _tell(found, coverage, organism)
    given = {"max_rank": max_rank, "n_up": n_up, "w_neg": w_neg}
    params |= {name: value for name, value in given.items() if value is not None}
    _check(chosen, params, missing, null, alternative)
    shown = dict(params)
    if missing == "impute":
        params["n_missing"] = n_missing
    if "rng" in chosen.parameters:
        params["rng"] = rng
    groups = None if inflation_by is None else group_numbers(data, inflation_by)
    if groups is not None and null is None:
        raise InputError("inflation_by corrects p values, and there is no null", fix="give a null")
    scores = _scores(
        data, layer, chosen, weights, params, null, alternative if groups is None else None,
        n_permutations, chunk_size, n_jobs, rng,
    )  # fmt: skip
    factor = np.ones(len(sets))
    if groups is not None:
        factor = inflation(scores.z, groups)
        scores.pval = tail_pvalue(scores.deviate / factor, alternative, scores.point_mass)
    tables = {"score": scores.score}
    if null is not None:
        tables |= {"z": scores.z, "pval": scores.pval}
    if dispersion:
        tables["dispersion"] = _dispersion(data, layer, chosen, weights, chunk_size, n_jobs)
    frames = {
        name: pd.DataFrame(values, index=_matrix.obs_names(data), columns=keys, copy=False)
        for name, values in tables.items()
    }
    parameters = {"layer": layer or "X", "missing": missing, "gene_sets": digest(sets), **shown}
    if organism is not None:
        parameters["organism"] = organism
    if null is not None:
        parameters |= {"null": null if isinstance(null, str) else "fitted", "alternative": alternative}
    if groups is not None:
        parameters["inflation"] = dict(zip(keys, factor.round(6).tolist(), strict=True))
    if null == "permutation":
        parameters["n_permutations"] = n_permutations
    if null == "permutation" or "rng" in chosen.parameters:
        parameters["seed"] = int(rng) if isinstance(rng, int | np.integer) else str(rng.bit_generator.seed_seq)
    if isinstance(data, pd.DataFrame):
        out: pd.DataFrame = frames["score"] if len(frames) == 1 else pd.concat(frames, axis=1)
        out.attrs[col.UNS] = {**parameters, "coverage": coverage.to_dict("list")}  # a table there breaks pandas.concat
        return out
    for name, frame in frames.items():
        data.obsm[col.obsm_key(name, method)] = frame
    record(data, col.score_key(method), {**parameters, "coverage": coverage})
    return None


def strata_of(data: AnnData | pd.DataFrame, layer: str | None, null: Null, used: IntArray, n_jobs: int) -> IntArray:
    """Return the stratum of every gene of the data under a null; that of permutations is matched too."""
    genes = _matrix.gene_names(data)
    if isinstance(null, FittedNull):
        return null.strata(genes, used)
    if null == "uniform":
        return np.zeros(len(genes), dtype=np.int64)
    return fit_null(data, layer=layer, n_jobs=n_jobs).strata(genes, used)


def group_numbers(data: AnnData | pd.DataFrame, by: str | Sequence[object]) -> IntArray:
    """Return the number of each observation's group, -1 where it has none."""
    if isinstance(by, str):
        if isinstance(data, pd.DataFrame) or by not in data.obs:
            known = [] if isinstance(data, pd.DataFrame) else data.obs.columns
            raise InputError(f'obs has no column "{by}"', fix=nearest(by, known))
        by = data.obs[by]
    labels = pd.Series(list(by), dtype=object)
    if len(labels) != len(data):
        raise InputError(f"{len(labels)} labels for {len(data)} observations", expected="one label per observation")
    return np.asarray(pd.factorize(labels)[0], dtype=np.int64)


def _scores(
    data: AnnData | pd.DataFrame, layer: str | None, method: methods.Method, weights: sp.csr_array,
    params: Mapping[str, Any], null: Null | None, alternative: Alternative | None, n_permutations: int,
    chunk_size: int | None, n_jobs: int, rng: RNG,
) -> _scoring.Scores:  # fmt: skip
    matrix = _matrix.matrix_of(data, layer)
    if null is None:
        return _scoring.score(matrix, method, weights, params, chunk_size=chunk_size, n_jobs=n_jobs)
    if null != "permutation" and not method.linear:
        raise _scoring.no_closed_form(method)
    strata = strata_of(data, layer, null, np.unique(weights.tocoo().coords[0]), n_jobs)
    if null != "permutation":
        return _scoring.score(
            matrix, method, weights, params, strata, alternative=alternative, chunk_size=chunk_size, n_jobs=n_jobs
        )
    if n_permutations < 1:
        raise InputError(f"n_permutations is {n_permutations}", expected="a whole number above 0")
    return _scoring.score_by_permutation(
        matrix, method, weights, params, strata,
        n_draws=n_permutations, rng=np.random.default_rng(rng), alternative=alternative,
        chunk_size=chunk_size, n_jobs=n_jobs,
    )  # fmt: skip


def _dispersion(
    data: AnnData | pd.DataFrame, layer: str | None, method: methods.Method, weights: sp.csr_array,
    chunk_size: int | None, n_jobs: int,
) -> FloatArray:  # fmt: skip
    dispersion = method.dispersion
    if dispersion is None:
        others = ", ".join(name for name in methods.names() if methods.get(name).dispersion)
        raise InputError(f"{method.name} has no dispersion", expected=others)
    out = np.empty((len(data), weights.shape[1]))

    def measure_rows(at: slice, X: Matrix) -> None:
        out[at] = dispersion(X, weights)

    _matrix.for_each_chunk(_matrix.matrix_of(data, layer), measure_rows, chunk_size, n_jobs)
    return out


def _check(method: methods.Method, params: Mapping[str, Any], missing: str, null: Any, alternative: str) -> None:
    known = [name for name in method.parameters if name not in ("n_missing", "rng")]
    for name in params:
        if name not in known:
            raise InputError(f'"{name}" is not a parameter of {method.name}', fix=nearest(name, known))
    if missing not in get_args(Missing):
        raise InputError(f'missing="{missing}"', expected='"skip" or "impute"')
    if missing == "impute" and "n_missing" not in method.parameters:
        raise InputError(f'missing="impute" is not possible with {method.name}', expected='missing="skip"')
    kinds = ("uniform", "matched", "permutation")
    if null is not None and not isinstance(null, FittedNull) and null not in kinds:
        raise InputError(f'null="{null}" is not known', fix=nearest(str(null), kinds))
    if alternative not in get_args(Alternative):
        raise InputError(f'alternative="{alternative}"', fix=nearest(str(alternative), get_args(Alternative)))


def record(adata: AnnData, key: str, parameters: Mapping[str, Any]) -> None:
    """Record in ``uns["fatescore"]`` what was done, with which version and parameters."""
    records = dict(adata.uns.get(col.UNS, {}))
    records["version"] = __version__
    records[key] = dict(parameters)
    adata.uns[col.UNS] = records


def _keys(sets: Mapping[str, object], data: AnnData | pd.DataFrame) -> list[str]:
    """Return the names of the columns of each set."""
    if isinstance(data, pd.DataFrame):
        return list(sets)
    keys: dict[str, str] = {}
    for name in sets:
        other = keys.setdefault(col.storable(name), name)
        if other != name:
            raise InputError(
                f'gene sets "{other}" and "{name}" cannot be told apart in a file', expected="names that differ in "
                "more than / and |", fix="rename one",
            )  # fmt: skip
    return list(keys)


def _weight_matrix(
    sets: Mapping[str, Mapping[str, float]], found: Found, genes: pd.Index, organism: Organism | None
) -> tuple[sp.csr_array, FloatArray]:
    """Return weights (genes x sets) and the number of positive and negative genes that are missing."""
    if not found.names:
        first = ", ".join(map(str, genes[:3]))
        fix = "check the organism, or convert identifiers with fatescore ingest"
        if organism is None:
            fix = 'give organism= ("human", "mouse"), which also finds former symbols and Ensembl ids'
        raise InputError(
            f"none of the genes of the gene sets is in the data (first names: {first})",
            expected="genes of the same organism as the gene sets", fix=fix,
        )  # fmt: skip
    named = list(matched(sets, found).values())
    rows = genes.get_indexer(pd.Index([gene for members in named for gene in members], dtype=object))
    values = np.array([weight for members in named for weight in members.values()], dtype=float)
    columns = np.repeat(np.arange(len(sets)), [len(members) for members in named])
    weights = sp.csr_array((values, (rows, columns)), shape=(len(genes), len(sets)))
    n_missing = np.zeros((2, len(sets)))
    for at, members in enumerate(sets.values()):
        lost = [weight for gene, weight in members.items() if gene not in found.names]
        n_missing[:, at] = sum(weight > 0 for weight in lost), sum(weight < 0 for weight in lost)
    return weights, n_missing


def _tell(found: Found, coverage: pd.DataFrame, organism: Organism | None) -> None:
    """Say which genes have another name in the data, and warn of sets of which too little is there."""
    if found.changed:
        names = few([f"{gene} ({name})" for gene, name in found.changed.items()])
        logger.info("%d genes of the sets have another name in the data: %s", len(found.changed), names)
    messages = []
    if found.unclear:
        messages.append(f"left out of the gene sets, as they may be several genes of the data: {few(found.unclear)}")
    poor = coverage[coverage["fraction"] < MIN_FOUND]
    if len(poor):
        rows = zip(poor["gene_set"], poor["found"], poor["size"], strict=True)
        listed = few([f"{name} ({n} of {size})" for name, n, size in rows])
        hint = "" if organism else "; organism= also finds former symbols and Ensembl ids"
        messages.append(f"fewer than half of the genes are in the data of {listed}{hint}")
    for message in messages:
        warnings.warn(message, FatescoreWarning, stacklevel=3)

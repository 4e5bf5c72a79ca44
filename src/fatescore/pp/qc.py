"""Quality control: every sample and every dropped cell with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fatescore import _keys
from fatescore.errors import InputError, NotScorable
from fatescore.methods._ranking import constant_rows
from fatescore.pp._judge_cells import DROPPED, cell_report, dropped_text, judge
from fatescore.pp._judge_samples import batches, look
from fatescore.pp._look_cells import describe, of_samples
from fatescore.pp.cell_type import STROMAL, cell_types
from fatescore.typing import Assay, Organism

if TYPE_CHECKING:
    from anndata import AnnData


@dataclass(frozen=True)
class QcLimits:
    """Limits of quality control; ``config/README.md`` explains each."""

    min_genes: int = 200
    max_pct_mt: float = 20.0
    pct_mt_floor: float = 5.0
    n_mads: float = 5.0
    max_dropped: float = 0.5
    doublets: str = "drop"
    min_stromal_cells: int = 20
    min_counts_bulk: float = 500_000.0
    gate: str = "markers"

    def __post_init__(self) -> None:
        ranges = {
            "min_genes": (0, np.inf), "max_pct_mt": (0, 100), "pct_mt_floor": (0, 100), "n_mads": (0, np.inf),
            "max_dropped": (0, 1), "min_stromal_cells": (1, np.inf), "min_counts_bulk": (0, np.inf),
        }  # fmt: skip
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if not low <= value <= high or np.isinf(value):  # NaN is in no range
                raise InputError(f"{name} is {value}", expected=f"a number from {low:g} to {high:g}")
        for name, choices in (("gate", ("markers", "none")), ("doublets", ("drop", "none"))):
            if getattr(self, name) not in choices:
                raise InputError(f'{name} is "{getattr(self, name)}"', expected=" or ".join(choices))


@dataclass(frozen=True)
class QcResult:
    """What quality control found.

    Attributes
    ----------
    adata
        A copy with the observations that can be scored; ``obs`` gains scanpy's ``total_counts``,
        ``n_genes_by_counts``, ``pct_counts_mt`` and, for cells, ``cell_type``.
    samples
        One row per sample: ``_keys.QC_COLUMNS`` (numbers of observations, verdict ``ok`` or ``not scorable``, reason).
    cells
        Single cells only: one row per cell with ``dropped_because`` (empty for those that are kept), their numbers,
        and the limits of their sample.
    metrics
        Further numbers of every sample that can be scored, indexed by sample.
    components
        Bulk and arrays: which sample fields go with which principal component.
    """

    adata: AnnData
    samples: pd.DataFrame
    cells: pd.DataFrame = field(default_factory=pd.DataFrame)
    metrics: pd.DataFrame = field(default_factory=pd.DataFrame)
    components: pd.DataFrame = field(default_factory=pd.DataFrame)


def qc(adata: AnnData, *, assay: Assay, organism: Organism, limits: QcLimits | None = None, seed: int = 0) -> QcResult:
    """Judge cells and samples and keep what can be scored.

    Cells are dropped for a depth or number of genes far below their sample's, a large mitochondrial share, as
    doublets, or because markers do not call them stromal. Bulk samples need a minimum of counts. Arrays need values
    that vary.

    Parameters
    ----------
    adata
        Observations x genes as ingest writes it; not changed.
    assay
        ``"single_cell"``, ``"bulk"`` or ``"array"``.
    organism
        ``"human"`` or ``"mouse"``.
    limits
        See :class:`QcLimits`.
    seed
        Of simulated doublets and of permutations.

    Returns
    -------
    See :class:`QcResult`.

    Raises
    ------
    NotScorable
        When no sample is left; the message says why and ``error.table`` holds the table of samples.

    Examples
    --------
    >>> import fatescore as fs
    >>> adata = fs.simulate.single_cell(n_donors=2, cells_per_donor=40, n_genes=400, seed=0)
    >>> limits = fs.pp.QcLimits(min_genes=20, min_stromal_cells=5)
    >>> found = fs.pp.qc(adata, assay="single_cell", organism="human", limits=limits)
    >>> sorted(set(found.samples["verdict"]))
    ['ok']
    """
    limits = limits or QcLimits()
    if not adata.obs_names.is_unique:
        raise InputError(
            "names of observations repeat", expected="unique obs_names", fix="adata.obs_names_make_unique()"
        )
    judged = adata.copy()
    _metrics(judged, organism)
    if assay == "single_cell":
        return _qc_cells(judged, organism, limits, seed)
    table = _sample_table(judged, assay, limits)
    kept = _kept(judged, table, np.ones(judged.n_obs, dtype=bool))
    metrics, doubts = look(kept, assay=assay, organism=organism, n_mads=limits.n_mads)
    fields, apart = batches(kept, seed=seed)
    return QcResult(kept, _with_doubts(table, doubts, apart), metrics=metrics, components=fields)


def _qc_cells(judged: AnnData, organism: Organism, limits: QcLimits, seed: int) -> QcResult:
    if limits.gate == "markers":
        cell_types(judged, organism=organism)
    else:
        judged.obs[_keys.CELL_TYPE] = STROMAL
    described = describe(judged, organism, find_doublets=limits.doublets == "drop", seed=seed)
    for name in _keys.CELL_SCORES:
        if name in described:
            judged.obs[name] = described[name]
    judged.obs[DROPPED] = judge(judged.obs, limits, described["doublet"])
    table = _cell_table(judged, limits)
    stays = (judged.obs[DROPPED] == "").to_numpy()
    kept = _kept(judged, table, stays)
    metrics = of_samples(judged, organism, described, stays, seed)
    return QcResult(kept, table, cell_report(judged.obs, limits), metrics)


def _kept(judged: AnnData, table: pd.DataFrame, stays: NDArray[np.bool_]) -> AnnData:
    """Return what stays of the samples that can be scored."""
    if not (table["verdict"] == _keys.OK).any():
        raise NotScorable(_why_none(table), table=table)
    good = table.loc[table["verdict"] == _keys.OK, _keys.SAMPLE]
    kept = judged[stays & judged.obs[_keys.SAMPLE].isin(good).to_numpy()].copy()
    kept.obs = kept.obs.drop(columns=DROPPED, errors="ignore")
    return kept


def _with_doubts(table: pd.DataFrame, *doubts: Mapping[str, str]) -> pd.DataFrame:
    """Add to the reasons what is doubted of samples that stay."""
    out = table.copy()
    for name, reason in zip(out[_keys.SAMPLE], out["reason"], strict=True):
        said = [reason, *(one[name] for one in doubts if name in one)]
        out.loc[out[_keys.SAMPLE] == name, "reason"] = "; ".join(part for part in said if part)
    return out


def _metrics(adata: AnnData, organism: Organism) -> None:
    adata.var["mt"] = adata.var_names.str.startswith("MT-" if organism == "human" else "mt-")
    layer = _keys.COUNTS if _keys.COUNTS in adata.layers else None
    if layer is None:
        if not np.isfinite(np.asarray(adata.X.sum(axis=1))).all():
            raise InputError("the values hold missing or infinite numbers", expected="finite numbers")
        adata.obs[_keys.TOTAL_COUNTS] = np.nan
        adata.obs[_keys.N_GENES] = np.asarray((adata.X > 0).sum(axis=1)).ravel()
        adata.obs[_keys.PCT_MT] = np.nan
    else:
        import scanpy as sc

        sc.pp.calculate_qc_metrics(adata, layer=layer, qc_vars=["mt"], percent_top=None, log1p=False, inplace=True)
        adata.obs.drop(columns="total_counts_mt", inplace=True)  # noqa: PD002  (AnnData's obs is changed in place)


def _cell_table(adata: AnnData, limits: QcLimits) -> pd.DataFrame:
    rows = []
    for sample, cells in adata.obs.groupby(_keys.SAMPLE, observed=True, sort=True):
        why = cells[DROPPED].value_counts()
        n_stromal = int((cells[_keys.CELL_TYPE] == STROMAL).sum())
        n_kept = int(why.get("", 0))
        verdict, reason = _keys.OK, dropped_text(why.to_dict(), len(cells), limits)
        if n_stromal == 0:
            verdict, reason = _keys.NOT_SCORABLE, "no stromal cells"
        elif n_kept < limits.min_stromal_cells:
            verdict = _keys.NOT_SCORABLE
            reason = f"{n_kept:,} stromal cells pass, {limits.min_stromal_cells:,} needed" + (
                f"; {reason}" if reason else ""
            )
        rows.append(
            {
                **_identity(cells, str(sample)),
                **_medians(cells[cells[DROPPED] == ""] if n_kept else cells),
                "n_obs": len(cells),
                "n_kept": n_kept,
                "n_stromal": n_stromal,
                "fraction_stromal": n_stromal / len(cells),
                "verdict": verdict,
                "reason": reason,
            }
        )
    return pd.DataFrame(rows, columns=list(_keys.QC_COLUMNS))


def _sample_table(adata: AnnData, assay: Assay, limits: QcLimits) -> pd.DataFrame:
    rows = []
    constant = constant_rows(adata.X)
    for (name, obs), flat in zip(adata.obs.iterrows(), constant, strict=True):
        verdict, reason = _keys.OK, ""
        total = obs[_keys.TOTAL_COUNTS]
        if flat:
            verdict, reason = _keys.NOT_SCORABLE, "all genes have the same value"
        elif assay == "bulk" and total < limits.min_counts_bulk:
            verdict = _keys.NOT_SCORABLE
            reason = f"{total:,.0f} counts, {limits.min_counts_bulk:,.0f} needed"
        cells = adata.obs.loc[[name]]
        rows.append(
            {
                **_identity(cells, str(obs[_keys.SAMPLE])),
                **_medians(cells),
                "n_obs": 1,
                "n_kept": int(verdict == _keys.OK),
                "verdict": verdict,
                "reason": reason,
            }
        )
    return pd.DataFrame(rows, columns=list(_keys.QC_COLUMNS))


def _identity(obs: pd.DataFrame, sample: str) -> dict[str, str]:
    first = obs.iloc[0]
    return {key: sample if key == _keys.SAMPLE else str(first[key]) for key in _keys.IDENTITY}


def _medians(obs: pd.DataFrame) -> dict[str, float]:
    numbers = {key: obs[key].dropna() for key in (_keys.TOTAL_COUNTS, _keys.N_GENES, _keys.PCT_MT)}
    return {key: float(values.median()) if len(values) else np.nan for key, values in numbers.items()}


def _why_none(table: pd.DataFrame) -> str:
    n = len(table)
    if (table["reason"] == "no stromal cells").all():
        return "no stromal cells"
    if table["reason"].str.contains("counts, ").all():
        median = table[_keys.TOTAL_COUNTS].median()
        needed = table["reason"].iloc[0].split(", ", maxsplit=1)[1]
        return f"all {n} samples are too shallow: median {median:,.0f} counts a sample, {needed}"
    return f"none of the {n} samples can be scored ({table['sample'].iloc[0]}: {table['reason'].iloc[0]})"

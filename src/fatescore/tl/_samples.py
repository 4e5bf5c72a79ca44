"""From cells or samples under a user's own names to samples that can be compared, and what is known of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fatescore import pp
from fatescore.errors import InputError, NotScorable, few, nearest
from fatescore.ingest.levels import check_centred
from fatescore.ingest.scale import likely_scale
from fatescore.pp.bulk import dense
from fatescore.stats._donors import check_conditions
from fatescore.tables import Note, join_notes, parse_notes
from fatescore.tables import columns as col
from fatescore.tables.codes import NoteCode, Unit
from fatescore.tl import _matrix
from fatescore.tl._source import Source, label, where_counts_are
from fatescore.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from anndata import AnnData

GROUP = "group"
_KEY = [GROUP, col.DONOR, col.CONDITION, col.SAMPLE]
# What software measures of a cell or sample, under the names that scanpy and Seurat give it: nobody recorded it.
_MEASURED = re.compile(
    r"(log1p_)?(n_genes|n_counts|n_umis?|n_obs|total_counts|pct_counts|percent[._]m|ncount_|nfeature_|size_?factor)\w*"
    r"|geo_accession|sex_expressed|doublet_score|predicted_doublet|leiden\w*|louvain\w*|(s|g2m)_score|phase",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Columns:
    """Columns of ``obs``, by the user's names; the last two may be empty."""

    donor: str
    condition: str
    sample: str
    group: str

    @property
    def given(self) -> dict[str, str]:
        """The columns that were named, by their parameter."""
        return {name: value for name, value in vars(self).items() if value}


@dataclass(frozen=True)
class Samples:
    """Samples of both arms.

    Attributes
    ----------
    adata
        Samples x genes; ``obs`` has ``dataset`` (empty), ``sample``, ``donor``, ``condition``, ``group``, ``n_obs``.
    fields
        What else is known of them, a row each, under the user's names.
    log_values
        Their values on a log scale.
    unit
        Whether they are sums of cells.
    groups
        All groups that the data have; one empty name without ``groupby``.
    left_out
        Samples that are too small: the columns of the key, ``n_obs``, ``total_counts``, ``reason``.
    recorded
        Whether any field is recorded, beside what was measured.
    not_audited
        Columns of ``obs`` that are text and vary within samples.
    """

    adata: AnnData
    fields: pd.DataFrame
    log_values: FloatArray
    unit: Unit
    groups: list[str]
    left_out: pd.DataFrame
    recorded: bool
    not_audited: tuple[str, ...]


def make_samples(
    source: Source, columns: Columns, case: str, control: str, *, min_cells: int, min_counts: float
) -> Samples:
    """Sum cells to samples, or take samples as they are. Parameters are those of :func:`fatescore.tl.compare`."""
    rows = _identify(source.obs, columns, case, control)
    used = rows[col.CONDITION].isin([case, control]).to_numpy()
    groups = sorted(set(rows[GROUP]) - {""}) if columns.group else [""]
    chosen = rows[used]
    grouped = chosen.groupby(_KEY, sort=True)
    code = np.full(len(rows), -1)
    code[used] = grouped.ngroup()
    samples = grouped.size().rename(col.N_OBS).reset_index()
    left_out = samples[:0].assign(**{col.TOTAL_COUNTS: [], "reason": []})
    of_cells = bool((samples[col.N_OBS] > 1).any())
    if of_cells:
        X, samples, left_out = _sum_cells(source, code, samples, columns, min_cells, min_counts)
        is_counts = True
    else:
        order = np.argsort(code, kind="stable")[-len(samples) :]
        X = dense(_matrix.whole(source.matrix))[order]
        is_counts = bool(X.min(initial=0) >= 0) and (
            source.place == f'layers["{col.COUNTS}"]' or likely_scale(X)[0] == "counts"
        )
    X, genes = _by_gene(X, source.genes, summed=is_counts)
    fields, varying = _fields(source.obs.loc[:, ~source.obs.columns.isin(columns.given.values())], code, samples.index)
    recorded = _is_recorded(fields, varying)
    if of_cells:
        fields[str(col.N_OBS)] = samples[col.N_OBS]
    if is_counts:
        fields[str(col.TOTAL_COUNTS)] = X.sum(axis=1)
    adata = _as_anndata(X, genes, samples)
    texts = tuple(name for name in varying if name not in fields)
    unit = Unit.PSEUDOBULK if of_cells else Unit.SAMPLE
    fields = fields.reset_index(drop=True)
    return Samples(adata, fields, _log_values(adata, is_counts), unit, groups, left_out, recorded, texts)


def _identify(obs: pd.DataFrame, columns: Columns, case: str, control: str) -> pd.DataFrame:
    """Return group, donor, condition and sample of every row as text."""
    given = columns.given
    for name, column in given.items():
        if column not in obs:
            parameter = "groupby" if name == GROUP else name
            raise InputError(f'{parameter}= names no column of obs: "{column}"', fix=nearest(column, map(str, obs)))
    if len({columns.donor, columns.condition, columns.group}) < 2 + bool(columns.group):
        raise InputError(f"{given} names a column twice", expected="a column each")
    rows = pd.DataFrame({name: _labels(obs[column]) for name, column in given.items()})
    _refuse_missing(rows[col.CONDITION] == "", columns.condition)
    check_conditions(rows[col.CONDITION], (case, control), (), "")
    used = rows[col.CONDITION].isin([case, control])
    for name, column in given.items():
        _refuse_missing(used & (rows[name] == ""), column)
    if not columns.sample:
        rows[col.SAMPLE] = rows[col.DONOR] + " | " + rows[col.CONDITION]
    if not columns.group:
        rows[GROUP] = ""
    owners = rows.loc[used, [col.SAMPLE, col.DONOR, col.CONDITION]].drop_duplicates()
    shared = owners.loc[owners[col.SAMPLE].duplicated(), col.SAMPLE]
    if columns.sample and len(shared):
        own = owners.loc[owners[col.SAMPLE] == shared.iloc[0], [col.DONOR, col.CONDITION]]
        raise InputError(
            f'sample "{shared.iloc[0]}" is of {few(own.agg(" in ".join, axis=1).tolist())}',
            expected="samples of one donor in one condition",
            fix="join the names of donor and sample in a column of their own, or leave sample= out",
        )  # fmt: skip
    return rows


def _labels(column: pd.Series) -> Any:
    names = {value: label(value) for value in column.unique()}
    return column.astype(object).map(lambda value: names.get(value, ""), na_action="ignore").fillna("").to_numpy(object)


def _refuse_missing(missing: pd.Series[bool], column: str) -> None:
    if missing.any():
        raise InputError(
            f'{int(missing.sum()):,} rows have no "{column}"', expected="a value in every row that is compared",
            fix=f'fill it in, or leave them out: adata[adata.obs["{column}"].notna()]',
        )  # fmt: skip


def _sum_cells(
    source: Source, code: IntArray, samples: pd.DataFrame, columns: Columns, min_cells: int, min_counts: float
) -> tuple[FloatArray, pd.DataFrame, pd.DataFrame]:
    """Return the sums of the samples that are large enough, those samples, and the others."""
    import anndata as ad

    names = pd.Index(np.arange(len(code)).astype(str))
    cells = ad.AnnData(  # the matrix is shared, not copied
        X=source.matrix, layers={col.COUNTS: source.matrix}, obs=pd.DataFrame({"code": code}, index=names),
        var=pd.DataFrame(index=np.arange(len(source.genes)).astype(str)),
    )  # fmt: skip
    summed = pp.pseudobulk(cells, by="code", min_cells=min_cells, min_counts=min_counts)
    small = summed.uns[col.UNS][col.LEFT_OUT]
    small = small.assign(code=small["code"].astype(int)).query("code >= 0").set_index("code").sort_index()
    left_out = samples.loc[small.index].assign(**{name: small[name] for name in (col.TOTAL_COUNTS, "reason")})
    at = summed.obs["code"].astype(int).to_numpy()
    order = np.argsort(at)[(np.sort(at) >= 0)]
    if not len(order):
        raise _all_small(left_out, columns)
    X, kept = summed.X[order], samples.loc[at[order]]
    wrong = ~(np.rint(X) == X).all(axis=1) | (X < 0).any(axis=1)
    if wrong.any():
        first = kept.iloc[int(np.flatnonzero(wrong)[0])]
        raise InputError(
            f'{first[col.N_OBS]:,} rows are of {_described(first, columns)}, so they are cells to be summed, and '
            f"{source.place} holds no counts", expected="raw counts, whole numbers from 0 on",
            fix=where_counts_are(source) or "name the layer with the counts in layer= (estimated counts, as of SoupX, "
            "are rounded first); where rows are samples and no cells, name their column with sample=",
        )  # fmt: skip
    return X, kept, left_out.reset_index(drop=True)


def _described(row: pd.Series, columns: Columns) -> str:
    if columns.sample:
        return f'sample "{row[col.SAMPLE]}"'
    return f'donor "{row[col.DONOR]}" in "{row[col.CONDITION]}"'


def _all_small(left_out: pd.DataFrame, columns: Columns) -> NotScorable:
    first = left_out.iloc[0]
    notes = [Note(NoteCode.NONE_SCORABLE, {"samples": len(left_out), "sample": first[col.SAMPLE]})]
    return NotScorable(
        f"all {len(left_out)} samples are too small: {_described(first, columns)} has {first[col.N_OBS]} rows and "
        f"{first[col.TOTAL_COUNTS]:.10g} counts", reason=join_notes([*notes, *parse_notes(first["reason"])]),
        fix="lower min_cells= or min_counts=; where rows are samples and no cells, name their column with sample=",
    )  # fmt: skip


def _by_gene(X: FloatArray, genes: pd.Index, *, summed: bool) -> tuple[FloatArray, pd.Index]:
    """Leave columns without a name out, and sum the counts of columns of one name."""
    named = np.flatnonzero(genes != "")
    X, genes = X[:, named] if len(named) < len(genes) else X, genes[named]
    if genes.is_unique or not summed:
        return X, genes
    place, unique = pd.factorize(genes)
    sums = np.zeros((X.shape[0], len(unique)))
    np.add.at(sums.T, place, X.T)
    return sums, pd.Index(unique)


def _fields(obs: pd.DataFrame, code: IntArray, kept: pd.Index) -> tuple[pd.DataFrame, list[str]]:
    """Return one row per sample: columns that are the same for all its rows, and means of numbers; and what varies."""
    rows = obs.loc[:, ~obs.columns.isin(col.INDEX_COLUMNS)][code >= 0]
    own = code[code >= 0]
    out: dict[str, Any] = {}
    varying = []
    for name, column in rows.items():
        grouped = column.groupby(own, sort=True, observed=True)
        shown = str(name)
        if grouped.nunique().max() <= 1:
            out[shown] = grouped.first()
            continue
        varying.append(shown)
        if pd.api.types.is_numeric_dtype(column):
            shown = f"{shown} (mean)" if shown in (col.N_OBS, col.TOTAL_COUNTS) else shown
            out[shown] = column.astype("Float64").groupby(own, sort=True).mean().astype(float)
    return pd.DataFrame(out, index=kept), varying


def _is_recorded(fields: pd.DataFrame, varying: list[str]) -> bool:
    """Tell whether the fields hold more than what was measured."""
    others = fields.drop(columns=[name for name in fields if name in varying or _MEASURED.fullmatch(str(name))])
    return bool((others.notna() & (others.astype(str) != "")).any(axis=None))


def _as_anndata(X: FloatArray, genes: pd.Index, samples: pd.DataFrame) -> AnnData:
    import anndata as ad

    _matrix.gene_names(pd.DataFrame(columns=genes, index=range(len(X))))  # refuses what is there twice
    obs = samples.assign(**{col.DATASET: ""})[[*col.IDENTITY, GROUP, col.N_OBS]]
    obs.index = np.arange(len(obs)).astype(str)
    return ad.AnnData(X=X, obs=obs, var=pd.DataFrame(index=genes))


def _log_values(samples: AnnData, is_counts: bool) -> FloatArray:
    """Return log2 values as the step normalise makes them; refuse what is no level of expression."""
    X = samples.X
    if is_counts:  # in the precision that the step writes
        return np.asarray(pp.log_cpm(X, pp.size_factors(X)).astype(np.float32), dtype=np.float64)
    check_centred(X)
    is_log = likely_scale(X)[0] == "log2" or X.min(initial=0) < 0
    return np.asarray(X if is_log else np.log2(1 + X))

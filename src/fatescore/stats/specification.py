"""Whether an answer depends on a choice of ours: the same contrast under every method, index and unit.

The choices are those of :func:`fatescore.tl.specification_scores`. Steegen et al. (2016, doi:10.1177/1745691616658637)
and Simonsohn et al. (2020, doi:10.1038/s41562-020-0912-z) say why all of them are shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import pandas as pd

from fatescore.errors import InputError
from fatescore.stats._labels import with_labels
from fatescore.stats._pooling import Tau2
from fatescore.stats.confounding import Audit
from fatescore.stats.contrast import contrast as compare
from fatescore.stats.meta import meta
from fatescore.tables import META_SPECIFICATION, METHOD_SCORES, SPECIFICATION
from fatescore.tables import columns as col
from fatescore.tables.codes import Unit
from fatescore.typing import Label

CHOICES = (col.METHOD, col.INDEX, col.UNIT)


def specification(
    table: pd.DataFrame,
    *,
    case: Label,
    control: Label,
    dataset: str = "",
    contrast: str = "",
    kind: str = "other",
    expected: str = "",
    audit: Audit | None = None,
    known_conditions: Collection[Label] = (),
    seed: int = 0,
) -> pd.DataFrame:
    """Compare the donors of two conditions under every method, index and unit.

    Parameters
    ----------
    table
        One row per sample and combination, as from :func:`fatescore.tl.specification_scores`: ``sample``, ``donor``,
        ``condition``, ``method``, ``index``, ``unit``, ``fate_bias`` and perhaps ``dataset`` and ``reason``.
    case, control, dataset, contrast, kind, expected, audit, known_conditions, seed
        As in :func:`fatescore.stats.contrast`.

    Returns
    -------
    One row per combination, in the order of the table, ``SPECIFICATION.names``. Methods have scales of their
    own: the difference is given as Hedges' g (in standard deviations between donors), and as AUROC. Where a combination
    has no values its numbers are missing and ``note`` holds the reason.

    Raises
    ------
    InputError
        As of :func:`fatescore.stats.contrast`; a column is missing, or a sample occurs twice in a combination.

    Examples
    --------
    >>> one = pd.DataFrame({"sample": list("abcdef"), "donor": list("abcdef"), "condition": ["sick"] * 3 + ["well"] * 3,
    ...     "index": "core", "unit": "sample", "fate_bias": [1.0, 2.0, 3.0, 5.0, 6.0, 7.0]})
    >>> both = pd.concat([one.assign(method="rank_log"), one.assign(method="ucell", fate_bias=[3, 2, 1, 7, 6, 5])])
    >>> found = specification(both, case="sick", control="well")
    >>> found[["method", "g", "auroc"]].round(2).to_numpy().tolist()
    [['rank_log', -3.19, 0.0], ['ucell', -3.19, 0.0]]
    """
    wide, combinations, reasons = _wide(table)
    compared = compare(
        wide, case=case, control=control, measures=list(combinations), dataset=dataset, contrast=contrast, kind=kind,
        expected=expected, audit=audit, known_conditions=known_conditions, seed=seed,
    )  # fmt: skip
    _add_choices(compared, combinations)
    notes = zip(compared["measure"].map(reasons), compared["note"], strict=True)
    compared["note"] = [";".join(filter(None, both)) for both in notes]
    return compared[SPECIFICATION.names]


def meta_specification(
    tables: pd.DataFrame,
    *,
    populations: Mapping[str, str] | None = None,
    overlap_groups: Mapping[str, str] | None = None,
    keep_confounded: bool = False,
    tau2: Tau2 = "pm",
) -> pd.DataFrame:
    """Pool a contrast over data sets under every method, index and unit.

    Parameters
    ----------
    tables
        Rows of :func:`specification` of all data sets.
    populations, overlap_groups, keep_confounded, tau2
        As in :func:`fatescore.stats.meta`, by which each combination is pooled.

    Returns
    -------
    One row per contrast and combination, ``META_SPECIFICATION.names``. The unit is a choice for cells only:
    under each of their units the samples of other data sets stand beside them.

    Examples
    --------
    >>> rows = pd.DataFrame({"dataset": ["A", "B", "B"], "contrast": "op", "kind": "disease", "method": "rank_log",
    ...     "index": "core", "unit": ["sample", "pseudobulk", "cell mean"], "g": [-0.5, -1.5, -2.5], "g_var": 0.25,
    ...     "g_low": -2.0, "g_high": 1.0, "p_value": 0.1, "audit_verdict": "clean", "n_case": 5, "n_control": 5})
    >>> meta_specification(rows)[["unit", "k", "effect"]].to_numpy().tolist()
    [['pseudobulk', 2, -1.0], ['cell mean', 2, -1.5]]
    """
    if tables.empty:
        return META_SPECIFICATION.frame()
    SPECIFICATION.check(tables, "the table", CHOICES)
    tables = with_labels(tables, ("dataset", "contrast", *CHOICES))
    parts, combinations = [], {}
    for (_, method, index), group in tables.groupby(["contrast", "method", "index"], sort=False):
        of_cells = [unit for unit in group["unit"].unique() if unit != Unit.SAMPLE]
        for unit in of_cells or [str(Unit.SAMPLE)]:
            name = _name(method, index, unit)
            combinations[name] = (method, index, unit)
            parts.append(group[group["unit"].isin([Unit.SAMPLE, unit])].assign(measure=name))
    pooled = meta(
        pd.concat(parts, ignore_index=True), populations=populations, overlap_groups=overlap_groups,
        keep_confounded=keep_confounded, tau2=tau2,
    ).drop(columns="method")  # fmt: skip
    _add_choices(pooled, combinations)
    return pooled[META_SPECIFICATION.names]


def _add_choices(table: pd.DataFrame, combinations: Mapping[str, tuple[Any, ...]]) -> None:
    for place, choice in enumerate(CHOICES):
        table[choice] = [combinations[name][place] for name in table["measure"]]


def _wide(table: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, tuple[str, ...]], dict[str, str]]:
    """Return one row per sample with a column per combination, what the columns are, and why one has no values."""
    if table.columns.empty:
        raise InputError("the table has no columns", expected=METHOD_SCORES.file)
    METHOD_SCORES.check(table, "the table", (col.SAMPLE, col.DONOR, col.CONDITION, *CHOICES, col.FATE_BIAS))
    table = with_labels(table, (*col.IDENTITY, *CHOICES))
    keys = [key for key in (col.DATASET, col.SAMPLE) if key in table.columns]
    repeated = table.loc[table.duplicated([*keys, *CHOICES])]
    if len(repeated):
        first = repeated.iloc[0]
        raise InputError(
            f'sample "{first[col.SAMPLE]}" stands twice under {first["method"]}, {first["index"]}, {first["unit"]}',
            expected="one row per sample and combination", fix="give each file once",
        )  # fmt: skip
    samples = table.drop_duplicates(keys)[[*keys, col.DONOR, col.CONDITION]]
    columns: dict[str, pd.Series] = {}
    combinations: dict[str, tuple[str, ...]] = {}
    reasons: dict[str, str] = {}
    at = pd.MultiIndex.from_frame(samples[keys])
    for values, group in table.groupby(list(CHOICES), sort=False):
        name = _name(*values)
        combinations[name] = tuple(map(str, values))
        found = group.set_index(keys)[col.FATE_BIAS]
        found.index = pd.MultiIndex.from_frame(group[keys])
        columns[name] = found.reindex(at).set_axis(samples.index)
        given: Iterable[str] = group["reason"].dropna().astype(str) if "reason" in group else ()
        reasons[name] = ";".join(dict.fromkeys(filter(None, given)))
    return pd.concat([samples, pd.DataFrame(columns)], axis=1), combinations, reasons


def _name(*values: object) -> str:
    return ", ".join(map(str, values))

"""Whether the answer hangs on a choice: tables of the summary page."""

from __future__ import annotations

import pandas as pd

from fatescore._language import tr
from fatescore.report import _format, _html, _words
from fatescore.tables import META_SPECIFICATION
from fatescore.tables import columns as col


def specification(rows: pd.DataFrame) -> _html.Table | None:
    """Show the pooled result under every method and index, from low to high."""
    pooled = rows[rows["k"] > 0] if len(rows) else rows
    if not len(pooled):
        return None
    shown = pooled.sort_values(["contrast", "effect"], kind="stable")
    columns = _format.known(shown, META_SPECIFICATION.names, varying=["unit"])
    return _html.table("specification-table", tr("Under every method and index"), shown, columns)


def each(rows: pd.DataFrame) -> _html.Table | None:
    """Show the difference in every data set under every method and index, pooled or not, from low to high."""
    disease = _words.rows_of(rows, kind=_words.DISEASE)
    if not len(disease):
        return None
    shown = disease.sort_values(["contrast", "dataset", "g"], kind="stable")
    columns = (
        "dataset", "contrast", "method", "index", "unit", "n_case", "n_control", "g", "g_low", "g_high", "p_value",
        "auroc", "audit", "note",
    )  # fmt: skip
    return _html.table(
        "each-table", tr("Data set by data set under every method and index"), shown,
        _format.known(shown, columns, varying=["unit"]),
    )  # fmt: skip


def robustness(rows: pd.DataFrame) -> _html.Table | None:
    """Show the pooled index made again in other ways; the file has all measures."""
    main = _words.rows_of(rows, measure=col.FATE_BIAS)
    if not len(main):
        return None
    columns = (
        "contrast", "analysis", "level", "k", "effect", "ci_low", "ci_high", "pi_low", "pi_high", "p_value",
        "p_between", "datasets", "note",
    )  # fmt: skip
    caption = tr("Pooled again: without each data set, by other estimators, in subgroups")
    return _html.table("robustness-table", caption, main, columns)


def recovered(rows: pd.DataFrame) -> _html.Table | None:
    """Show how well each method and definition of the index recovers fates that are known."""
    known = _words.rows_of(rows, kind=_words.KNOWN)
    if not len(known):
        return None
    shown = known[known[["auroc", "auroc_cells"]].notna().any(axis=1)].sort_values(
        ["dataset", "contrast", "auroc", "auroc_cells", "g"], ascending=[True, True, False, False, False], kind="stable"
    )
    columns = (
        "dataset", "contrast", "method", "index", "unit", "n_case", "n_control", "auroc", "auroc_cells", "g",
        "g_low", "g_high",
    )  # fmt: skip
    return _html.table(
        "recovered-table", tr("Known fates under every method and index"), shown,
        _format.known(shown, columns, varying=["unit"]),
    )  # fmt: skip

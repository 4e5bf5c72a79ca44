"""Whether a pooled effect hangs on one data set, on a kind of data set, or on how heterogeneity is estimated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from fatescore.stats._pooling import Tau2, between_groups
from fatescore.stats.meta import choose, comparable, pooled_row
from fatescore.tables import META_ROBUSTNESS

LEAVE_ONE_OUT = "leave one out"
ESTIMATOR = "tau2"
POPULATION = "population"
UNKNOWN = "unknown"


def meta_robustness(
    contrasts: pd.DataFrame,
    *,
    facts: Mapping[str, Mapping[str, str]] | None = None,
    populations: Mapping[str, str] | None = None,
    overlap_groups: Mapping[str, str] | None = None,
    keep_confounded: bool = False,
    tau2: Tau2 = "pm",
) -> pd.DataFrame:
    """Pool again without each data set, within groups of data sets, and with other estimators of heterogeneity.

    Parameters
    ----------
    contrasts, populations, overlap_groups, keep_confounded, tau2
        As in :func:`fatescore.stats.meta`; the same data sets count.
    facts
        Name of a fact (``assay``, ``organism``, ``population``) to data set to its value. Data sets with the same
        value are pooled by themselves, where there are two values or more. The groups of ``population`` hold the data
        sets of every population, also those that ``populations`` leaves out: here they stand apart.

    Returns
    -------
    ``META_ROBUSTNESS.names``: as of :func:`fatescore.stats.meta`, with ``analysis`` and ``level``: ``leave one
    out`` and the data set left out; ``tau2`` and the estimator; or a fact and its value, with the test of Knapp and
    Hartung (2003, doi:10.1002/sim.1482) whether the groups differ (``f_between`` with ``df_between`` and ``df_within``
    degrees of freedom, ``p_between``; missing with as many groups as data sets). Nothing for what was not pooled.

    Raises
    ------
    InputError
        As :func:`fatescore.stats.meta`.

    Examples
    --------
    >>> rows = pd.DataFrame({"dataset": ["A", "B", "C"], "contrast": "op", "kind": "disease", "measure": "fate_bias",
    ...     "g": [-0.5, -1.5, -4.0], "g_var": [0.25, 0.25, 0.25], "g_low": -2.0, "g_high": 1.0, "p_value": 0.1,
    ...     "audit": "clean", "n_case": 5, "n_control": 5})
    >>> found = meta_robustness(rows, facts={"assay": {"A": "bulk", "B": "bulk", "C": "array"}})
    >>> found[["analysis", "level", "k", "effect"]].round(3).to_numpy().tolist()[2:6]
    [['leave one out', 'C', 2, -1.0], ['tau2', 'reml', 3, -2.0], ['tau2', 'dl', 3, -2.0], ['assay', 'bulk', 2, -1.0]]
    """
    rows = []
    for (name, measure), group in comparable(contrasts):
        used, left_out = choose(group, populations, overlap_groups or {}, keep_confounded)
        found = _leave_one_out(used, tau2) + _estimators(used, tau2)
        found = [row | {"left_out": left_out} for row in found]
        for fact, values in (facts or {}).items():
            allowed = None if fact == POPULATION else populations
            counted, why = choose(group, allowed, overlap_groups or {}, keep_confounded)
            found += [row | {"left_out": why} for row in _by_fact(counted, fact, values, tau2)]
        rows += [row | {"contrast": name, "measure": measure} for row in found]
    return pd.DataFrame(rows, columns=list(META_ROBUSTNESS.names))


def _leave_one_out(used: pd.DataFrame, tau2: Tau2) -> list[dict[str, Any]]:
    if len(used) < 2:
        return []
    names = used["dataset"].astype(str)
    return [
        pooled_row(used[names != name], tau2) | {"analysis": LEAVE_ONE_OUT, "level": name} for name in names.tolist()
    ]


def _estimators(used: pd.DataFrame, tau2: Tau2) -> list[dict[str, Any]]:
    others: list[Tau2] = [name for name in ("pm", "reml", "dl") if name != tau2 and len(used) > 1]
    return [pooled_row(used, name) | {"analysis": ESTIMATOR, "level": name} for name in others]


def _by_fact(used: pd.DataFrame, fact: str, values: Mapping[str, str], tau2: Tau2) -> list[dict[str, Any]]:
    levels = used["dataset"].astype(str).map(lambda name: _level(name, values))
    if levels.nunique() < 2:
        return []
    test = between_groups(used["g"].to_numpy(float), used["g_var"].to_numpy(float), levels.tolist(), tau2=tau2)
    told = {"analysis": fact, "f_between": test.f, "p_between": test.p_value}
    told |= {"df_between": test.df, "df_within": test.df_within}
    return [pooled_row(used[levels == level], tau2) | told | {"level": level} for level in levels.unique()]


def _level(name: str, values: Mapping[str, str]) -> str:
    """Return the value of a data set, or those of the parts of a contrast across data sets."""
    return "+".join(sorted({values.get(part) or UNKNOWN for part in name.split("+")}))

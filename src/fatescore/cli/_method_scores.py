"""The index under every method: read for a contrast, and compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from fatescore import _keys
from fatescore._files import read_tsvs

_RELATIVE = "scores are relative to the other samples of a data set"


def read_method_scores(paths: Sequence[Path]) -> pd.DataFrame:
    """Read the tables of one or more data sets; between data sets the scores of relative methods are taken out."""
    from fatescore import methods

    joined = read_tsvs(paths)
    if "reason" in joined:
        joined["reason"] = joined["reason"].astype(object)  # of numbers, where nobody gave one
    if not joined.empty and len(set(joined[_keys.DATASET])) > 1:
        relative = joined["method"].isin([name for name in methods.names() if methods.get(name).relative])
        joined.loc[relative, _keys.FATE_BIAS] = float("nan")
        joined.loc[relative, "reason"] = _RELATIVE
    return joined


def under_every_method(scores: pd.DataFrame, spec: Mapping[str, Any], **more: Any) -> pd.DataFrame:
    """Return a contrast under every method, index and unit; nothing for one of several levels."""
    from fatescore import stats

    if scores.empty or spec["levels"]:
        return pd.DataFrame()
    return stats.specification(
        scores, case=spec["case"], control=spec["control"], contrast=spec["id"], kind=spec["kind"],
        expected=spec["expected"], **more,
    )  # fmt: skip

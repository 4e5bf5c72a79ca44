"""The index of cells against their depth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

import fatescore as fs
from fatescore.errors import InputError


def cells(n: int, slope: float, name: str, seed: int, cell_type: str = "stromal", level: float = 0.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    depth = rng.lognormal(8, 0.5, n)
    index = level + slope * np.log(depth) + rng.normal(size=n)
    return pd.DataFrame({"sample": name, "cell_type": cell_type, "fate_bias": index, "total_counts": depth.round(-2)})


def test_one_type_is_spearman_by_scipy() -> None:
    one, two = cells(60, 0.0, "a", 1), cells(40, 2.0, "b", 2)
    found = fs.tl.depth_correlation(pd.concat([one, two]))
    for name, own in (("a", one), ("b", two)):
        assert found.loc[name, "rho_depth"] == pytest.approx(
            spearmanr(own["fate_bias"], own["total_counts"]).statistic, abs=1e-12
        )
    assert found["n_cells"].tolist() == [60, 40]


def test_a_difference_of_types_does_not_count() -> None:
    """A deep type with a high index makes a correlation over all cells, none within the types."""
    shallow, deep = cells(200, 0.0, "a", 1, "stromal", 0.0), cells(200, 0.0, "a", 2, "unknown", 8.0)
    deep["total_counts"] *= 20
    both = pd.concat([shallow, deep])
    assert spearmanr(both["fate_bias"], both["total_counts"]).statistic > 0.6
    assert abs(fs.tl.depth_correlation(both).loc["a", "rho_depth"]) < 0.15


def test_too_few_flat_and_missing_have_no_correlation() -> None:
    few, flat, gaps = cells(9, 1.0, "few", 1), cells(20, 1.0, "flat", 2), cells(20, 3.0, "gaps", 3)
    flat["fate_bias"] = 1.0
    gaps.loc[:4, "fate_bias"] = np.nan
    found = fs.tl.depth_correlation(pd.concat([few, flat, gaps]))
    assert found["rho_depth"].isna().tolist() == [True, True, False]
    assert found.loc["gaps", "n_cells"] == 15


def test_several_columns_and_a_wrong_one() -> None:
    table = cells(20, 1.0, "a", 1).assign(donor="D")
    assert fs.tl.depth_correlation(table, by=["donor", "sample"]).index.names == ["donor", "sample"]
    with pytest.raises(InputError, match='no column "total_count"'):
        fs.tl.depth_correlation(table, depth="total_count")

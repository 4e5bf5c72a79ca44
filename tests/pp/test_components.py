"""Principal components: planted outliers and planted batches, and nothing where nothing is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import fatescore as fs
from fatescore.errors import InputError
from fatescore.pp.bulk import log_values
from fatescore.pp.components import batch_in_components, components
from fatescore.tables.codes import QcFlag
from fatescore.tables.notes import parse_notes


def logs(n: int, seed: int) -> tuple[np.ndarray, pd.Index]:
    adata = fs.simulate.bulk(n_donors=n, n_genes=1000, seed=seed)
    return log_values(adata, "counts"), adata.obs_names


@pytest.mark.parametrize("n", [6, 10, 20])
def test_one_foreign_sample_is_found_and_no_other(n: int) -> None:
    found = false = 0
    for seed in range(10):
        values, names = logs(n, seed)
        false += (components(values, names).outlier != "").sum()
        rng = np.random.default_rng(seed)
        odd = int(rng.integers(n))
        swap = rng.random(values.shape[1]) < 0.3
        values[odd, swap] = rng.permutation(values[odd, swap])
        notes = parse_notes(components(values, names).outlier.iloc[odd])
        found += [note.code for note in notes] == [QcFlag.PCA_OUTLIER] and notes[0].number("deviations") > 10
    assert (found, false) == (10, 0)


def test_scores_are_those_of_the_singular_value_decomposition() -> None:
    values = np.random.default_rng(0).normal(8, 1, (7, 40))
    out = components(values, pd.RangeIndex(7), n_components=3)
    left, sizes, _ = np.linalg.svd(values - values.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(np.abs(out.scores), np.abs(left[:, :3] * sizes[:3]))
    np.testing.assert_allclose(out.variance_ratio, (sizes**2 / (sizes**2).sum())[:3])


def test_two_groups_are_no_outliers() -> None:
    values, names = logs(12, 0)
    values[:5] += np.random.default_rng(0).normal(0, 1, values.shape[1])
    assert (components(values, names).outlier == "").all()


def test_what_has_no_components() -> None:
    values = np.random.default_rng(0).normal(8, 1, (4, 40))
    assert (components(values, pd.RangeIndex(4)).outlier == "").all()
    with pytest.raises(InputError, match="2 samples"):
        components(values[:2], pd.RangeIndex(2))
    with pytest.raises(InputError, match="same values"):
        components(np.ones((4, 10)), pd.RangeIndex(4))
    with pytest.raises(InputError, match="missing or infinite"):
        components(np.full((4, 10), np.nan), pd.RangeIndex(4))


def test_a_planted_batch_is_named() -> None:
    values, names = logs(12, 1)
    kit = np.array(list("ABBABAABABBA"))
    values[kit == "B"] += np.random.default_rng(5).normal(0, 0.7, values.shape[1])
    fields = pd.DataFrame({"kit": kit, "age": np.random.default_rng(0).permutation(12) + 70}, index=names)
    table = batch_in_components(components(values, names).scores, fields)
    assert tuple(table.loc[0, ["field", "kind", "component", "groups"]]) == ("kit", "text", "PC1", 2)
    assert table.loc[0, "padj"] < 0.05 < table.loc[table["field"] == "age", "padj"].min()


def test_r2_is_that_of_analysis_of_variance_and_of_a_line() -> None:
    from scipy import stats

    rng = np.random.default_rng(2)
    scores = pd.DataFrame({"PC1": rng.normal(size=9)})
    fields = pd.DataFrame({"lot": list("aaabbbccc"), "age": [f"{n} yrs" for n in (70, 72, 75, 71, 80, 90, 66, 81, 77)]})
    table = batch_in_components(scores, fields).set_index("field")
    r2 = table.loc["lot", "r2"]
    f = stats.f_oneway(*(scores["PC1"].to_numpy()[i : i + 3] for i in (0, 3, 6))).statistic
    assert (r2 / 2) / ((1 - r2) / 6) == pytest.approx(f)
    ages = fields["age"].str.split().str[0].astype(float)
    assert table.loc["age", "r2"] == pytest.approx(stats.linregress(ages, scores["PC1"]).rvalue ** 2)
    assert table.loc["lot", "adjusted_r2"] == pytest.approx(1 - (1 - r2) * 8 / 6)
    assert table.loc["lot", "p_smallest"] == pytest.approx(1 / 280)  # 9! / 3!^3 / 3!


def test_p_values_hold_their_level() -> None:
    p = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        fields = pd.DataFrame({"kit": list("AAAABBBBB"), "age": rng.normal(size=9)})
        p += batch_in_components(pd.DataFrame({"PC1": rng.normal(size=9)}), fields, n_permutations=199)[
            "p_value"
        ].tolist()
    assert 0.02 < np.mean(np.array(p) <= 0.05) < 0.09


def test_fields_that_say_nothing_are_left_out() -> None:
    scores = pd.DataFrame({"PC1": np.arange(6.0)})
    fields = pd.DataFrame({"same": ["x"] * 6, "title": list("abcdef"), "empty": [np.nan] * 6, "kit": list("aabbab")})
    assert batch_in_components(scores, fields)["field"].tolist() == ["kit"]
    assert batch_in_components(scores, fields[["same"]]).empty
    twice = [batch_in_components(scores, fields, seed=3) for _ in range(2)]
    pd.testing.assert_frame_equal(*twice)

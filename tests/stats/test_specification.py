from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fatescore import stats
from fatescore.errors import InputError
from fatescore.stats import Audit
from fatescore.tables import META_SPECIFICATION, SPECIFICATION
from fatescore.tables.codes import AuditVerdict

COMBINATIONS = list(itertools.product(["rank_log", "ucell"], ["core", "extended"], ["pseudobulk"]))
SIDES = {"case": "sick", "control": "well"}


def scores(n: int = 5, seed: int = 0) -> pd.DataFrame:
    """Samples of two conditions under four combinations of choices, each with values of its own."""
    rng = np.random.default_rng(seed)
    samples = pd.DataFrame(
        {
            "dataset": "A",
            "sample": [f"S{i}" for i in range(2 * n)],
            "donor": [f"D{i}" for i in range(2 * n)],
            "condition": ["sick"] * n + ["well"] * n,
        }
    )
    parts = [
        samples.assign(method=method, index=index, unit=unit, fate_bias=rng.normal(size=2 * n), reason="")
        for method, index, unit in COMBINATIONS
    ]
    return pd.concat(parts, ignore_index=True)


def test_every_combination_is_the_contrast_by_itself() -> None:
    table = scores()
    found = stats.specification(
        table.sample(frac=1, random_state=1),
        **SIDES,
        dataset="A",
        contrast="op",
        kind="disease",
        expected="-",
        audit=Audit(AuditVerdict.PARTIALLY_CONFOUNDED, ("kit",)),
    )
    assert list(found.columns) == SPECIFICATION.names
    assert sorted(found[["method", "index", "unit"]].itertuples(index=False, name=None)) == sorted(COMBINATIONS)
    labels = ["dataset", "contrast", "kind", "expected", "audit_verdict", "audit_fields"]
    assert set(found[labels].itertuples(index=False, name=None)) == {
        ("A", "op", "disease", "-", "partially_confounded", "kit")
    }
    same = ["n_case", "n_control", "g", "g_low", "g_high", "g_var", "p_value", "auroc"]
    for row in found.to_dict("records"):
        chosen = (table[["method", "index", "unit"]] == [row["method"], row["index"], row["unit"]]).all(axis=1)
        alone = stats.contrast(table[chosen], **SIDES, measures=["fate_bias"]).iloc[0]
        assert [row[name] for name in same] == pytest.approx(alone[same].tolist(), abs=1e-12)


def test_the_scale_of_a_method_does_not_matter() -> None:
    table = scores()
    stretched = table.assign(
        fate_bias=table["fate_bias"].where(table["method"] != "ucell", 1000 * table["fate_bias"] + 7)
    )
    numbers = ["g", "g_low", "g_high", "p_value", "auroc"]
    one, other = (stats.specification(each, **SIDES)[numbers].to_numpy() for each in (table, stretched))
    np.testing.assert_allclose(one, other, atol=1e-7)


def test_a_combination_without_values_has_the_reason() -> None:
    table = scores()
    lost = (table["method"] == "ucell") & (table["index"] == "core")
    table.loc[lost, ["fate_bias", "reason"]] = [np.nan, "arm_too_small:arm=adipogenic"]
    found = stats.specification(table, **SIDES).set_index(["method", "index"])
    row = found.loc[("ucell", "core")]
    assert row["note"].startswith("arm_too_small:arm=adipogenic;few_donors:case=0,control=0;missing_values:")
    assert row[["g", "p_value", "auroc"]].isna().all()
    assert found.drop(index=("ucell", "core"))["g"].notna().all()
    assert found.loc[("rank_log", "core"), "note"] == ""


def test_a_sample_that_one_unit_lacks_is_left_out_there_only() -> None:
    table = scores()
    table = table[~((table["method"] == "ucell") & (table["sample"] == "S0"))]
    found = stats.specification(table, **SIDES).set_index(["method", "index"])
    assert found["n_case"].groupby("method").unique().map(list).to_dict() == {"rank_log": [5], "ucell": [4]}


def test_donors_of_two_data_sets_with_one_name_are_two() -> None:
    second = scores(seed=1).assign(dataset="B", condition="well")
    found = stats.specification(pd.concat([scores().assign(condition="sick"), second]), **SIDES)
    assert found[["n_case", "n_control"]].to_numpy().tolist() == [[10, 10]] * 4


def test_what_cannot_be_read_is_refused() -> None:
    table = scores()
    with pytest.raises(InputError, match='sample "S0" stands twice under rank_log, core, pseudobulk'):
        stats.specification(pd.concat([table, table.iloc[:1]]), **SIDES)
    with pytest.raises(InputError, match="no column method, unit"):
        stats.specification(table.drop(columns=["method", "unit"]), **SIDES)
    with pytest.raises(InputError, match='condition "sik" is not in the table'):
        stats.specification(table, case="sik", control="well")
    with pytest.raises(InputError, match="no column index"):
        stats.meta_specification(pd.DataFrame({"contrast": ["op"], "method": "ucell", "unit": "sample"}))


def of_data_set(name: str, seed: int, units: tuple[str, ...], **labels: Any) -> pd.DataFrame:
    table = scores(seed=seed).assign(dataset=name)
    whole = pd.concat([table.assign(unit=unit, fate_bias=table["fate_bias"] + k) for k, unit in enumerate(units)])
    labels = {"audit": Audit(AuditVerdict.CLEAN), "kind": "disease"} | labels
    return stats.specification(whole, **SIDES, dataset=name, contrast="op", **labels)


def test_pooled_as_the_default_is() -> None:
    tables = [of_data_set(name, seed, ("sample",)) for seed, name in enumerate("ABC")]
    tables.append(of_data_set("D", 5, ("sample",), audit=Audit(AuditVerdict.COMPLETELY_CONFOUNDED, ("kit", "run"))))
    result = stats.meta_specification(pd.concat(tables), populations=dict.fromkeys("ABD", "bmsc"))
    assert list(result.columns) == META_SPECIFICATION.names
    assert len(result) == 4
    for row in result.to_dict("records"):
        chosen = [table[(table["method"] == row["method"]) & (table["index"] == row["index"])] for table in tables[:2]]
        expected = stats.pool([one["g"].item() for one in chosen], [one["g_var"].item() for one in chosen])
        names = ["k", "effect", "se", "ci_low", "ci_high", "p_value", "tau2", "i2", "q"]
        assert [row[name] for name in names] == pytest.approx([getattr(expected, name) for name in names])
        assert math.isnan(row["pi_low"])
        assert row["left_out"] == "population:dataset=C,populations=unknown;confounded:dataset=D,fields=kit|run"


def test_the_unit_is_a_choice_for_cells_only() -> None:
    tables = [of_data_set("bulk", 0, ("sample",)), of_data_set("cells", 1, ("pseudobulk", "cell mean"))]
    result = stats.meta_specification(pd.concat(tables))
    assert len(result) == 8
    assert set(result["unit"]) == {"pseudobulk", "cell mean"}
    assert set(result["datasets"]) == {"bulk;cells"}


def test_nothing_to_pool() -> None:
    for empty in (pd.DataFrame(), of_data_set("A", 0, ("sample",), kind="known_fate")):
        result = stats.meta_specification(empty)
        assert result.empty
        assert list(result.columns) == META_SPECIFICATION.names

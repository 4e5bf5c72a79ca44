"""The quality section: what it counts, which limits it draws, which field it takes for a batch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatescore.i18n import language
from fatescore.report import DatasetTables, dataset_page
from fatescore.report.quality import _values, batch_field, quality, sex_check
from tests.report.made import EVIL, FORMULA, status
from tests.report.parts import figures, named, parts_of, rows_of, words_of

WHY = ["", "", "doublet", "low_depth", "", "not_stromal", "high_mitochondrial", "doublet"]
SAMPLES = [EVIL, EVIL, EVIL, EVIL, FORMULA, FORMULA, FORMULA, FORMULA]


def cells(**more: Any) -> pd.DataFrame:
    return pd.DataFrame({"sample": SAMPLES, "qc_fail_reason": WHY, "total_counts": range(100, 900, 100), **more})


def charts_of(tables: DatasetTables, prefix: str) -> dict[str, Any]:
    """Return the charts of the quality section whose names begin so."""
    found = figures(quality(tables))
    return {name: figure.spec for name, figure in found.items() if name.startswith(prefix)}


def numbers_in(spec: Any, name: str) -> set[float]:
    """Return every value of a field in the data of a chart."""
    return {row[name] for data in spec["datasets"].values() for row in data if name in row}


def test_cells_are_counted_by_what_became_of_them() -> None:
    drawn = named(quality(DatasetTables("A", qc_cells=cells())), "dropped-chart")
    assert "Of 8 cells or droplets 3 were kept." in drawn.caption
    found = {row["sample"]: {why: n for why, n in row.items() if why != "sample"} for row in rows_of(drawn.table)}
    by_hand = {
        EVIL: {"doublet": "1", "kept": "2", "low depth": "1", "high mitochondrial share": "0", "not stromal": "0"},
        FORMULA: {"doublet": "1", "kept": "1", "low depth": "0", "high mitochondrial share": "1", "not stromal": "1"},
    }
    assert found == by_hand


def test_only_numbers_that_cells_have_are_drawn_with_the_limits_of_their_samples() -> None:
    limits = [150.0 if name == EVIL else 250.0 for name in SAMPLES]
    table = cells(limit_min_total_counts=limits, pct_counts_mt=float("nan"), doublet_score=0.1)
    charts = charts_of(DatasetTables("A", qc_cells=table), "cells-")
    assert set(charts) == {"cells-total_counts", "cells-doublet_score"}
    assert numbers_in(charts["cells-total_counts"], "limit") == {150.0, 250.0}
    assert numbers_in(charts["cells-doublet_score"], "limit") == set()


@pytest.mark.parametrize("limit", [500_000.0, 123.0])
def test_the_limit_of_samples_is_the_one_of_the_run(limit: float) -> None:
    metrics = pd.DataFrame({"sample": ["a", "b"], "library_size": [9e5, 8e5], "n_genes": [900, 800], "q50": None})
    qc = pd.DataFrame({"sample": ["a", "b"], "donor": ["d", "e"], "condition": "x"})
    statuses = [status("A", "qc", limits={"min_counts_bulk": limit, "min_genes": 77})]
    charts = charts_of(DatasetTables("A", statuses=statuses, qc=qc, qc_metrics=metrics), "samples-")
    assert set(charts) == {"samples-library_size", "samples-n_genes"}
    assert numbers_in(charts["samples-library_size"], "limit") == {limit}
    assert numbers_in(charts["samples-n_genes"], "limit") == set()  # min_genes is a limit of cells
    unlimited = charts_of(DatasetTables("A", qc=qc, qc_metrics=metrics), "samples-")["samples-library_size"]
    assert numbers_in(unlimited, "limit") == set()


def test_a_number_that_is_the_same_for_all_samples_is_not_drawn() -> None:
    metrics = pd.DataFrame({"sample": ["a", "b"], "top_100": [0.4, 0.4], "n_genes": [900, 901]})
    qc = pd.DataFrame({"sample": ["a", "b"], "donor": ["d", "e"], "condition": "x"})
    assert list(charts_of(DatasetTables("A", qc=qc, qc_metrics=metrics), "samples-")) == ["samples-n_genes"]


def test_flags_name_the_metrics_in_words() -> None:
    flags = "outlier:metric=rle_iqr,side=high,deviations=6;outlier:metric=top_10,side=low,deviations=9"
    qc = pd.DataFrame({
        "sample": ["a"], "verdict": ["not scorable"], "qc_fail_reason": ["low_depth:counts=1949,needed=200000"],
        "qc_flags": [flags],
    })  # fmt: skip
    row = rows_of(named(quality(DatasetTables("A", qc=qc)), "qc-table"))[0]
    assert row["QC fail reason"] == "1,949 counts, 200,000 needed"
    assert row["flags"] == "outlier in RLE IQR (high, 6 deviations); outlier in top 10 genes (low, 9 deviations)"
    with language("zh"):
        shown = rows_of(named(quality(DatasetTables("A", qc=qc)), "qc-table"))[0].values()
    assert any("离群（偏高，6 个偏差）；" in text and "离群（偏低，9 个偏差）" in text for text in shown)


def test_a_field_that_repeats_another_is_no_second_component() -> None:
    tables = with_fields(component("kit", 0.01), component("run", 0.01))  # both have the values 1 and 2
    found = named(quality(tables), "qc-components")
    assert [row["field"] for row in rows_of(found)] == ["kit"]
    audit = pd.DataFrame({"audit_fields": ["run"], "case": "x", "control": "y"})
    found = named(quality(replace(tables, contrasts=audit)), "qc-components")
    assert [row["field"] for row in rows_of(found)] == ["run"]


def test_ambient_rna_is_given_from_lowest_to_highest() -> None:
    metrics = pd.DataFrame({"sample": ["a", "b", "c"], "ambient_share": [0.125, None, 0.031]})
    metrics = metrics.assign(ambient_share_low=0.01, ambient_share_high=0.2)
    assert "makes up 3.1 % to 12 % of" in named(quality(DatasetTables("A", qc_metrics=metrics)), "ambient-chart").alt
    unknown = metrics.assign(ambient_share=float("nan"))
    assert named(quality(DatasetTables("A", qc_metrics=unknown)), "ambient-chart") is None


def test_samples_without_a_pseudobulk_are_named_with_the_reason() -> None:
    left_out = {EVIL: "few_cells:cells=4,needed=10", "b": "few_counts:counts=1949,needed=20000"}
    tables = DatasetTables("A", statuses=[status("A", "normalise", pseudobulks_left_out=left_out)])
    assert (
        "2 samples are too small for a pseudobulk and take no part in comparisons of scores: "
        f"{EVIL} (4 cells, 10 needed), b (1,949 counts, 20,000 needed)." in words_of(quality(tables))
    )
    with language("zh"):
        assert "b（计数 1,949，需要 20,000）" in words_of(quality(tables))
    page = dataset_page(tables)
    assert "few_cells" not in page  # nor in the facts of the steps
    none = DatasetTables("A", statuses=[status("A", "normalise", pseudobulks_left_out={})])
    assert "pseudobulk" not in words_of(quality(none))


def test_nothing_known_is_nothing_shown() -> None:
    assert list(parts_of(quality(DatasetTables("A")))) == ["No quality table was written."]


def component(field: str, p: float, **more: Any) -> dict[str, Any]:
    return {"field": field, "kind": "text", "component": "PC1", "groups": 2, "p_value": p, **more}


def with_fields(*components: dict[str, Any], stated: str = "") -> DatasetTables:
    fields = pd.DataFrame({"sample": ["a", "b"], "condition": ["x", "y"], "kit": ["1", "2"], "run": ["1", "2"]})
    audit = pd.DataFrame({"field": [stated, "run"], "verdict": ["condition_label", "complete_separation"]})
    return DatasetTables("A", sample_fields=fields, confounding=audit, qc_components=pd.DataFrame(list(components)))


def test_the_batch_is_the_field_with_the_smallest_p() -> None:
    assert batch_field(with_fields(component("kit", 0.04), component("run", 0.01))) == "run"
    assert batch_field(with_fields(component("kit", 0.05), component("run", 0.2))) == "kit"
    assert batch_field(DatasetTables("A")) == ""


@pytest.mark.parametrize(
    "first",
    [
        component("condition", 0.001), component("kit", 0.001), component("absent", 0.001),
        component("plate", 0.051), component("run", 0.001, component="PC3"), component("run", 0.001, groups=9),
        component("run", 0.001, groups=1), component("run", float("nan")),
    ],
)  # fmt: skip
def test_fields_that_show_no_batch_are_passed_over(first: dict[str, Any]) -> None:
    assert batch_field(with_fields(first, stated="kit")) == ""
    assert batch_field(with_fields(first, component("run", 0.04), stated="kit")) == "run"


def test_numbers_need_not_be_few() -> None:
    assert batch_field(with_fields(component("run", 0.01, kind="number", groups=40, component="PC2"))) == "run"


def test_samples_are_drawn_by_condition_and_by_batch(results: Any) -> None:
    tables = results.tables["GSE1"]
    by_condition, by_batch = (named(quality(tables), f"pca-{name}") for name in ("condition", "batch"))
    assert by_batch.title == "The same samples by kit"
    kits = dict(zip(tables.sample_fields["sample"], tables.sample_fields["characteristics: kit"], strict=True))
    drawn = {row["sample"]: row["value"] for data in by_batch.spec["datasets"].values() for row in data}
    assert drawn == kits
    assert len(rows_of(by_condition.table)) == len(kits)
    alone = quality(replace(tables, qc_components=pd.DataFrame()))
    assert named(alone, "pca-batch") is None
    assert "No other recorded field is associated" in words_of(alone)


ANYTHING = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=38, max_size=45)


@settings(deadline=None)
@given(st.lists(st.text("ab…() 1<", max_size=60) | ANYTHING, min_size=1, max_size=9))
def test_long_values_are_cut_and_stay_distinct(values: list[str]) -> None:
    fields = pd.DataFrame({"sample": [str(place) for place in range(len(values))], "protocol": values}, dtype=object)
    shown = list(_values(fields, "protocol").values())
    for value, short in zip(values, shown, strict=True):
        assert short == value if len(value) <= 40 else short.startswith(f"{value[:40]}…")
        assert len(short) <= 50
    assert len(set(shown)) == len(set(values))


def test_numbers_and_absent_values_of_a_field() -> None:
    fields = pd.DataFrame({"sample": ["a", "b"], "age": [60.0, 61.5], "kit": [None, "v1"]})
    assert _values(fields, "age") == {"a": 60.0, "b": 61.5}
    assert _values(fields, "kit") == {"a": "–", "b": "v1"}


def test_hostile_names_stay_text() -> None:
    metrics = pd.DataFrame({"sample": [EVIL, '"quoted"'], "library_size": [1e6, 2e6]})
    qc = pd.DataFrame(
        {"sample": metrics["sample"], "donor": EVIL, "condition": EVIL, "verdict": "ok", "qc_fail_reason": EVIL}
    )
    page = dataset_page(DatasetTables(EVIL, qc=qc, qc_metrics=metrics, qc_cells=cells()))
    assert EVIL not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def checked(stated: list[Any], expressed: list[str], *, field: str = "sex", names: list[str] | None = None) -> Any:
    samples = names or [f"s{place}" for place in range(len(stated))]
    return sex_check(pd.DataFrame({"sample": samples, field: stated, "sex_expressed": expressed}, dtype=object))


def wrong(found: Any) -> list[str]:
    place = list(found[1].columns).index("contradiction")
    return [row[0].text for row in found[1].rows if row[place].kind == "bad"]


@pytest.mark.parametrize(
    ("stated", "expressed", "contradicts"),
    [
        ("F", "male", True), ("female", "male", True), (" Female ", "male", True), ("M", "female", True),
        ("male", "female", True), ("f", "female", False), ("m", "male", False), ("F", "unclear", False),
        ("M", "not measured", False), ("unknown", "male", False), ("", "female", False), (None, "male", False),
        (2, "male", False), ("missing", "female", False), ("mixed", "female", False), ("fetal", "male", False),
    ],
)  # fmt: skip
def test_only_a_sex_that_is_clear_on_both_sides_contradicts(stated: Any, expressed: str, contradicts: bool) -> None:
    found = checked([stated, "F"], [expressed, "female"])
    assert wrong(found) == (["s0"] if contradicts else [])
    assert ("1 sample contradicts the sample sheet: s0." in found[0]) == contradicts
    assert ("No sample contradicts the sample sheet." in found[0]) == (not contradicts)


@pytest.mark.parametrize("field", ["sex", "Sex", "gender", "characteristics: sex", "Characteristics: Gender"])
def test_the_field_that_states_the_sex_is_found(field: str) -> None:
    assert wrong(checked(["F", "M"], ["female", "female"], field=field)) == ["s1"]


def test_sex_that_is_not_stated_or_not_expressed() -> None:
    assert sex_check(pd.DataFrame({"sample": ["a"], "sex": ["F"]})) is None
    found = checked(["adult"], ["male"], field="age")
    assert found[0] == "By XIST and genes of the Y chromosome: 1 male. The sample sheet states no sex."
    assert len(found[1].columns) == 2


def test_the_sex_is_said_in_the_language_of_the_page() -> None:
    with language("zh"):
        found = checked(["F", "M"], ["female", "female"])
    assert [row[-2].text for row in found[1].rows] == ["女/雌", "女/雌"]
    assert [row[-1].text for row in found[1].rows] == ["–", "是"]
    assert [row[-1].kind for row in found[1].rows] == ["", "bad"]


def test_contradicting_samples_are_named_as_they_are() -> None:
    found = checked(["F", "F"], ["male", "male"], names=[EVIL, FORMULA])
    assert found[0].endswith(f"2 samples contradict the sample sheet: {EVIL}, {FORMULA}.")


@settings(deadline=None)
@given(st.lists(st.sampled_from(["female", "male", "unclear", "not measured"]), min_size=1))
def test_every_expressed_sex_is_counted(expressed: list[str]) -> None:
    said = checked([""] * len(expressed), expressed)[0].split(".")[0]
    by_hand = [f"{expressed.count(one)} {one}" for one in sorted(set(expressed))]
    assert said == f"By XIST and genes of the Y chromosome: {', '.join(by_hand)}"

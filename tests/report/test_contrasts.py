"""The sections of a contrast: the audit, adjusted differences, and which samples are flagged."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from fatescore.report import DatasetTables, dataset_page
from fatescore.report.contrasts import _IDENTITY, _MEASURES, contrasts
from fatescore.report.elements import Section
from fatescore.tables import CONTRASTS
from tests.report.made import EVIL
from tests.report.parts import named, rows_of, words_of

FEW = {"audit_verdict": "not_assessable", "audit_fields": ""}


def changed(tables: DatasetTables, *, audit: dict[str, str] | None = None, **more: Any) -> Section:
    """Return the section of the first contrast of a data set whose audit found something else."""
    found = {"audit_verdict": "clean", "audit_fields": ""} if audit is None else audit
    return contrasts(replace(tables, contrasts=tables.contrasts.assign(**found), **more))[0][1]


def test_no_field_is_called_clean_where_none_was_assessed(results: Any) -> None:
    tables = results.tables["tiny"]
    few = changed(tables, audit=FEW)
    assert named(few, "clean-1").columns == ("field", "values in case", "values in control")
    page = dataset_page(replace(tables, contrasts=tables.contrasts.assign(**FEW)))
    assert "3 fields, not assessed with so few donors" in page
    assert "that do not separate the groups" not in page
    assert "verdict" in named(changed(tables), "clean-1").columns
    assert "3 fields that do not separate the groups" in dataset_page(tables)


def test_a_column_is_shown_in_the_table_that_has_values_of_it(results: Any) -> None:
    tables = results.tables["kit"]  # of the fields only the clean ones are numbers
    shown = changed(tables)
    differ, clean = named(shown, "audit-1"), named(shown, "clean-1")
    assert [row["field"] for row in rows_of(differ)] == ["kit", "title"]
    assert "standardised difference" not in differ.columns
    assert "separation, 0 to 1" in differ.columns
    assert "standardised difference" in clean.columns


def test_a_field_that_repeats_another_is_shown_once(results: Any) -> None:
    tables = results.tables["GSE1"]
    fields = tables.sample_fields.assign(
        **{"characteristics: Kit 2": tables.sample_fields["characteristics: kit"].str.lower()}
    )
    again = tables.confounding[tables.confounding["field"] == "characteristics: kit"]
    audit = pd.concat([again.assign(field="characteristics: Kit 2"), tables.confounding])
    given = {"sample_fields": fields, "confounding": audit}
    shown = [row["field"] for row in rows_of(named(changed(tables, **given), "clean-1"))]
    assert shown.count("kit") == 1
    assert "Kit 2" not in shown
    partly = {"audit_verdict": "partially_confounded", "audit_fields": "characteristics: Kit 2"}
    kept = changed(tables, audit=partly, **given)
    assert [row["field"] for row in rows_of(named(kept, "clean-1"))].count("Kit 2") == 1
    assert "kit" not in [row["field"] for row in rows_of(named(kept, "clean-1"))]


def test_rows_that_look_the_same_stand_once(results: Any) -> None:
    tables = results.tables["GSE1"]
    again = tables.confounding[tables.confounding["field"] == "characteristics: passage"].assign(field="passage")
    twice = pd.concat([tables.confounding, again])
    shown = [row["field"] for row in rows_of(named(changed(tables, confounding=twice), "clean-1"))]
    assert shown.count("passage") == 1
    other = pd.concat([tables.confounding, again.assign(case_values="7")])
    found = rows_of(named(changed(tables, confounding=other), "clean-1"))
    assert [row["values in case"] for row in found if "passage" in row["field"]] == ["4 [3, 5]", "7"]


def test_all_genes_are_a_sentence_and_no_field(results: Any) -> None:
    tables = results.tables["GSE1"]
    genes = tables.confounding.iloc[[0]].assign(
        field="all genes", verdict="evidence", case_values="genes_differ:share=0.228,genes=9,alpha=0.05",
        control_values="genes_expected:share=0.05,quantile=0.975,high=0.1",
    )  # fmt: skip
    one = changed(tables, confounding=pd.concat([tables.confounding, genes]))
    text = "22.8 % of 9 genes differ at p < 0.05; 5 % expected when labels are permuted, in 97.5 % of them at most 10 %"
    assert text in words_of(one)
    every = [row["field"] for name in ("audit-1", "clean-1") for row in rows_of(named(one, name))]
    assert "all genes" not in every


def adjusted(notes: list[str]) -> pd.DataFrame:
    covariates = ["commitment", "fraction_stromal"][: len(notes)]
    return pd.DataFrame({
        "contrast": "osteoporosis", "covariate": covariates, "difference": 0.5, "adjusted_difference": 0.1,
        "proportion_explained": [0.7799, -0.137][: len(notes)], "note": notes,
    })  # fmt: skip


def test_the_proportion_explained_is_a_percentage(results: Any) -> None:
    tables = results.tables["GSE1"]
    plain = adjusted(["linear_model:covariates=commitment", "linear_model:covariates=fraction_stromal"])
    found = rows_of(named(changed(tables, adjusted_differences=plain), "adjusted-1"))
    assert [row["proportion explained"] for row in found] == ["78 %", "-14 %"]
    assert "note" not in found[0]
    other = adjusted(["linear_model:covariates=commitment", "covariate_constant:covariate=fraction_stromal"])
    found = rows_of(named(changed(tables, adjusted_differences=other), "adjusted-1"))
    assert [row["covariate"] for row in found] == ["commitment", "stromal share"]
    assert [row["note"] for row in found] == ["–", "stromal share does not vary"]


def test_the_composition_has_one_bracket(results: Any) -> None:
    tables = results.tables["GSE1"]
    rows = tables.contrasts.iloc[[0, 1]].assign(
        measure=["composition:endothelial", "composition:muscle"],
        note=["arcsine_shares;paired", "arcsine_shares"],
    )
    more = pd.concat([tables.contrasts, rows], ignore_index=True)
    table = named(contrasts(replace(tables, contrasts=more))[0][1], "composition-1")
    assert "any cell is dropped (donors are compared; shares of all cells" in table.caption
    assert [row["note"][:6] for row in rows_of(table)] == ["paired", "–"]


def test_effects_stand_beside_the_measure(results: Any) -> None:
    table = named(contrasts(results.tables["GSE1"])[0][1], "measures-1")
    columns = table.columns
    assert columns[:6] == ("measure", "Hedges' g", "g, CI low", "g, CI high", "p", "smallest p")
    assert "audit" not in columns
    names = [row["measure"] for row in rows_of(table)]
    assert "BMP/Smad" in names
    assert not any(name.startswith("set:") for name in names)


def test_a_new_column_of_the_contrast_table_is_shown(results: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is declared and holds anything is shown, but for what all measures of a contrast share."""
    assert {"difference", "loo_low", "power", "note"} <= set(_MEASURES)
    assert set(CONTRASTS.names) - set(_MEASURES) == set(_IDENTITY)
    monkeypatch.setattr("fatescore.report.contrasts._MEASURES", (*_MEASURES, "median_case"))
    tables = results.tables["GSE1"]
    more = tables.contrasts.assign(median_case=0.123)
    assert "median case" in named(contrasts(replace(tables, contrasts=more))[0][1], "measures-1").columns


def test_flagged_samples_are_named_below_the_chart(results: Any) -> None:
    tables = results.tables["GSE1"]
    flag = "outlier:metric=rle_iqr,side=high,deviations=6;outlier:metric=spread,side=low,deviations=7"
    flagged = tables.qc.assign(qc_flags=[flag, *[""] * (len(tables.qc) - 1)])
    donor = flagged["donor"].iloc[0]
    text = f"Flagged by quality control: {donor} (outlier in RLE IQR (high, 6 deviations); outlier in spread (low"
    assert text in named(changed(tables, qc=flagged), "donors-1").caption
    for section in (
        contrasts(tables)[0][1], changed(tables, qc=flagged.assign(verdict="not scorable")),
        changed(tables, qc=flagged.assign(sample="of another contrast")),
    ):  # fmt: skip
        assert "Flagged" not in named(section, "donors-1").caption
    cells = results.tables["sc"]
    of_cells = changed(cells, qc=cells.qc.assign(qc_flags="many_dropped:share=0.6"))
    assert "Flagged" not in named(of_cells, "donors-1").caption
    page = dataset_page(replace(tables, qc=flagged.assign(donor=EVIL)))
    assert EVIL not in page


def test_calls_are_counted_donor_by_donor(results: Any) -> None:
    tables = results.tables["sc"]
    page = dataset_page(tables)
    table = page[page.index('<table id="calls"') :].split("</table>")[0]
    scores = tables.scores
    for (donor, _), own in scores.groupby(["donor", "condition"]):
        row = table[table.index(f"<td>{donor}</td>") :].split("</tr>")[0]
        for call in ("osteogenic", "uncommitted"):
            assert f">{(own['fate_call'] == call).sum():,}</td>" in row

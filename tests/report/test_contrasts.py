"""The tables of a contrast: what the audit shows, what accounts for the difference, which samples stand out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from fatescore.report import DatasetTables, dataset_page
from fatescore.report.contrasts import contrasts
from tests.report.made import EVIL


def rows_of(table: Any) -> list[dict[str, str]]:
    return [dict(zip(table.columns, [cell.text for cell in row], strict=True)) for row in table.rows]


def changed(tables: DatasetTables, *, audit: str = "clean", **more: Any) -> dict[str, Any]:
    """Return the first contrast of a data set whose audit says something else."""
    return contrasts(replace(tables, contrasts=tables.contrasts.assign(audit=audit), **more))[0]


def test_no_field_is_called_clean_where_none_was_judged(results: Any) -> None:
    tables = results.tables["tiny"]
    few = changed(tables, audit="cannot be judged with so few donors")
    assert few["too_few"]
    assert few["audit_clean"].columns == ("field", "values in case", "values in control")
    page = dataset_page(replace(tables, contrasts=tables.contrasts.assign(audit="cannot be judged with so few donors")))
    assert "3 fields, not judged with so few donors" in page
    assert "that do not separate the groups" not in page
    assert "verdict" in changed(tables)["audit_clean"].columns
    assert "3 fields that do not separate the groups" in dataset_page(tables)


def test_a_field_that_repeats_another_is_shown_once(results: Any) -> None:
    tables = results.tables["GSE1"]
    fields = tables.sample_fields.assign(
        **{"characteristics: Kit 2": tables.sample_fields["characteristics: kit"].str.lower()}
    )
    again = tables.confounding[tables.confounding["field"] == "characteristics: kit"]
    audit = pd.concat([again.assign(field="characteristics: Kit 2"), tables.confounding])
    given = {"sample_fields": fields, "confounding": audit}
    shown = [row["field"] for row in rows_of(changed(tables, **given)["audit_clean"])]
    assert shown.count("kit") == 1
    assert "Kit 2" not in shown
    named = changed(tables, audit="partly confounded: characteristics: Kit 2", **given)
    assert [row["field"] for row in rows_of(named["audit_clean"])].count("Kit 2") == 1
    assert "kit" not in [row["field"] for row in rows_of(named["audit_clean"])]


def test_rows_that_look_the_same_stand_once(results: Any) -> None:
    tables = results.tables["GSE1"]
    again = tables.confounding[tables.confounding["field"] == "characteristics: passage"].assign(field="passage")
    twice = pd.concat([tables.confounding, again])
    shown = [row["field"] for row in rows_of(changed(tables, confounding=twice)["audit_clean"])]
    assert shown.count("passage") == 1
    other = pd.concat([tables.confounding, again.assign(case_values="7")])
    found = rows_of(changed(tables, confounding=other)["audit_clean"])
    assert [row["values in case"] for row in found if "passage" in row["field"]] == ["3-5", "7"]


def test_all_genes_are_a_sentence_and_no_field(results: Any) -> None:
    tables = results.tables["GSE1"]
    genes = tables.confounding.iloc[[0]].assign(field="all genes", verdict="evidence", case_values="23 % of 9 genes")
    one = changed(tables, confounding=pd.concat([tables.confounding, genes]))
    assert "23 % of 9 genes" in one["all_genes"]
    assert "all genes" not in [row["field"] for table in (one["audit"], one["audit_clean"]) for row in rows_of(table)]


def explained(notes: list[str]) -> pd.DataFrame:
    by = ["commitment", "fraction_stromal"][: len(notes)]
    return pd.DataFrame({
        "contrast": "osteoporosis", "by": by, "difference": 0.5, "difference_left": 0.1,
        "accounted": [0.7799, -0.137][: len(notes)], "note": notes,
    })  # fmt: skip


def test_the_share_accounted_for_is_a_percentage(results: Any) -> None:
    tables = results.tables["GSE1"]
    plain = explained(["linear model with commitment", "linear model with fraction_stromal"])
    found = rows_of(changed(tables, explained=plain)["explained"])
    assert [row["share accounted for"] for row in found] == ["78 %", "-14 %"]
    assert "note" not in found[0]
    found = rows_of(
        changed(tables, explained=explained(["linear model with commitment", "fraction_stromal does not vary"]))[
            "explained"
        ]
    )
    assert [row["note"] for row in found] == ["–", "stromal share does not vary"]


def test_the_composition_has_one_bracket(results: Any) -> None:
    tables = results.tables["GSE1"]
    rows = tables.contrasts.iloc[[0, 1]].assign(
        measure=["composition:endothelial", "composition:muscle"],
        note=["shares of all cells; seen by hand", "shares of all cells"],
    )
    more = pd.concat([tables.contrasts, rows], ignore_index=True)
    one = contrasts(replace(tables, contrasts=more))[0]
    assert one["composition"].caption.endswith("before any cell is dropped (donors are compared; shares of all cells)")
    assert [row["note"] for row in rows_of(one["composition"])] == ["seen by hand", "–"]


def test_effects_stand_beside_the_measure(results: Any) -> None:
    columns = contrasts(results.tables["GSE1"])[0]["measures"].columns
    assert columns[:6] == ("measure", "Hedges' g", "g, CI low", "g, CI high", "p", "smallest p")
    assert "audit" not in columns
    names = [row["measure"] for row in rows_of(contrasts(results.tables["GSE1"])[0]["measures"])]
    assert "BMP/Smad" in names
    assert not any(name.startswith("set:") for name in names)


def test_samples_that_stand_out_are_named_below_the_chart(results: Any) -> None:
    tables = results.tables["GSE1"]
    reasons = ["stands out in rle_iqr high (6 deviations); spread low (7 deviations)", *[""] * (len(tables.qc) - 1)]
    doubted = tables.qc.assign(reason=reasons)
    said = changed(tables, qc=doubted)["donors"].caption
    donor = doubted["donor"].iloc[0]
    assert f"Stand out in quality: {donor} (RLE IQR high (6 deviations); spread low (7 dev" in said
    assert "Stand out" not in contrasts(tables)[0]["donors"].caption
    assert "Stand out" not in changed(tables, qc=doubted.assign(verdict="not scorable"))["donors"].caption
    assert "Stand out" not in changed(tables, qc=doubted.assign(sample="of another contrast"))["donors"].caption
    cells = results.tables["sc"]
    assert "Stand out" not in changed(cells, qc=cells.qc.assign(reason="seen"))["donors"].caption
    page = dataset_page(replace(tables, qc=doubted.assign(donor=EVIL)))
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

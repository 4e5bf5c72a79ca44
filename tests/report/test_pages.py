"""Both pages, made from a results folder that has a data set of every kind."""

from __future__ import annotations

import dataclasses
import html.parser
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from fatescore.i18n import language
from fatescore.report import SummaryTables, answer_lines, dataset_page, formatting, provenance, stack, summary_page
from fatescore.report.answers import answer
from fatescore.report.elements import cell_text
from fatescore.tables import DUPLICATES, join_names
from fatescore.tables.codes import Status

EVIL = "<script>alert(1)</script>"
CLEAN = {"audit_verdict": "clean", "audit_fields": ""}
VOID = {"meta", "link", "br", "input", "img", "hr"}


class Page(html.parser.HTMLParser):
    """What is on a page: ids, links, headings, tables, scripts and the visible text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.ids: list[str] = []
        self.resources: list[str] = []
        self.links: list[str] = []
        self.headings: list[int] = []
        self.charts: list[dict[str, Any]] = []
        self.scripts = 0
        self.tables: dict[str, list[list[tuple[str, str]]]] = {}
        self.text: list[str] = []
        self._open: list[str] = []
        self._table = self._chart = ""
        self.feed(text)
        self.close()
        assert self._open == [], f"not closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag not in VOID:
            self._open.append(tag)
        if known.get("id"):
            self.ids.append(str(known["id"]))
        if tag == "a":
            self.links.append(str(known.get("href")))
        else:
            self.resources += [str(known[key]) for key in ("src", "href") if known.get(key)]
        if tag == "table":
            self._table = str(known["id"])
            self.tables[self._table] = []
        if tag == "tr":
            self.tables[self._table].append([])
        if tag == "td":
            self.tables[self._table][-1].append(("", str(known.get("data-order") or "")))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "script":
            self.scripts += 1
            self._chart = str(known.get("data-chart") or "")

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"closes nothing: {tag}"
        assert self._open.pop() == tag
        if tag == "script":
            self._chart = ""

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in {"script", "style"}:
            if self._chart:
                self.charts.append(json.loads(data))
            return
        self.text.append(data)
        if "td" in self._open:
            text, order = self.tables[self._table][-1][-1]
            self.tables[self._table][-1][-1] = (text + data, order)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


@pytest.fixture(scope="module")
def summary(results: Any) -> Page:
    return Page(summary_page(results.summary()))


@pytest.fixture(scope="module")
def pages(results: Any) -> dict[str, Page]:
    return {name: Page(dataset_page(tables)) for name, tables in results.tables.items()}


def every(summary: Page, pages: dict[str, Page]) -> list[Page]:
    return [summary, *pages.values()]


def test_summary_has_every_section(summary: Page) -> None:
    sections = {
        "answer",
        "scoreboard",
        "effects",
        "measures",
        "controls",
        "confounding",
        "methods",
        "settings",
        "glossary",
    }
    assert sections <= set(summary.ids)
    assert {"forest-chart", "heatmap-chart", "controls-chart"} <= set(summary.ids)


def test_every_dataset_page_has_every_section(pages: dict[str, Page]) -> None:
    sections = {"answer", "arms", "qc", "coverage", "samples", "steps", "files", "methods", "glossary"}
    for page in pages.values():
        assert sections <= set(page.ids)
    assert {"donors-1", "genes-1", "arms-scatter", "audit-1", "measures-1"} <= set(pages["GSE1"].ids)


def test_ids_are_unique_and_links_inside_the_page_lead_somewhere(summary: Page, pages: dict[str, Page]) -> None:
    for page in every(summary, pages):
        assert len(page.ids) == len(set(page.ids))
        assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)


def test_headings_come_in_order(summary: Page, pages: dict[str, Page]) -> None:
    for page in every(summary, pages):
        assert page.headings[0] == 1
        assert page.headings.count(1) == 1
        assert all(after - before <= 1 for before, after in zip(page.headings, page.headings[1:], strict=False))


def test_nothing_is_loaded_from_anywhere(results: Any, summary: Page, pages: dict[str, Page]) -> None:
    for page in every(summary, pages):
        assert page.resources == ["data:,"]  # the empty icon
    text = summary_page(results.summary())
    assert "default-src 'none'" in text
    assert "connect-src 'none'" in text
    assert not re.search(r"url\(\s*[\"']?https?:", text)
    assert not re.search(r"@import", text)


def test_names_are_text(results: Any, summary: Page, pages: dict[str, Page]) -> None:
    clean = Page(dataset_page(results.tables["kit"]))
    assert EVIL in pages["GSE1"].words  # shown to the reader as it is
    assert "=cmd()" in pages["GSE1"].words
    assert pages["GSE1"].scripts == clean.scripts  # and no script more than the page's own
    assert EVIL not in dataset_page(results.tables["GSE1"])
    assert EVIL not in summary_page(results.summary(title=EVIL))
    assert Page(summary_page(results.summary(title=EVIL))).scripts == summary.scripts


def test_a_name_inside_a_chart_cannot_end_the_script(pages: dict[str, Page]) -> None:
    drawn = json.dumps(pages["GSE1"].charts)
    assert EVIL in drawn


@pytest.mark.parametrize("name", ["GSE1", "sc"])
def test_made_twice_gives_the_same_bytes(results: Any, name: str) -> None:
    assert dataset_page(results.tables[name]) == dataset_page(results.tables[name])
    assert summary_page(results.summary()) == summary_page(results.summary())


def test_stopped_data_sets_say_why(pages: dict[str, Page], summary: Page) -> None:
    assert (
        "step “score”: too few genes of the index are detected: 3 of 40 osteogenic genes measured, 5 needed; "
        f"missing {EVIL}, SP7." in pages["lowdepth"].words
    )
    assert (
        f"stopped at the step “fetch”: file:///mirror/{EVIL} does not exist; expected a series matrix."
        in pages["GSE404"].words
    )
    for name, state in (("lowdepth", "not scorable"), ("GSE404", "failed")):
        row = next(row for row in summary.tables["scoreboard-table"] if row and row[0][0] == name)
        assert row[1][0] == state
        assert pages[name].charts == []
        assert "scored and compared" not in pages[name].words
    assert "5 ok" in summary.words


def test_summary_links_to_every_page(results: Any, summary: Page) -> None:
    assert {f"datasets/{name}/report.html" for name in results.tables} <= set(summary.links)


def test_a_contrast_across_data_sets_has_no_page_to_link_to(results: Any) -> None:
    table = results.tables["fates"].contrasts.assign(dataset="fates+GSE1", contrast="across")
    page = Page(summary_page(results.summary(contrasts=table)))
    assert "fates+GSE1 · across" in page.words
    assert not any("GSE1" in link and "fates" in link for link in page.links)


def test_simulated_data_are_named(results: Any, pages: dict[str, Page], summary: Page) -> None:
    assert "SIMULATED this page is made from simulated data" in pages["fates"].words
    assert "SIMULATED these data sets are simulated: fates" in summary.words
    assert "SIMULATED" not in pages["GSE1"].words


def test_numbers_on_the_page_equal_the_table(results: Any, pages: dict[str, Page]) -> None:
    table = results.tables["GSE1"].contrasts
    shown = {row[0][0]: row for row in pages["GSE1"].tables["measures-1"] if row}
    assert len(shown) == len(table)
    for row in table.to_dict("records"):
        orders = [order for _, order in shown[cell_text("measure", row["measure"])]]
        for column in ("mean_case", "difference", "g", "p_value", "p_smallest"):
            assert f"{row[column]:.10g}" in orders
    main = table.set_index("measure").loc["fate_bias"]
    said = pages["GSE1"].words
    assert f"fate_bias was {formatting.number(abs(main['difference']))}" in said
    assert f"p = {formatting.p(main['p_value'])}; the smallest p this design can reach is 0.0079" in said


def test_a_p_value_is_never_without_its_warning(results: Any, pages: dict[str, Page], summary: Page) -> None:
    warning = "completely confounded with kit"
    p = formatting.p(results.tables["kit"].contrasts.set_index("measure").loc["fate_bias", "p_value"])
    for page in (summary, pages["kit"]):
        for found in re.finditer(rf"p = {re.escape(p)};", page.words):
            assert warning in page.words[found.start() : found.start() + 120]
    assert f"Every measure of osteoporosis; confounding: {warning}" in pages["kit"].words  # above the table
    rows = [row for row in summary.tables["all-contrasts"] if row and row[0][0] == "kit"]
    assert rows
    assert all("completely confounded kit" in " ".join(text for text, _ in row) for row in rows)


def test_few_donors_are_described_not_tested(pages: dict[str, Page]) -> None:
    assert "described, not tested" in pages["tiny"].words
    assert "p = " not in pages["tiny"].words.split("Words")[0].split("Every measure")[0]


def test_charts_hold_the_numbers_of_the_tables(results: Any, summary: Page) -> None:
    forest = next(chart for chart in summary.charts if chart["description"].startswith("Forest"))
    drawn = {
        row["row"].split("\n")[0]: row["g"] for data in forest["datasets"].values() for row in data if "role" in row
    }  # fmt: skip
    for name in ("GSE1", "sc", "kit"):
        g = results.tables[name].contrasts.set_index("measure").loc["fate_bias", "g"]
        assert drawn[name] == pytest.approx(g)
    assert drawn["Pooled"] == -0.8


def test_fields_are_named_in_words(results: Any) -> None:
    fields = join_names(["characteristics: kit", "label_protocol_ch1", "n_genes_by_counts"])
    table = results.tables["kit"].contrasts.assign(audit_fields=fields)
    page = Page(dataset_page(dataclasses.replace(results.tables["kit"], contrasts=table)))
    assert "warning: completely confounded with kit, labelling protocol, genes detected" in page.words
    assert "condition is completely confounded with kit, labelling protocol, genes detected, so" in page.words
    assert not {"label_protocol_ch1", "n_genes_by_counts"} & set(re.split(r"[ ,;.]+", page.words))


def test_positive_controls_say_what_weakens_them(results: Any) -> None:
    table = results.tables["fates"].contrasts.assign(
        audit_verdict="completely_confounded", audit_fields="dataset", auroc=1.0
    )
    single = table.assign(dataset="one", n_case=1, n_control=1, auroc=float("nan"), auroc_cells=0.9, **CLEAN)
    wrong = table.assign(dataset="wrong", difference=-1.0, **CLEAN)
    said = Page(summary_page(results.summary(contrasts=stack([table, single, wrong], table.columns)))).words
    assert "2 of 3 contrasts with a known fate point the right way: fates (4 against 4 donors; AUROC 1 over" in said
    assert "one (1 against 1 donor; AUROC 0.9 over cells)" in said
    assert "Not so: wrong (" in said
    assert "completely confounded with other fields: fates (data set)." in said


def test_without_positive_controls_nothing_supports_the_answer(results: Any) -> None:
    said = Page(summary_page(results.summary(contrasts=results.tables["GSE1"].contrasts))).words
    assert "Nothing in this run shows that the index finds fates that are known." in said


def test_what_was_not_estimated_is_left_out(results: Any) -> None:
    names = dict(answer(results.tables["tiny"].contrasts.set_index("measure").loc["fate_bias"].to_dict()).numbers)
    assert "smallest reachable p" not in names
    assert not any(formatting.MISSING in value for value in names.values())


def test_samples_that_occur_twice(results: Any, summary: Page) -> None:
    assert "duplicates" not in summary.ids
    empty = pd.DataFrame(columns=list(DUPLICATES.names))
    assert "duplicates" not in Page(summary_page(results.summary(duplicates=empty))).ids
    rows = [
        {"dataset_a": "GSE1", "sample_a": "1", "dataset_b": EVIL, "sample_b": EVIL, "declared": "no"},
        {"dataset_a": EVIL, "sample_a": "2", "dataset_b": "kit", "sample_b": "3", "declared": "yes"},
    ]
    duplicates = pd.DataFrame(rows).assign(kind="identical").reindex(columns=list(DUPLICATES.names))
    text = summary_page(results.summary(duplicates=duplicates))
    page = Page(text)
    assert {"duplicates", "duplicates-table"} <= set(page.ids)
    assert "#duplicates" in page.links
    assert f"1 sample of GSE1 is identical to a sample of {EVIL}; declare overlap_group" in page.words
    assert f"1 sample of {EVIL} is identical to a sample of kit; declared" in page.words
    assert EVIL not in text
    assert page.scripts == summary.scripts


def test_composition_stands_by_itself_and_not_among_the_measures(results: Any) -> None:
    tables = results.tables["GSE1"]
    row = tables.contrasts.iloc[[0]].assign(measure="composition:endothelial", mean_case=0.123, mean_control=0.0456)
    more = dataclasses.replace(tables, contrasts=pd.concat([tables.contrasts, row], ignore_index=True))
    page = Page(dataset_page(more))
    assert "composition-1" in page.ids
    assert "composition-1" not in Page(dataset_page(tables)).ids
    assert "composition:" not in page.words
    heat = results.summary(contrasts=more.contrasts)
    assert "endothelial" not in summary_page(heat)


def test_an_answer_is_not_said_twice(results: Any) -> None:
    only = results.summary(contrasts=results.tables["GSE1"].contrasts, meta=results.meta().iloc[:0])
    assert Page(summary_page(only)).words.count("In GSE1, fate_bias was") == 1


def test_the_scoreboard_gives_step_and_reason_of_what_stopped(summary: Page) -> None:
    why = {row[0][0]: row[2][0] for row in summary.tables["scoreboard-table"] if row}
    assert why["lowdepth"].startswith("score: too few genes of the index are detected: 3 of 40")
    assert why["GSE1"] == formatting.MISSING


def test_quality_counts_cells_of_a_stopped_data_set_too(results: Any) -> None:
    stopped = [
        dataclasses.replace(one, status=Status.NOT_SCORABLE) if one.step == "qc" else one
        for one in results.tables["sc"].statuses
    ]
    tables = dataclasses.replace(results.tables["sc"], statuses=stopped, scores=results.tables["sc"].scores.iloc[:0])
    assert "cells or samples kept" in Page(dataset_page(tables)).words
    assert "cells or samples kept" not in Page(dataset_page(results.tables["GSE1"])).words


def test_long_texts_fold_and_lose_nothing(results: Any) -> None:
    text = "RNA was extracted " * 30 + "with kit "
    fields = results.tables["GSE1"].sample_fields
    fields = fields.assign(
        extract_protocol_ch1=[f"{text}{n}" for n in range(len(fields))],
        gender=fields["sex"],
        **{"age_ch1": fields["age"] + 1},
    )
    made = dataset_page(dataclasses.replace(results.tables["GSE1"], sample_fields=fields))
    rows = [row for row in Page(made).tables["samples-table"] if row]
    assert [" ".join(row[-1][0].split()) for row in rows] == list(fields["extract_protocol_ch1"])
    table = made[made.index('id="samples-table"') :]
    headings = re.findall(r"<th[^>]*>([^<]*)</th>", table[: table.index("</thead>")])
    assert headings == ["sample", "donor", "condition", "age", "kit", "age_ch1", "extraction protocol"]


def headings(page: str, table: str) -> list[str]:
    text = page[page.index(f'id="{table}"') :]
    return [html.unescape(name) for name in re.findall(r"<th[^>]*>([^<]*)</th>", text[: text.index("</thead>")])]


def test_columns_that_say_the_same_in_every_row_are_left_out(results: Any) -> None:
    page = summary_page(results.summary())
    assert headings(page, "all-contrasts")[:6] == [
        "data set",
        "contrast",
        "measure",
        "Hedges' g",
        "g, CI low",
        "g, CI high",
    ]
    assert "unit" not in headings(page, "all-contrasts")
    assert "unit" in headings(page, "each-table")  # samples and pseudobulk
    assert "method" not in headings(page, "meta-table")
    assert "Pooled over data sets: random effects (Paule-Mandel), Hartung-Knapp interval" in page
    meta = results.meta()
    mixed = summary_page(results.summary(meta=meta.assign(method=[*meta["method"][:-1], "single_data_set"])))
    assert "method" in headings(mixed, "meta-table")


def test_expected_signs_are_said_in_words(summary: Page) -> None:
    shown = [text for row in summary.tables["controls-table"] for text, _ in row]
    assert "towards bone" in shown
    assert "+" not in shown


def test_the_title_by_default_is_translated(results: Any) -> None:
    own = {"contrasts": results.tables["GSE1"].contrasts, "statuses": results.tables["GSE1"].statuses}
    with language("zh"):
        assert "骨髓间充质基质细胞的命运偏向" in summary_page(SummaryTables(**own))
        assert "<h1>My run</h1>" in summary_page(SummaryTables(title="My run", **own))


def test_the_answer_in_three_lines(results: Any) -> None:
    lines = answer_lines(results.summary())
    assert len(lines) == 3
    assert lines[0] == "SIMULATED IN PART (fates). 7 data sets: 5 ok, 1 not scorable, 1 failed."
    assert lines[1].startswith("Over 2 data sets (8 against 7 donors), fate_bias was lower, towards adipogenic (fat)")
    assert lines[1].endswith("A new data set could go either way.")  # -2.5 to 0.9
    assert "Positive controls: 1 of 1" in lines[2]


def test_without_pooling_the_soundest_data_set_leads(results: Any) -> None:
    lines = answer_lines(results.summary(meta=results.meta().assign(k=1)))
    assert lines[1].startswith("In GSE1, fate_bias was")


def test_an_empty_run_is_still_a_page(results: Any) -> None:
    nothing = results.summary().contrasts.iloc[:0]
    stopped = [status for status in results.summary().statuses if status.dataset in {"lowdepth", "GSE404"}]
    tables = results.summary(contrasts=nothing, confounding=nothing, meta=nothing, statuses=stopped)
    assert "No disease contrast could be estimated" in Page(summary_page(tables)).words
    assert answer_lines(tables)[1] == "No disease contrast could be estimated in this run."


def test_a_dataset_without_contrasts(results: Any) -> None:
    empty = results.tables["GSE1"].contrasts.iloc[:0]
    page = Page(dataset_page(dataclasses.replace(results.tables["GSE1"], contrasts=empty)))
    assert "no contrast was asked of it" in page.words
    assert "arms-scatter" in page.ids


def test_a_hundred_thousand_cells_fit(make_results: Callable[..., Any], tmp_path: Path) -> None:
    page = dataset_page(make_results(tmp_path, n_cells=100_000).tables["sc"])
    assert len(page.encode()) < 3_000_000


def test_provenance_names_inputs_versions_and_outcomes(results: Any) -> None:
    made = provenance(results.summary().statuses, settings={"a": 1}, tables={"meta.tsv": "00"})
    assert made["settings"] == {"a": 1}
    assert made["versions"]["fatescore"]
    assert {"dataset": "GSE1", "file": "GSE1_series_matrix.txt.gz", "sha256": "ab" * 32} in made["inputs"]
    assert made["datasets"]["lowdepth"]["score"]["status"] == Status.NOT_SCORABLE
    json.dumps(made, allow_nan=False)

"""Both pages in a real browser: nothing is requested, nothing fails, nothing sticks out, everything can be used."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from fatescore.report import dataset_page, language, summary_page

SUMMARY_SECTIONS = (
    "answer", "scoreboard", "effects", "choices", "measures", "controls", "confounding", "files", "methods", "settings",
    "glossary",
)  # fmt: skip
DATASET_SECTIONS = ("answer", "arms", "qc", "coverage", "samples", "steps", "files", "methods", "glossary")
CUT = """() => [...document.querySelectorAll('.table, .table *')].filter((one) =>
  one.checkVisibility() && one.scrollWidth - one.clientWidth > 2 && getComputedStyle(one).overflowX !== 'visible'
  && !(one.classList.contains('more') && one.tabIndex === 0)).length"""
UNFOLD = "() => document.querySelectorAll('details').forEach((one) => { one.open = true; })"


def page_of(results: Any, name: str) -> str:
    return summary_page(results.summary()) if name == "summary" else dataset_page(results.tables[name])


@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize("name", ["summary", "GSE1", "sc", "lowdepth"])
def test_a_page_opens_without_fault(results: Any, open_page: Callable[..., Any], name: str, width: int) -> None:
    page = open_page(page_of(results, name), width=width)
    page.evaluate(UNFOLD)
    page.wait_for_timeout(200)
    assert page.said == []
    assert page.asked == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    assert page.evaluate(CUT) == 0  # a table cut at the right says so and can be scrolled by keyboard
    for section in SUMMARY_SECTIONS if name == "summary" else DATASET_SECTIONS:
        assert page.locator(f"section#{section} > h2").count() == 1, section
    for section, there in (("contrast-1", name in {"GSE1", "sc"}), ("cells", name == "sc")):
        assert page.locator(f"section#{section} > h2").count() == there, section


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", ["summary", "GSE1", "sc", "lowdepth"])
def test_axe_finds_no_serious_fault(
    results: Any, open_page: Callable[..., Any], axe: str, name: str, dark: bool
) -> None:
    page = open_page(page_of(results, name), dark=dark)
    page.evaluate(UNFOLD)
    page.evaluate(axe)
    found = page.evaluate("() => axe.run(document)")
    assert found["passes"]  # it did look
    serious = [
        (one["id"], one["nodes"][0]["target"], one["nodes"][0]["failureSummary"])
        for one in found["violations"]
        if one["impact"] in {"serious", "critical"}
    ]
    assert serious == []


def test_a_table_sorts_and_filters(results: Any, open_page: Callable[..., Any]) -> None:
    page = open_page(page_of(results, "GSE1"))
    page.evaluate(UNFOLD)
    box = page.locator(".dt-container", has=page.locator("table#genes-table-1"))
    column = box.locator("thead th").all_inner_texts().index("contribution")

    def shown() -> list[float]:
        cells = box.locator(f"tbody td:nth-child({column + 1})").all_inner_texts()
        return [float(text) for text in cells]

    before = shown()
    head = box.locator("thead th").nth(column)
    for way in ("ascending", "descending"):
        head.click()
        box.locator(f"thead th:nth-child({column + 1})[aria-sort={way}]").wait_for()
        assert shown() == sorted(before, reverse=way == "descending")
    assert len(before) > 1
    box.locator("input[type=search]").fill("RUNX2")
    box.get_by_text("filtered from").wait_for()
    assert [text.split("\t")[0] for text in box.locator("tbody tr").all_inner_texts()] == ["RUNX2"]


def test_a_tooltip_appears_on_a_mark(results: Any, open_page: Callable[..., Any]) -> None:
    page = open_page(page_of(results, "GSE1"))
    mark = page.locator("#donors-1 svg .mark-symbol.role-mark path").first
    mark.scroll_into_view_if_needed()
    mark.hover()
    tip = page.locator("#vg-tooltip-element.visible")
    tip.wait_for(timeout=5000)
    assert "fate_bias" in tip.inner_text()


def test_a_chart_can_be_saved_as_svg_and_png(results: Any, open_page: Callable[..., Any]) -> None:
    page = open_page(page_of(results, "GSE1"))
    menu = page.locator("#donors-1")
    menu.locator("summary").click()
    for kind in ("svg", "png"):
        with page.expect_download() as saved:
            menu.get_by_text(f"Save as {kind.upper()}").click()
        assert saved.value.suggested_filename == f"donors-1.{kind}"
        assert saved.value.path().stat().st_size > 1000


def test_the_keyboard_reaches_the_answer_first(results: Any, open_page: Callable[..., Any]) -> None:
    page = open_page(page_of(results, "summary"))
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.getAttribute('href')") == "#main"


def test_what_is_saved_as_csv_is_exact_and_holds_no_formula(results: Any, open_page: Callable[..., Any]) -> None:
    tables = results.tables["GSE1"]
    donors = ["=cmd()", "+1+1", "-2+3", "@SUM(A1)", "-0.5", "a,b", *tables.qc["donor"][6:]]
    counts = [1234567.25 + n for n in range(len(donors))]
    page = open_page(dataset_page(replace(tables, qc=tables.qc.assign(donor=donors, total_counts=counts))))
    box = page.locator(".dt-container", has=page.locator("table#qc-table"))
    with page.expect_download() as saved:
        box.get_by_text("Save as CSV").click()
    rows = list(csv.DictReader(saved.value.path().read_text(encoding="utf-8-sig").splitlines()))
    assert [row["donor"] for row in rows] == ["'=cmd()", "'+1+1", "'-2+3", "'@SUM(A1)", *donors[4:]]
    assert [float(row["total counts"]) for row in rows] == counts
    assert {row["QC fail reason"] for row in rows if "QC fail reason" in row} <= {""}


def test_on_paper_every_row_is_there_and_no_menu(results: Any, open_page: Callable[..., Any]) -> None:
    tables = results.tables["GSE1"]
    many = pd.concat([tables.sample_fields.assign(sample=f"s{n}") for n in range(5)], ignore_index=True)
    page = open_page(dataset_page(replace(tables, sample_fields=many)))
    rows = page.locator("table#samples-table tbody tr")
    assert rows.count() == 25 < len(many)
    page.emulate_media(media="print")
    page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    assert rows.count() == len(many)
    assert page.locator("table#donors-table-1").is_visible()
    assert not page.locator(".vega-embed details").first.is_visible()
    page.evaluate("() => window.dispatchEvent(new Event('afterprint'))")
    assert rows.count() == 25
    assert page.said == []


@pytest.mark.parametrize("name", ["summary", "sc"])
def test_a_chinese_page_works_as_well(results: Any, open_page: Callable[..., Any], axe: str, name: str) -> None:
    with language("zh"):
        html = page_of(results, name)
    page = open_page(html, width=400)
    page.evaluate(UNFOLD)
    assert page.said == page.asked == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 400
    assert page.get_by_text("搜索").count() > 0  # the table library speaks it too
    page.evaluate(axe)
    found = page.evaluate("() => axe.run(document)")
    assert not [one["id"] for one in found["violations"] if one["impact"] in {"serious", "critical"}]

"""The charts of a page as files for papers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fatescore import pl
from fatescore.i18n import language
from fatescore.report import dataset_figures, dataset_page, summary_figures

MAGIC = {"svg": b"<svg", "pdf": b"%PDF", "png": b"\x89PNG\r\n\x1a\n"}


def test_every_chart_of_a_page_can_be_a_file(results: Any, tmp_path: Path) -> None:
    charts = dataset_figures(results.tables["GSE1"])
    assert {"donors-1", "genes-1", "curve-1", "arms-scatter", "pca-condition", "samples-q50"} <= set(charts)
    for name, chart in charts.items():
        for kind, magic in MAGIC.items():
            path = tmp_path / f"{name}.{kind}"
            pl.save(chart, path)
            assert path.read_bytes().startswith(magic)
            assert path.stat().st_size > 2000
    page = dataset_page(results.tables["GSE1"])
    assert all(f'data-chart="{chart}"' in page for chart in charts)
    assert page.count("data-chart=") == len(charts)


def test_the_charts_of_the_summary(results: Any, tmp_path: Path) -> None:
    first, second = (summary_figures(results.summary()) for _time in range(2))
    assert {"forest-chart", "heatmap-chart", "controls-chart", "curve-1"} <= set(first)
    for place, charts in enumerate((first, second)):
        pl.save(charts["forest-chart"], tmp_path / f"{place}.svg")
    assert (tmp_path / "0.svg").read_bytes() == (tmp_path / "1.svg").read_bytes()


def test_a_stopped_data_set_has_no_chart(results: Any) -> None:
    assert dataset_figures(results.tables["GSE404"]) == {}


def test_names_of_samples_are_text_in_figures(results: Any, tmp_path: Path) -> None:
    pl.save(dataset_figures(results.tables["GSE1"])["donors-1"], tmp_path / "donors.svg")
    text = (tmp_path / "donors.svg").read_text(encoding="utf-8")
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_figures_are_in_the_language_of_the_page(results: Any, tmp_path: Path) -> None:
    texts = {}
    for code in ("en", "zh"):
        with language(code):
            pl.save(dataset_figures(results.tables["kit"])["genes-1"], tmp_path / f"{code}.svg")
        texts[code] = (tmp_path / f"{code}.svg").read_text(encoding="utf-8")
        assert "RUNX2" in texts[code]
    assert ("\u9aa8" in texts["zh"], "\u9aa8" in texts["en"]) == (True, False)  # bone
    assert '<html lang="en">' in dataset_page(results.tables["tiny"])

"""Charts as files: every kind of chart in every format, with names that try to be code."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from fatescore import pl
from fatescore.errors import InputError

HOSTILE = ["<script>alert(1)</script>", "=cmd()", "a\"b'c", "</text>&amp;", "样本 ünï"]


@pytest.fixture
def charts(make_cells: Callable[[int], pd.DataFrame], judged_cells: pd.DataFrame) -> dict[str, Any]:
    cells = make_cells(2000)
    judged = judged_cells.assign(sample=np.repeat(HOSTILE, len(judged_cells) // len(HOSTILE)))
    names = pd.DataFrame({"sample": HOSTILE, "donor": HOSTILE, "condition": HOSTILE})
    pca = pd.concat([names.assign(component=c, score=[1.0, 2, 3, 4, 5], variance_ratio=0.5) for c in ("PC1", "PC2")])
    metrics = names.assign(
        top_1=0.1,
        outlier="outlier:metric=top_1,side=<b>",
        ambient_share=0.1,
        ambient_share_low=0.05,
        ambient_share_high=0.2,
    )
    way = {"method": "rank_log", "unit": "sample", "g": 1.0, "g_low": 0.0, "g_high": 2.0}
    return {
        "arms_scatter": pl.charts.arms_scatter(cells),
        "embedding": pl.charts.embedding(cells.assign(donor=np.resize(HOSTILE, 2000)), "donor", title=HOSTILE[0]),
        "few cells": pl.charts.embedding(cells.iloc[:100]),
        "cell_quality": pl.charts.cell_quality(judged, "total_counts"),
        "dropped": pl.charts.dropped(judged),
        "sample_quality": pl.charts.sample_quality(metrics, names, "top_1", limit=0.2),
        "ambient": pl.charts.ambient(metrics),
        "samples_pca": pl.charts.samples_pca(
            pca, dict(zip(HOSTILE, HOSTILE, strict=True)), case=HOSTILE[0], title=HOSTILE[1]
        ),
        "specification": pl.charts.specification(pd.DataFrame([{**way, "index": name} for name in HOSTILE])),
    }


def test_every_chart_is_written_in_every_format(charts: dict[str, Any], tmp_path: Path) -> None:
    from PIL import Image

    for name, chart in charts.items():
        for suffix in ("svg", "pdf", "png"):
            pl.save(chart, tmp_path / f"{name}.{suffix}", width=300)
        root = ET.fromstring((tmp_path / f"{name}.svg").read_text(encoding="utf-8"))
        drawn = [tag for tag in root.iter() if tag.tag.split("}")[1] in {"path", "image", "text"}]
        assert len(drawn) > 10, name
        assert not [tag for tag in root.iter() if tag.tag.endswith("script")]
        assert (tmp_path / f"{name}.pdf").read_bytes().startswith(b"%PDF-")
        picture = np.asarray(Image.open(io.BytesIO((tmp_path / f"{name}.png").read_bytes())).convert("RGB"))
        assert picture.shape[1] >= 600  # two pixels for each of the chart's
        assert (picture[0, 0] == 255).all()
        assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 10, name


def test_names_end_up_as_text(charts: dict[str, Any], tmp_path: Path) -> None:
    for name in ("cell_quality", "dropped", "sample_quality", "ambient", "samples_pca", "embedding"):
        pl.save(charts[name], tmp_path / "chart.svg", width=900)
        root = ET.fromstring((tmp_path / "chart.svg").read_text(encoding="utf-8"))
        texts = {tag.text for tag in root.iter() if tag.tag.endswith("}text")}
        assert set(HOSTILE) - {text for text in texts if text} == set(), name


def test_the_cloud_is_a_picture_in_the_pdf_and_its_axes_are_not(charts: dict[str, Any], tmp_path: Path) -> None:
    pl.save(charts["arms_scatter"], tmp_path / "arms.pdf")
    data = (tmp_path / "arms.pdf").read_bytes()
    assert b"/Subtype /Image" in data or b"/Subtype/Image" in data
    assert re.search(rb"/Font\b", data) or any(
        b"BT" in zlib.decompress(part) for part in re.findall(rb"stream\r?\n(.*?)endstream", data, re.S) if part
    )


def test_the_same_chart_gives_the_same_bytes(charts: dict[str, Any], tmp_path: Path) -> None:
    for kind in ("arms_scatter", "few cells", "cell_quality"):
        for suffix in ("svg", "png"):  # vl-convert writes the parts of a PDF in another order each time
            for name in ("a", "b"):
                pl.save(charts[kind], tmp_path / f"{name}.{suffix}")
            assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes(), (kind, suffix)


@pytest.mark.parametrize("name", ["chart.gif", "chart", "chart.svgz"])
def test_another_format_is_refused_and_nothing_is_written(charts: dict[str, Any], tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="expected svg, pdf or png"):
        pl.save(charts["ambient"], tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_not_replaced(charts: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "chart.svg").mkdir()
    with pytest.raises(InputError, match="it is a folder"):
        pl.save(charts["ambient"], tmp_path / "chart.svg")


@pytest.mark.parametrize("other", [None, Figure()])
def test_what_is_no_chart_is_named_with_what_writes_it(other: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=rf"{type(other).__name__} is no chart .*return_fig=True\)\.savefig\("):
        pl.save(other, tmp_path / "arms.png")

"""What the tests of figures share."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from fatescore import simulate, tl
from fatescore.pl import save


@dataclass(frozen=True)
class Drawn:
    """A chart as Vega-Lite gets it (Altair has checked it against the schema)."""

    spec: dict[str, Any]

    def rows(self, column: str) -> list[dict[str, Any]]:
        """The records of all data sets that have the column."""
        return [row for data in self.spec["datasets"].values() for row in data if column in row]

    def channel(self, name: str) -> list[dict[str, Any]]:
        """One channel of all layers that have it."""
        layers = self.spec.get("layer", [self.spec])
        return [layer["encoding"][name] for layer in layers if name in layer["encoding"]]

    @property
    def size(self) -> int:
        return len(json.dumps(self.spec))

    def picture(self) -> np.ndarray:
        """The picture in the chart, as height x width x (red, green, blue, opacity), 0 to 255."""
        from PIL import Image

        (url,) = [row["url"] for row in self.rows("url")]
        kind, data = url.split(",")
        assert kind == "data:image/png;base64"
        return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGBA"))


@pytest.fixture
def draw() -> Callable[[Any], Drawn]:
    def drawn(chart: Any) -> Drawn:
        import altair

        with altair.data_transformers.enable("default", max_rows=None):
            return Drawn(chart.to_dict())

    return drawn


@pytest.fixture
def svg(tmp_path: Path) -> Callable[..., ET.Element]:
    """A chart as Vega draws it, with the labels it computed."""

    def drawn(chart: Any, width: int = 640) -> ET.Element:
        save(chart, tmp_path / "chart.svg", width=width)
        return ET.fromstring((tmp_path / "chart.svg").read_text(encoding="utf-8"))

    return drawn


@pytest.fixture
def contrast_ratio() -> Callable[[str, str], float]:
    """Contrast of two colours, 1 to 21 (WCAG 2.1)."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))

    def ratio(first: str, second: str) -> float:
        low, high = sorted([luminance(first), luminance(second)])
        return (high + 0.05) / (low + 0.05)

    return ratio


@pytest.fixture
def make_cells() -> Callable[[int], pd.DataFrame]:
    """A table with the columns of embedding.parquet and scores.parquet."""

    def make(n: int) -> pd.DataFrame:
        rng = np.random.default_rng(0)
        stromal = rng.random(n) < 0.5
        return pd.DataFrame({
            "obs_name": [f"c{i}" for i in range(n)], "sample": rng.choice(["s1", "s2"], n),
            "donor": rng.choice([f"d{i}" for i in range(12)], n), "condition": rng.choice(["op", "control"], n),
            "cell_type": np.where(stromal, "stromal", "endothelial"), "total_counts": 10 ** rng.normal(3.5, 0.3, n),
            "umap_1": rng.normal(size=n), "umap_2": rng.normal(size=n),
            "fate_bias": np.where(stromal, rng.normal(size=n), np.nan),
            "osteogenic": rng.normal(size=n), "adipogenic": rng.normal(size=n),
            "fate_call": rng.choice(["osteogenic", "adipogenic"], n),
        })  # fmt: skip

    return make


@pytest.fixture
def judged_cells() -> pd.DataFrame:
    """A table with the columns of qc_cells.parquet: two samples with limits of their own."""
    rng = np.random.default_rng(0)
    n = 400
    sample = np.repeat(["s1", "s2"], n // 2)
    counts = 10 ** rng.normal(3, 0.4, n)
    limit = np.where(sample == "s1", 300.0, 500.0)
    share = rng.gamma(2, 3, n)
    return pd.DataFrame({
        "obs_name": [f"c{i}" for i in range(n)], "sample": pd.Categorical(sample),
        "qc_fail_reason": np.where(counts < limit, "low_depth", np.where(share > 12, "high_mitochondrial", "")),
        "total_counts": counts, "n_genes_by_counts": (counts / 2).astype(int), "pct_counts_mt": share,
        "doublet_score": np.nan, "limit_min_total_counts": limit, "limit_min_genes": 50.0, "limit_max_pct_mt": 12.0,
    })  # fmt: skip


@pytest.fixture
def no_figures() -> Iterator[None]:
    """Pyplot without figures of others, and none left behind."""
    from matplotlib import pyplot as plt

    plt.close("all")
    yield
    plt.close("all")


@pytest.fixture(scope="session")
def scored_cells() -> Callable[[], AnnData]:
    """Simulated cells with scores and an embedding; a copy each time."""
    adata = simulate.single_cell(n_donors=4, cells_per_donor=60, n_genes=400, seed=0)
    tl.fate_bias(adata, organism="human")
    adata.obsm["X_umap"] = np.random.default_rng(0).normal(size=(adata.n_obs, 2))
    return adata.copy


@pytest.fixture(scope="session")
def scored_samples() -> Callable[[], AnnData]:
    """Simulated bulk samples of ten donors with scores; a copy each time."""
    adata = simulate.bulk(n_donors=10, n_genes=400, seed=0)
    tl.fate_bias(adata, organism="human")
    return adata.copy

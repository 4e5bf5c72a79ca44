"""Draw the README's picture from the tables of a real run: python docs/readme_figure.py results/real."""

from __future__ import annotations

import sys
from pathlib import Path

import altair as alt

import fatescore as fs
from fatescore.tables.io import read_tsv


def main(results: Path) -> None:
    """Write docs/images/gse35958.png."""
    folder = results / "datasets" / "GSE35958"
    donors = fs.pl.charts.donors(read_tsv(folder / "sample_scores.tsv"), case="osteoporosis", control="control")
    genes = fs.pl.charts.waterfall(read_tsv(folder / "contributions.tsv"))
    chart = alt.hconcat(
        donors.properties(width=330, title="Every donor"),
        genes.properties(width=330, title="Which genes make the difference"),
        spacing=40,
        background="white",
    ).resolve_scale(color="independent", shape="independent")
    settings = {**fs.pl.config(), "background": "white", "font": "DejaVu Sans"}
    chart.configure(**{key: value for key, value in settings.items() if key != "background"}).save(
        Path(__file__).parent / "images" / "gse35958.png", scale_factor=2
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))

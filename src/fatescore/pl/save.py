"""Charts as files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fatescore._extras import altair, vl_convert
from fatescore.errors import InputError, nearest
from fatescore.files import atomic_path
from fatescore.pl._palette import config
from fatescore.typing import StrPath

# vl-convert brings it, so that a file does not depend on the machine's fonts; Chinese falls to a face of the machine.
FONT = "Liberation Sans"
_SUFFIXES = (".svg", ".pdf", ".png")
_TAG = re.compile("<[^>]+>")
_NUMBERED = re.compile(r"(?<=[\"#])(gradient_|clip)\d+(?=[\")])")


def save(chart: Any, path: StrPath, *, scale: float = 2, width: int = 640) -> None:
    """Write a chart, as on the light page, into an SVG, PDF or PNG file.

    The same chart gives the same bytes as SVG and PNG; of a PDF the order of the parts changes from time to time.

    Parameters
    ----------
    chart
        As the functions of ``fs.pl.charts`` return it, or its Vega-Lite specification.
    path
        Its suffix says the format: ``.svg``, ``.pdf`` or ``.png``.
    scale
        Pixels of a PNG for each pixel of the chart; not used by the others.
    width
        Of the plot area, in pixels, where the chart is as wide as its page.

    Raises
    ------
    InputError
        For another suffix, for what is no chart, or when the file cannot be written.

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> from fatescore.pl.charts.waterfall import waterfall
    >>> genes = pd.DataFrame({"gene": ["RUNX2"], "arm": ["osteogenic"], "contribution": [0.1]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(waterfall(genes), folder + "/genes.svg")
    ...     Path(folder, "genes.svg").read_text()[:4]
    '<svg'
    """
    suffix = Path(path).suffix.lower()
    if suffix not in _SUFFIXES:
        raise InputError(
            f'{path}: charts are not written as "{suffix}"', expected="svg, pdf or png", fix=nearest(suffix, _SUFFIXES)
        )
    if not (isinstance(chart, Mapping) or hasattr(chart, "to_dict")):
        raise InputError(
            f"{type(chart).__name__} is no chart of fs.pl.charts", expected="an Altair chart",
            fix=f'write a plot for notebooks with fs.pl.arms(adata, return_fig=True).savefig("{path}")',
        )  # fmt: skip
    convert = getattr(vl_convert, f"vegalite_to_{suffix[1:]}")
    options = {"scale": scale} if suffix == ".png" else {}
    data = convert(_specification(chart, width), vl_version=vega_lite_version(), **options)
    with atomic_path(path) as part:
        part.write_bytes(_renumbered(data).encode("utf-8") if suffix == ".svg" else data)


def _specification(chart: Any, width: int) -> dict[str, Any]:
    with altair.data_transformers.enable("default", max_rows=None):
        spec: dict[str, Any] = dict(chart) if isinstance(chart, Mapping) else chart.to_dict()
    if spec.get("width") == "container":
        spec["width"] = width
    spec["config"] = {**config(), "background": "white", "font": FONT}
    return spec


def _renumbered(svg: str) -> str:
    """Give the gradients and clips of a chart numbers of its own: vl-convert counts through all of a process."""
    names: dict[str, str] = {}

    def renamed(found: re.Match[str]) -> str:
        return names.setdefault(found[0], found[1] + str(len(names)))

    return _TAG.sub(lambda tag: _NUMBERED.sub(renamed, tag[0]), svg)


def vega_lite_version() -> str:
    """Return the version of Vega-Lite that Altair writes."""
    return ".".join(altair.SCHEMA_VERSION.removeprefix("v").split(".")[:2])

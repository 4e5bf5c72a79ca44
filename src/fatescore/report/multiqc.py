"""The quality control of a data set as sections for MultiQC (custom content, https://docs.seqera.io/multiqc).

Files of several data sets make two sections together: their ids are the same, and a sample is named with its data set.
MultiQC puts names and texts into its page as they come, so they are escaped here.
"""

from __future__ import annotations

import html
import math
import re
from typing import Any

import pandas as pd

from fatescore.i18n import gettext as _
from fatescore.pl.charts.cell_quality import FATE_COLOURS, KEPT
from fatescore.pl.labels import code_label, label
from fatescore.report.elements import cell_text
from fatescore.tables import QC, QC_METRICS
from fatescore.tables import columns as col

# Where MultiQC would cut a name (".fa" leaves "MSC" of "MSC.fat.1"); a character reference stops it.
_CUT = re.compile(
    r"/|\.(?=[A-Za-z])|[._:-]\Z|(?=ccs|Aligned|ReadsPerGene).|_(?=tophat|star_|fastqc|counts|slamdunk|bismark|peaks|"
    r"Summary|duprate|vep|Nano|gopeaks|overall_|coverage_|mapq_|strand_|isize_|dup_|cv_|covdist_|CpG|CpH|total|qual|"
    r"hifi_|trimm|summary|val|matrix|mqc)"
)
_TEXT: dict[str, Any] = {"scale": False}
_WHOLE: dict[str, Any] = {"format": "{:,.0f}", "min": 0, "scale": "Blues"}
_SHARE: dict[str, Any] = {"format": "{:,.3f}", "min": 0, "max": 1, "scale": "Oranges"}
_LOG2: dict[str, Any] = {"format": "{:,.2f}", "scale": False}
# How MultiQC shows a column; its title and what it means are declared in fatescore.tables.
_OF_SAMPLES: dict[str, dict[str, Any]] = {
    col.CONDITION: _TEXT,
    "verdict": _TEXT,
    "n_obs": _WHOLE,
    "n_kept": _WHOLE,
    col.TOTAL_COUNTS: _WHOLE,
    col.N_GENES: _WHOLE,
    col.PCT_MT: {"format": "{:,.1f}", "suffix": " %", "min": 0, "max": 100, "scale": "Oranges"},
    "fraction_stromal": _SHARE | {"scale": "Greens"},
    col.QC_FAIL_REASON: _TEXT,
    "qc_flags": _TEXT,
}
_METRICS: dict[str, dict[str, Any]] = {
    "fraction_doublet": _SHARE,
    "fraction_cycling": _SHARE,
    "ambient_share": _SHARE,
    "genes_to_half": _WHOLE,
    "top_10": _SHARE,
    "ribosomal": _SHARE,
    "rle_median": _LOG2,
    "rle_iqr": _LOG2,
    "spread": _LOG2,
    "near_background": _SHARE,
    "contamination": _TEXT,
    "outlier": _TEXT,
}


def samples_section(dataset: str, qc: pd.DataFrame, metrics: pd.DataFrame) -> dict[str, Any]:
    """Return the table of samples.

    It is what MultiQC reads from a ``*_mqc.json`` file. ``qc`` has one row per sample (``QC.names``) and is empty where
    the data set stopped before; ``metrics`` holds further numbers, one row per ``sample``, and may be empty.

    Examples
    --------
    >>> qc = pd.DataFrame({"sample": ["s1"], "n_obs": [250], "verdict": ["ok"]})
    >>> samples_section("A", qc, pd.DataFrame())["data"]
    {'A | s1': {'verdict': 'ok', 'n_obs': 250}}
    """
    further = [name for name in _METRICS if name in metrics and name not in qc]
    whole = qc.merge(metrics[[col.SAMPLE, *further]], on=col.SAMPLE, how="left") if len(metrics) and len(qc) else qc
    shown = [name for name in (*_OF_SAMPLES, *_METRICS) if name in whole]
    rows = {
        _label(dataset, row[col.SAMPLE]): {name: _plain(name, row[name]) for name in shown if _is_known(row[name])}
        for row in whole.to_dict("records")
    }
    return _section(
        "fatescore_qc_samples", _("Samples"), _("Every sample, what it holds and whether it can be scored."),
        plot_type="table", pconfig={"namespace": "fatescore"}, headers=_headers(), data=rows or {_label(dataset): {}},
    )  # fmt: skip


def dropped_section(dataset: str, cells: pd.DataFrame) -> dict[str, Any]:
    """Return the bars of what became of the cells of every sample.

    As :func:`samples_section`, from ``cells``: one row per cell with ``sample`` and ``qc_fail_reason`` (empty where it
    is kept); empty for bulk samples, arrays and a data set that stopped before, of which MultiQC shows nothing.

    Examples
    --------
    >>> cells = pd.DataFrame({"sample": ["s1"] * 3, "qc_fail_reason": ["", "", "doublet"]})
    >>> dropped_section("A", cells)["data"]
    {'A | s1': {'kept': 2, 'doublet': 1}}
    """
    bars = {}
    for sample, own in cells.groupby(col.SAMPLE, observed=True) if len(cells) else ():
        numbers = own[col.QC_FAIL_REASON].replace("", KEPT).value_counts()
        bars[_label(dataset, sample)] = {str(fate): int(numbers[fate]) for fate in FATE_COLOURS if fate in numbers}
    return _section(
        "fatescore_qc_dropped", _("Cells"), _("What became of the cells (barcodes) of every sample."),
        plot_type="bargraph", pconfig={"ylab": _("cells")}, data=bars or {_label(dataset): {}},
        categories={str(fate): {"name": code_label(fate), "color": colour} for fate, colour in FATE_COLOURS.items()},
    )  # fmt: skip


def _section(identity: str, name: str, description: str, *, pconfig: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a section; one without data holds an empty entry, because MultiQC warns of a file without any."""
    return {
        "id": identity,
        "parent_id": "fatescore_qc",
        "parent_name": _("fatescore: quality control"),
        "parent_description": _("Which samples and cells fatescore keeps, and why it drops the others."),
        "section_name": name,
        "description": description,
        "pconfig": {"id": f"{identity}_plot", "title": f"fatescore: {name}", **pconfig},
        **more,
    }


def _headers() -> dict[str, dict[str, Any]]:
    """Return the table's columns, all of them for every data set: the last file that MultiQC reads decides."""
    shown = ((QC, _OF_SAMPLES), (QC_METRICS, _METRICS))
    declared = [(table.column(name), how) for table, columns in shown for name, how in columns.items()]
    return {
        str(column): {"title": label(column)[:1].upper() + label(column)[1:], "description": column.meaning, **how}
        for column, how in declared
        if column is not None
    }


def _label(*names: Any) -> str:
    """Name a sample so that MultiQC shows it whole, and as text."""
    escaped = html.escape(" | ".join(map(str, names)))
    return _CUT.sub(lambda found: f"&#{ord(found[0])};", escaped)


def _is_known(value: Any) -> bool:
    return not pd.isna(value) and value not in ("", math.inf, -math.inf)


def _plain(name: str, value: Any) -> Any:
    """Return a value for JSON; text as the page of the data set shows it."""
    if isinstance(value, str):
        return html.escape(cell_text(name, value, QC))
    return value.item() if hasattr(value, "item") else value

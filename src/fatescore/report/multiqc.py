"""The quality control of a data set as sections for MultiQC (custom content, https://docs.seqera.io/multiqc).

Files of several data sets make two sections together: their ids are the same, and a sample is named with its data set.
MultiQC puts names and texts into its page as they come, so that they are escaped here.
"""

from __future__ import annotations

import html
import math
import re
from typing import Any

import pandas as pd

from fatescore._data_dictionary import describe
from fatescore._language import mark, tr
from fatescore.pl.dropped import FATES
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
# Column to its title and how MultiQC shows it; what it means stands in the data dictionary.
_OF_SAMPLES: dict[str, tuple[str, dict[str, Any]]] = {
    col.CONDITION: (mark("Condition"), _TEXT),
    "verdict": (mark("Verdict"), _TEXT),
    "n_obs": (mark("Observations"), _WHOLE),
    "n_kept": (mark("Kept"), _WHOLE),
    col.TOTAL_COUNTS: (mark("Counts"), _WHOLE),
    col.N_GENES: (mark("Genes"), _WHOLE),
    col.PCT_MT: (
        mark("Mitochondrial"),
        {"format": "{:,.1f}", "suffix": " %", "min": 0, "max": 100, "scale": "Oranges"},
    ),
    "fraction_stromal": (mark("Stromal"), _SHARE | {"scale": "Greens"}),
    "reason": (mark("Reason"), _TEXT),
}
_METRICS: dict[str, tuple[str, dict[str, Any]]] = {
    "fraction_doublet": (mark("Doublets"), _SHARE),
    "fraction_cycling": (mark("Cycling"), _SHARE),
    "ambient_share": (mark("Ambient RNA"), _SHARE),
    "genes_to_half": (mark("Genes with half of the counts"), _WHOLE),
    "top_10": (mark("In ten genes"), _SHARE),
    "ribosomal": (mark("Ribosomal"), _SHARE),
    "rle_median": (mark("Median RLE"), _LOG2),
    "rle_iqr": (mark("IQR of RLE"), _LOG2),
    "spread": (mark("Spread"), _LOG2),
    "near_background": (mark("Near background"), _SHARE),
    "contamination": (mark("Other cells"), _TEXT),
    "outlier": (mark("Stands out in"), _TEXT),
}


def samples_section(dataset: str, qc: pd.DataFrame, metrics: pd.DataFrame) -> dict[str, Any]:
    """Return the table of samples.

    Parameters
    ----------
    dataset
        Name of the data set.
    qc
        One row per sample, ``QC.names``; empty where the data set stopped before.
    metrics
        Further numbers, one row per sample with ``sample``; may be empty.

    Returns
    -------
    What MultiQC reads from a ``*_mqc.json`` file.

    Examples
    --------
    >>> qc = pd.DataFrame({"sample": ["s1"], "n_obs": [250], "verdict": ["ok"]})
    >>> samples_section("A", qc, pd.DataFrame())["data"]
    {'A | s1': {'verdict': 'ok', 'n_obs': 250}}
    """
    whole = qc.merge(metrics[_wanted(metrics, qc)], on=col.SAMPLE, how="left") if len(metrics) and len(qc) else qc
    shown = [name for name in (*_OF_SAMPLES, *_METRICS) if name in whole]
    rows = {
        _label(dataset, row[col.SAMPLE]): {name: _plain(row[name]) for name in shown if _is_known(row[name])}
        for row in whole.to_dict("records")
    }
    return _section(
        "fatescore_qc_samples", tr("Samples"), tr("Every sample, what it holds and whether it can be scored."),
        plot_type="table", pconfig={"namespace": "fatescore"}, headers=_headers(), data=rows or {_label(dataset): {}},
    )  # fmt: skip


def dropped_section(dataset: str, cells: pd.DataFrame) -> dict[str, Any]:
    """Return the bars of what became of the cells of every sample.

    Parameters
    ----------
    dataset
        Name of the data set.
    cells
        One row per cell with ``sample`` and ``dropped_because`` (empty where it is kept); empty for bulk samples,
        arrays and a data set that stopped before, of which MultiQC shows nothing.

    Returns
    -------
    What MultiQC reads from a ``*_mqc.json`` file.

    Examples
    --------
    >>> cells = pd.DataFrame({"sample": ["s1"] * 3, "dropped_because": ["", "", "doublet"]})
    >>> dropped_section("A", cells)["data"]
    {'A | s1': {'kept': 2, 'doublet': 1}}
    """
    bars = {}
    for sample, own in cells.groupby(col.SAMPLE, observed=True) if len(cells) else ():
        numbers = own[col.QC_FAIL_REASON].value_counts()
        bars[_label(dataset, sample)] = {name: int(numbers[why]) for why, (name, _) in FATES.items() if why in numbers}
    return _section(
        "fatescore_qc_dropped", tr("Cells"), tr("What became of the cells (barcodes) of every sample."),
        plot_type="bargraph", pconfig={"ylab": tr("cells")}, data=bars or {_label(dataset): {}},
        categories={name: {"name": tr(name), "color": colour} for name, colour in FATES.values()},
    )  # fmt: skip


def _section(identity: str, name: str, description: str, *, pconfig: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a section; one without data holds an empty entry, because MultiQC warns of a file without any."""
    return {
        "id": identity,
        "parent_id": "fatescore_qc",
        "parent_name": tr("fatescore: quality control"),
        "parent_description": tr("Which samples and cells fatescore keeps, and why it drops the others."),
        "section_name": name,
        "description": description,
        "pconfig": {"id": f"{identity}_plot", "title": f"fatescore: {name}", **pconfig},
        **more,
    }


def _headers() -> dict[str, dict[str, Any]]:
    """Return the table's columns, all of them for every data set: the last file that MultiQC reads decides."""
    files = {"qc.tsv": _OF_SAMPLES, "qc_metrics.tsv": _METRICS}
    return {
        name: {"title": tr(title), "description": describe(file, name)["description"], **how}
        for file, columns in files.items()
        for name, (title, how) in columns.items()
    }


def _wanted(metrics: pd.DataFrame, qc: pd.DataFrame) -> list[str]:
    return [col.SAMPLE, *(name for name in _METRICS if name in metrics and name not in qc)]


def _label(*names: Any) -> str:
    """Name a sample so that MultiQC shows it whole, and as text."""
    escaped = html.escape(" | ".join(map(str, names)))
    return _CUT.sub(lambda found: f"&#{ord(found[0])};", escaped)


def _is_known(value: Any) -> bool:
    return not pd.isna(value) and value not in ("", math.inf, -math.inf)


def _plain(value: Any) -> Any:
    """Return a value for JSON."""
    if isinstance(value, str):
        return html.escape(value)
    return value.item() if hasattr(value, "item") else value

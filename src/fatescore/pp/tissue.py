"""Other tissues in bulk samples and arrays, from marker genes: how much, which, and when no stroma is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from fatescore import organisms
from fatescore.pp.bulk import log_values, sample_names
from fatescore.pp.cell_type import STROMAL, marker_genes
from fatescore.tables import columns as col
from fatescore.tables.codes import QcFailReason
from fatescore.tables.notes import Note, join_names
from fatescore.typing import FloatArray, Organism, Scale

if TYPE_CHECKING:
    from anndata import AnnData

CALL, SHARE = "call", "share"
PRESENT, DOMINANT, ABSENT, NOT_MEASURED = "present", "dominant", "absent", "not measured"
_BLOOD = "haematopoietic"
_MIN_MARKERS = 3
_EXPRESSED_PERCENTILE, _EXPRESSED_CPM = 60, 12
# log2; a type that far below another tissue cannot be distinguished from nothing, be it the foreign one or the stroma.
# Bone with all of its marrow (E-MTAB-5533) has blood 2.0 to 2.3 above stroma.
_FAR = 4.0


def foreign_tissue(adata: AnnData, organism: Organism, scale: Scale) -> pd.DataFrame:
    """Estimate from markers which other tissues a bulk sample or an array holds.

    A type's level is the median of its markers, so that one odd marker decides nothing. ``dominant``: at or above the
    level of the stromal markers; ``present``: at most ``2**4`` times below it, and expressed at all (counts and TPM: 12
    per million; arrays: at or above the 60th percentile of the array's genes). Whole tissue rightly holds other cells:
    a call is a fact for the reader, not a verdict. A culture should show none.

    Parameters
    ----------
    adata
        Samples x genes; ``layers["counts"]`` when the scale is counts, otherwise values in ``X``.
    organism
        One of :func:`fatescore.organisms.names`.
    scale
        ``"counts"``, ``"tpm"``, ``"linear"``, ``"intensity"`` or ``"log2"``.

    Returns
    -------
    One row per sample and type: ``sample``, ``type`` (``stromal``, ``haematopoietic``, ``endothelial``, ``erythroid``,
    ``muscle``, ``schwann``), ``markers`` (number measured), ``level`` (log2), ``percentile`` (0 to 100 among the
    sample's genes), ``relative`` (log2, to the stromal level), ``share`` (see :func:`contamination`) and ``call``
    (``dominant | present | absent | not measured``, the last also for log ratios). The stromal rows have no share
    and an empty call.

    Examples
    --------
    >>> import fatescore as fs
    >>> table = foreign_tissue(fs.simulate.bulk(n_donors=2, seed=0), "human", "counts")
    >>> sorted(set(table.loc[table["type"] == "haematopoietic", "call"]))
    ['absent']
    """
    organisms.get(organism)
    logs = log_values(adata, scale)
    if scale == "log2":
        logs[[_is_ratios(row) for row in logs]] = np.nan
    place = {str(gene): i for i, gene in enumerate(adata.var_names)}
    ranks = np.vstack([rankdata(row, nan_policy="omit") / max(np.isfinite(row).sum(), 1) * 100 for row in logs])
    found = {kind: [place[gene] for gene in genes if gene in place] for kind, genes in marker_genes(organism).items()}
    by_rank = scale not in ("counts", "tpm")  # an array, where a silent gene is not zero
    levels = {kind: _median(logs[:, genes]) for kind, genes in found.items()}
    stroma = levels[STROMAL] if len(found[STROMAL]) >= _MIN_MARKERS else np.full(adata.n_obs, np.nan)
    rows = []
    for kind, genes in found.items():
        percentile, relative = _median(ranks[:, genes]), levels[kind] - stroma
        expressed = percentile >= _EXPRESSED_PERCENTILE if by_rank else levels[kind] >= np.log2(1 + _EXPRESSED_CPM)
        measured = np.isfinite(relative) & (len(genes) >= _MIN_MARKERS) & (kind != STROMAL)
        call = np.select([~expressed | (relative < -_FAR), relative < 0], [ABSENT, PRESENT], DOMINANT)
        share = np.where(measured, np.where(expressed, 1 / (1 + np.exp2(-relative)), 0.0), np.nan)
        columns = {
            col.SAMPLE: sample_names(adata), "type": kind, "markers": len(genes), "level": levels[kind],
            "percentile": percentile, "relative": relative, SHARE: share,
            CALL: "" if kind == STROMAL else np.where(measured, call, NOT_MEASURED),
        }  # fmt: skip
        rows.append(pd.DataFrame(columns))
    return pd.concat(rows, ignore_index=True)


def contamination(tissue: pd.DataFrame) -> pd.DataFrame:
    """Return, for every sample, how much of each other tissue it holds, and which exceed.

    The estimate is the share that a type's markers have in the signal of its and the stromal markers:
    ``2**level / (2**level + 2**level of stroma)``. It is the share of RNA only where each type's markers are as strong
    in that type as the stromal ones are in stroma, and where the scale is proportional to RNA; on arrays, which
    compress, it is an order. It is 0 where the type's markers are not expressed, and missing where they, or the
    stromal ones, are not measured (fewer than three, or log ratios). Each type is held against stroma alone, so the
    shares do not add up to one.

    Parameters
    ----------
    tissue
        As from :func:`foreign_tissue`.

    Returns
    -------
    DataFrame indexed by sample: ``contamination_<type>`` (0 to 1) of every foreign type, and ``contamination``: the
    names of the types called ``present`` or ``dominant``, largest share first, empty for none.

    Examples
    --------
    >>> tissue = pd.DataFrame({"sample": "s", "type": ["stromal", "muscle"], "share": [np.nan, 0.5],
    ...     "call": ["", "dominant"]})
    >>> contamination(tissue).iloc[0].to_dict()
    {'contamination_muscle': 0.5, 'contamination': 'muscle'}
    """
    foreign = tissue[tissue["type"] != STROMAL]
    table = pd.DataFrame(
        {
            f"contamination_{kind}": rows.set_index(col.SAMPLE)[SHARE]
            for kind, rows in foreign.groupby("type", sort=False)
        }
    )
    exceeding = foreign[foreign[CALL].isin([PRESENT, DOMINANT])].sort_values(SHARE, ascending=False, kind="stable")
    named = exceeding.groupby(col.SAMPLE)["type"].agg(join_names)
    return table.assign(contamination=named.reindex(table.index).fillna("").astype(object))


def no_stroma(tissue: pd.DataFrame) -> dict[str, Note]:
    """Return the samples that cannot be stromal: blood's markers are expressed, ``2**4`` times those of stroma or more.

    Bone with its marrow stays (2**2.3 in E-MTAB-5533). Where either side is not measured, none is returned.

    Parameters
    ----------
    tissue
        As from :func:`foreign_tissue`.

    Returns
    -------
    Sample to ``QcFailReason.NO_STROMAL_SIGNAL``, only of such samples.

    Examples
    --------
    >>> tissue = pd.DataFrame({"sample": ["s", "t"], "type": "haematopoietic", "relative": [9.1, 2.0],
    ...     "call": "dominant"})
    >>> {name: str(note) for name, note in no_stroma(tissue).items()}
    {'s': 'no_stromal_signal:type=haematopoietic,relative=9.1'}
    """
    blood = tissue[(tissue["type"] == _BLOOD) & (tissue[CALL] == DOMINANT) & (tissue["relative"] >= _FAR)]
    return {
        str(name): Note(QcFailReason.NO_STROMAL_SIGNAL, {"type": _BLOOD, "relative": float(relative)})
        for name, relative in zip(blood[col.SAMPLE], blood["relative"], strict=True)
    }


def _median(values: FloatArray) -> FloatArray:
    known = [row[np.isfinite(row)] for row in values]
    return np.array([np.median(row) if len(row) else np.nan for row in known])


def _is_ratios(row: FloatArray) -> bool:
    """Tell whether values are log ratios to another sample: how genes compare within the sample is lost then."""
    low, high = np.nanquantile(row, [0.05, 0.95])
    return bool((row < 0).mean() > 0.05 and high - low < 4)

"""Samples that occur twice, within a data set or across data sets."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from fatescore._h5ad_rows import on_disk
from fatescore.pp.bulk import dense, sample_names
from fatescore.pp.pseudobulk import pseudobulk
from fatescore.stats._labels import label_column
from fatescore.tables import DUPLICATES
from fatescore.tables import columns as col
from fatescore.tables.codes import DuplicateKind, YesNo
from fatescore.typing import BoolArray, FloatArray

if TYPE_CHECKING:
    from anndata import AnnData

_ONE_IN = 8  # of all symbols: about 2,500 genes, enough to compare by, 20 kB a sample
_MIN_GENES = 100


@dataclass(frozen=True)
class Fingerprints:
    """What is kept of a data set's samples to find them again.

    Attributes
    ----------
    samples
        One row per sample: ``dataset``, ``sample``, ``donor``, ``organism``, ``overlap_group``, ``digest`` (SHA-256
        of the values that are not zero, to six digits); all text, empty where not known.
    genes
        Samples x genes (upper-case symbols): the values of the chosen genes (float32).
    """

    samples: pd.DataFrame
    genes: pd.DataFrame


def fingerprint(adata: AnnData) -> Fingerprints:
    """Keep of every sample the values of a fixed eighth of all gene symbols, and a digest of them.

    The eighth is chosen by a checksum of the upper-case symbol, so that it is the same for every platform, data set
    and version without a list, and no gene of interest is favoured.

    Parameters
    ----------
    adata
        Samples x genes; raw counts from ``layers["counts"]`` where they are, otherwise ``X``. Cells x genes where
        ``uns["fatescore"]["assay"]`` is ``"single_cell"``: their counts are summed by ``obs["sample"]``. In memory,
        or opened by rows: then cells are read some at a time.

    Returns
    -------
    See :class:`Fingerprints`.

    Raises
    ------
    InputError
        For cells without raw counts, or without a sample.

    Examples
    --------
    >>> import fatescore as fs
    >>> found = fingerprint(fs.simulate.bulk(n_donors=4, seed=0))
    >>> len(found.samples), found.genes.shape[1] < 3000 / 4
    (4, True)
    """
    known = adata.uns.get(col.UNS, {})
    if known.get("assay") == "single_cell":
        adata = pseudobulk(adata)
    elif on_disk(adata):
        adata = adata.to_memory()
    symbols = adata.var_names.astype(str).str.upper()
    chosen = np.flatnonzero([zlib.crc32(symbol.encode()) % _ONE_IN == 0 for symbol in symbols])
    chosen = chosen[~symbols[chosen].duplicated()]
    chosen = chosen[np.argsort(symbols[chosen].to_numpy(dtype=object))]
    values = dense(adata.layers.get(col.COUNTS, adata.X)[:, chosen]).astype(np.float32)
    names = sample_names(adata)
    samples = pd.DataFrame(
        {
            col.DATASET: str(known.get("dataset", "")),
            col.SAMPLE: names,
            col.DONOR: label_column(adata.obs[col.DONOR]).to_numpy() if col.DONOR in adata.obs else "",
            "organism": str(known.get("organism", "")),
            "overlap_group": str(known.get("overlap_group", "")),
            "digest": [_digest(row, symbols[chosen]) for row in values],
        }
    )
    return Fingerprints(samples, pd.DataFrame(values, columns=symbols[chosen]))


def duplicates(fingerprints: Sequence[Fingerprints], *, near: float = 0.998) -> pd.DataFrame:
    """Find samples that are the same.

    ``identical``: the same values. ``near-identical``: Spearman correlation of at least ``near`` over the genes that
    both data sets measure and one sample expresses; a change of scale that keeps the order (log, counts per million,
    quantile normalisation) leaves it at 1. Shallow samples (0.1 million counts) have too much noise for the second.

    Parameters
    ----------
    fingerprints
        One per data set.
    near
        Smallest correlation of near-identical samples. Different animals of one strain, tissue and laboratory reach
        0.992 (mouse fat), different donors on arrays 0.96; a re-normalised or rounded copy stays above 0.9995.

    Returns
    -------
    ``DUPLICATES.names``, one row per pair found; ``median_correlation`` is that of all pairs of these two data sets,
    ``genes`` how many were compared. ``declared`` is ``yes`` where both data sets name the same ``overlap_group``, or
    within a data set where both samples are of one donor, so that the copy counts once; otherwise ``no``. Only pairs
    of one organism are compared, flat samples never.

    Examples
    --------
    >>> import fatescore as fs
    >>> adata = fs.simulate.bulk(n_donors=4, seed=0)
    >>> copy = fs.pp.normalise(adata[:1], assay="bulk", scale="counts")
    >>> del copy.layers["counts"]
    >>> pair = duplicates([fingerprint(adata), fingerprint(copy)]).iloc[0]
    >>> pair["sample_a"] == pair["sample_b"], pair["kind"]
    (True, 'near-identical')
    """
    found: list[tuple[object, ...]] = []
    for i, one in enumerate(fingerprints):
        for j in range(i, len(fingerprints)):
            found += _between(one, fingerprints[j], near, same=i == j)
    return DUPLICATES.frame(found)


def _between(one: Fingerprints, other: Fingerprints, near: float, *, same: bool) -> list[tuple[object, ...]]:
    common = one.genes.columns.intersection(other.genes.columns)
    organisms = {*one.samples["organism"], *other.samples["organism"]} - {""}
    a, b = (side.genes[common].to_numpy(dtype=np.float64) for side in (one, other))
    use = _informative(a, b)
    genes = int(use.sum())
    if genes < _MIN_GENES or len(organisms) > 1:
        return []
    correlation = _standard_ranks(a[:, use]) @ _standard_ranks(b[:, use]).T / genes
    digests = [side.samples["digest"].to_numpy() for side in (one, other)]
    equal = (digests[0][:, None] == digests[1]) & (digests[0] != "")[:, None]
    pairs = np.triu(np.ones(equal.shape, dtype=bool), 1) if same else np.ones(equal.shape, dtype=bool)
    known = correlation[pairs & np.isfinite(correlation)]
    typical = float(np.median(known)) if len(known) else np.nan
    keys = [col.DATASET, col.SAMPLE, col.DONOR]
    share = col.DONOR if same else "overlap_group"
    found: list[tuple[object, ...]] = []
    for p, q in np.argwhere(pairs & (equal | (correlation >= near))):
        first, second = one.samples.iloc[p], other.samples.iloc[q]
        kind = DuplicateKind.IDENTICAL if equal[p, q] else DuplicateKind.NEAR_IDENTICAL
        declared = YesNo.YES if first[share] and first[share] == second[share] else YesNo.NO
        found.append(
            (*first[keys], *second[keys], kind.value, float(correlation[p, q]), typical, genes, declared.value)
        )
    return found


def _informative(a: FloatArray, b: FloatArray) -> BoolArray:
    """Return the genes measured in every sample of which at least one sample has more than its least value.

    Genes that are silent everywhere would tie, and every pair of shallow samples would look alike.
    """
    measured = np.asarray(np.isfinite(a).all(axis=0) & np.isfinite(b).all(axis=0))
    if not measured.any():
        return measured
    above = [(x > x[:, measured].min(axis=1, keepdims=True)).any(axis=0) for x in (a, b)]
    return np.asarray(measured & (above[0] | above[1]))


def _standard_ranks(values: FloatArray) -> FloatArray:
    """Return ranks with mean 0 and standard deviation 1 per sample; missing numbers for a flat sample."""
    ranks = rankdata(values, axis=1)
    ranks -= ranks.mean(axis=1, keepdims=True)
    spread = ranks.std(axis=1, keepdims=True)
    return np.asarray(np.divide(ranks, spread, out=np.full_like(ranks, np.nan), where=spread > 0))


def _digest(values: FloatArray, symbols: pd.Index) -> str:
    """Return a digest of the values that are not zero: a file without its silent genes has the same."""
    keep = np.isfinite(values) & (values != 0)
    if not keep.any() or np.ptp(values[np.isfinite(values)]) == 0:
        return ""  # flat
    text = ";".join(f"{symbol}={value:.6g}" for symbol, value in zip(symbols[keep], values[keep], strict=True))
    return hashlib.sha256(text.encode()).hexdigest()

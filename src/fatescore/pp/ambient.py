"""Ambient RNA: what floats in every droplet, and how much of a cell's counts it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.stats import poisson

from fatescore import organisms
from fatescore.errors import InputError
from fatescore.pp.bulk import raw_counts, samples_of_cells
from fatescore.pp.cell_type import MIN_MARKERS, STROMAL, cell_types, marker_genes, read_genes
from fatescore.stats._labels import label_column
from fatescore.tables import columns as col
from fatescore.tables.codes import NoteCode
from fatescore.tables.notes import Note, join_notes
from fatescore.typing import BoolArray, FloatArray, IntArray, Matrix, Organism

if TYPE_CHECKING:
    from anndata import AnnData

# What no cell of the broad type transcribes (human symbols, and genes that one organism alone has).
FOREIGN = {kind: read_genes("gene_lists.tsv")[f"foreign_to_{kind}"] for kind in (STROMAL, "haematopoietic")}
EMPTY, POOLED = "empty barcodes", "all cells of the sample"
_BLOOD = ("haematopoietic", "erythroid")
_MAKERS = {STROMAL: _BLOOD, "haematopoietic": (STROMAL,)}
COLUMNS = (
    "share", "share_low", "share_high", "estimated_in", "n_cells", "n_genes", "profile_from", "n_profile", "note",
)  # fmt: skip
_MIN_PROFILE = 1_000  # counts
_MIN_CELLS = 10
_MIN_EXPECTED, _MIN_EXPECTED_ALL, _MIN_GENES = 10.0, 200.0, 3
_OWN = 0.999
_MOST_RATIO, _NOTHING, _WIDEST = 2.0, 0.02, 0.5
_RED = r"^(?:HB[AB]|ALAS2|AHSP|GYPA|SLC4A1)"
_RESAMPLED = 1_000


@dataclass(frozen=True)
class Ambient:
    """Ambient RNA of each sample, as :func:`ambient` finds it.

    Attributes
    ----------
    table
        One row per sample: ``share`` (0 to 1; NaN where nothing allows an estimate, ``note`` holds why),
        ``share_low``, ``share_high`` (95 % interval), ``estimated_in`` (type of the cells), ``n_cells``, ``n_genes``
        it rests on, ``profile_from``, ``n_profile`` (barcodes) and ``note`` (see ``NoteCode``).
    profile
        Samples x genes: each gene's share of the ambient RNA; rows sum to 1, or are NaN.
    kept
        Samples x genes: counts of the kept cells.
    """

    table: pd.DataFrame
    profile: pd.DataFrame
    kept: pd.DataFrame

    def effect(self, gene_sets: Mapping[str, Iterable[str]]) -> pd.DataFrame:
        """Return which share of each set's counts in the kept cells is expected to be ambient.

        Parameters
        ----------
        gene_sets
            Names and genes; genes that are not measured are passed over.

        Returns
        -------
        Samples x gene sets, 0 to 1; NaN where the share is not known or the set has no counts.
        """
        ambient = self.table["share"].to_numpy() * self.kept.to_numpy().sum(axis=1)
        columns = {}
        for name, genes in gene_sets.items():
            chosen = self.kept.columns.isin(list(genes))
            expected = ambient * self.profile.to_numpy()[:, chosen].sum(axis=1)
            counts = self.kept.to_numpy()[:, chosen].sum(axis=1)
            columns[name] = np.minimum(expected / np.where(counts > 0, counts, np.nan), 1.0)
        return pd.DataFrame(columns, index=self.table.index)


def ambient(
    adata: AnnData, *, organism: Organism, empty: AnnData | Matrix | None = None, kept: BoolArray | None = None,
    rng: int = 0,
) -> Ambient:  # fmt: skip
    """Estimate each sample's ambient RNA and its share of a typical stromal cell's counts.

    The share is measured on genes that a cell cannot have made itself, as SoupX does (Young and Behjati 2020,
    doi:10.1093/gigascience/giaa151): globin, immunoglobulin and leucocyte genes in stromal cells, or else collagens
    in blood cells. It is their counts over what they would be if those cells held ambient RNA only: the median over
    genes, weighted by that expectation, with an interval from resampling genes and counts.

    Without empty barcodes the profile is that of all cells of the sample together, which holds as far as cells of
    every type burst alike; then the cells that make the foreign genes must be among them, and red cells'
    genes and the others, stromal and blood cells must agree (within a factor of two), or there is no estimate.

    Parameters
    ----------
    adata
        Cells x genes with ``layers["counts"]`` (raw), ``obs["sample"]``, current symbols; not changed. Give all cells,
        not the stromal ones only. ``obs["cell_type"]`` is used when there.
    organism
        One of :func:`fatescore.organisms.names`.
    empty
        Barcodes without a cell over the same genes: AnnData with ``layers["counts"]`` (or counts in ``X``) and
        ``obs["sample"]``, or a matrix when there is one sample.
    kept
        Cells whose sets :meth:`Ambient.effect` is of; without, the stromal ones.
    rng
        Seed, a whole number; every sample gets the same one.

    Returns
    -------
    See :class:`Ambient`.

    Raises
    ------
    InputError
        Without raw counts or samples, or when ``empty`` does not match.

    Examples
    --------
    >>> import fatescore as fs
    >>> adata = fs.simulate.single_cell(n_donors=2, cells_per_donor=200, n_genes=600, ambient=0.2, seed=0)
    >>> found = ambient(adata, organism="human")
    >>> bool(found.table["share"].between(0.1, 0.3).all())
    True
    >>> found.effect({"bone": ["COL1A1", "ALPL", "IBSP"]}).shape
    (2, 1)
    """
    foreign = {of_type: organisms.spelled(genes, organism) for of_type, genes in FOREIGN.items()}
    counts, sample, genes = raw_counts(adata), samples_of_cells(adata), adata.var_names.astype(str)
    kind, unknown = _types(adata, organism)
    chosen = kind == STROMAL if kept is None else np.asarray(kept, dtype=bool)
    rows, profiles, sums, names = [], [], [], pd.unique(sample)
    for name in names:
        cells = np.flatnonzero(sample == name)
        barcodes = counts[cells] if empty is None else _empty_of(empty, name, adata, len(names))
        summed = _sum(barcodes)
        profile = summed / (summed.sum() if summed.sum() >= _MIN_PROFILE else np.nan)
        row = _share(counts[cells], kind[cells], genes, profile, foreign, rng, unknown, from_cells=empty is None)
        rows.append({**row, "profile_from": POOLED if empty is None else EMPTY, "n_profile": barcodes.shape[0]})
        profiles.append(profile)
        sums.append(_sum(counts[np.flatnonzero((sample == name) & chosen)]))
    index, shape = pd.Index(names, name=col.SAMPLE, dtype=object), (len(names), len(genes))
    return Ambient(
        table=pd.DataFrame(rows, columns=list(COLUMNS), index=index),
        profile=pd.DataFrame(np.reshape(profiles, shape), index=index, columns=genes),
        kept=pd.DataFrame(np.reshape(sums, shape), index=index, columns=genes),
    )


def _types(adata: AnnData, organism: Organism) -> tuple[np.ndarray[Any, Any], Note | None]:
    """Return every cell's broad type and, where it is not known, why."""
    import anndata as ad

    if col.CELL_TYPE in adata.obs or not adata.n_obs:
        return np.asarray(adata.obs.get(col.CELL_TYPE, pd.Series(dtype=object)).astype(str), dtype=object), None
    bare = ad.AnnData(adata.layers[col.COUNTS], obs=adata.obs[[]], var=adata.var[[]])
    try:
        cell_types(bare, organism=organism)
    except InputError:  # too few stromal markers, see there
        measured = int(adata.var_names.isin(marker_genes(organism)[STROMAL]).sum())
        note = Note(NoteCode.TYPES_UNKNOWN, {"markers": measured, "needed": MIN_MARKERS})
        return np.full(adata.n_obs, "", dtype=object), note
    return np.asarray(bare.obs[col.CELL_TYPE].astype(str).to_numpy(dtype=object)), None


def _empty_of(empty: AnnData | Matrix, name: str, adata: AnnData, n_samples: int) -> Matrix:
    if hasattr(empty, "var_names"):
        if not empty.var_names.equals(adata.var_names):
            raise InputError("the empty barcodes have other genes than the cells", expected="the same, in one order")
        if col.SAMPLE not in empty.obs:
            raise InputError(f'obs of the empty barcodes has no column "{col.SAMPLE}"', expected="their sample")
        matrix = empty.layers.get(col.COUNTS, empty.X)
        return matrix[np.flatnonzero(label_column(empty.obs[col.SAMPLE]) == name)]
    if n_samples != 1 or empty.shape[1] != adata.n_vars:
        raise InputError(
            f"a matrix of {empty.shape[1]} genes for {n_samples} samples of {adata.n_vars} genes",
            expected="one sample and the same genes", fix='give AnnData with obs["sample"]',
        )  # fmt: skip
    return empty


def _sum(counts: Matrix) -> FloatArray:
    return np.asarray(counts.sum(axis=0), dtype=np.float64).ravel()


def _share(
    counts: Matrix, kind: np.ndarray[Any, Any], genes: pd.Index[str], profile: FloatArray,
    foreign: Mapping[str, list[str]], rng: int, unknown: Note | None, *, from_cells: bool,
) -> dict[str, object]:  # fmt: skip
    """Return the share, its interval and what it rests on, or NaN and why."""
    nothing = {**dict.fromkeys(COLUMNS[:3], np.nan), "estimated_in": "", "n_cells": 0, "n_genes": 0}
    if unknown is None and np.isnan(profile).any():
        unknown = Note(NoteCode.NO_PROFILE, {"needed": _MIN_PROFILE})
    if unknown is not None:
        return {**nothing, "note": str(unknown)}
    found: list[dict[str, Any]] = []
    notes: list[Note] = []
    for of_type, not_its_own in foreign.items():
        cells = counts[np.flatnonzero(kind == of_type)]
        n_makers = int(np.isin(kind, _MAKERS[of_type]).sum())
        if cells.shape[0] < _MIN_CELLS:
            few = {"type": of_type, "cells": cells.shape[0], "needed": _MIN_CELLS}
            notes.append(Note(NoteCode.FEW_CELLS_OF_TYPE, few))
            continue
        if from_cells and n_makers < _MIN_CELLS:
            # the foreign genes are then ambient everywhere, and no cell shows how much of the soup they are
            few = {"type": of_type, "cells": n_makers, "needed": _MIN_CELLS}
            notes.append(Note(NoteCode.FEW_SOURCE_CELLS, few))
            continue
        chosen = np.flatnonzero(genes.isin(not_its_own))
        observed, expected = _foreign(cells, chosen, profile)
        used = expected >= _MIN_EXPECTED
        if used.sum() < _MIN_GENES or expected[used].sum() < _MIN_EXPECTED_ALL:
            notes.append(Note(NoteCode.LITTLE_FOREIGN_RNA, {"type": of_type}))
            continue
        by_red, by_others = _of_red(observed, expected, used, genes[chosen])
        # as when red cells burst before the droplets form: the soup is then not what the cells are together
        if from_cells and (note := _disagreement("erythroid_genes", by_red, "other_genes", by_others)):
            return {**nothing, "note": note}
        share, low, high = _median_ratio(observed[used], expected[used], rng)
        if high - low > _WIDEST:  # as when the few foreign reads there are come from the cells after all
            notes.append(Note(NoteCode.WIDE_AMBIENT_INTERVAL, {"type": of_type, "low": low, "high": high}))
            continue
        found.append({
            "share": share, "share_low": low, "share_high": high, "estimated_in": of_type,
            "n_cells": cells.shape[0], "n_genes": int(used.sum()), "note": "",
        })  # fmt: skip
    if from_cells and len(found) == 2:
        # too much of one type in the soup raises the one and lowers the other
        a, b = found
        if note := _disagreement(a["estimated_in"], a["share"], b["estimated_in"], b["share"]):
            return {**nothing, "note": note}
    return found[0] if found else {**nothing, "note": join_notes(notes)}


def _disagreement(a: str, share_a: float, b: str, share_b: float) -> str:
    """Return the note that two estimates of one share differ by more than a factor of two, empty where they do not."""
    if max(share_a, share_b) <= _MOST_RATIO * min(share_a, share_b) + _NOTHING:
        return ""
    return str(Note(NoteCode.SOURCES_DISAGREE, {"a": a, "share_a": share_a, "b": b, "share_b": share_b}))


def _foreign(cells: Matrix, chosen: IntArray, profile: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return each gene's counts, and what they would be if the cells held ambient RNA only."""
    total = np.asarray(cells.sum(axis=1), dtype=np.float64).ravel()
    found = np.asarray(sp.csr_matrix(cells[:, chosen]).toarray(), dtype=np.float64)
    whole = np.outer(total, profile[chosen])
    # more than even pure ambient RNA would hold: the cell made it, or swallowed the cell that did
    own = found > poisson.ppf(_OWN, whole)
    return np.where(own, 0, found).sum(axis=0), np.where(own, 0, whole).sum(axis=0)


def _of_red(observed: FloatArray, expected: FloatArray, used: BoolArray, genes: pd.Index[str]) -> tuple[float, float]:
    """Return the share that red cells' genes show and that of the others; the same where only one kind is there."""
    red = np.asarray(genes.str.upper().str.contains(_RED))
    shares = [_weighted_median(observed[k] / expected[k], expected[k]) for k in (used & red, used & ~red) if k.any()]
    return shares[0], shares[-1]


def _median_ratio(observed: FloatArray, expected: FloatArray, rng: int) -> tuple[float, float, float]:
    draw = np.random.default_rng(rng)
    shares = np.empty(_RESAMPLED)
    for i in range(_RESAMPLED):
        genes = draw.integers(len(observed), size=len(observed))
        shares[i] = _weighted_median(draw.poisson(observed[genes]) / expected[genes], expected[genes])
    low, high = np.quantile(shares, [0.025, 0.975])
    share = _weighted_median(observed / expected, expected)
    return min(share, 1.0), min(float(low), 1.0), min(float(high), 1.0)


def _weighted_median(values: FloatArray, weights: FloatArray) -> float:
    order = np.argsort(values, kind="stable")
    half = np.cumsum(weights[order]) - weights[order] / 2
    return float(np.interp(weights.sum() / 2, half, values[order]))

"""Quality control writes codes and numbers: every note is a known one, and no wording decides anything."""

from __future__ import annotations

import sys
from collections.abc import Callable

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import fatescore as fs
from fatescore.errors import NotScorable
from fatescore.pp.cell_type import MARKERS
from fatescore.tables import QC, QC_CELLS, QC_METRICS
from fatescore.tables.codes import DuplicateKind, NoteCode, QcFailReason, QcFlag
from fatescore.tables.notes import parse_notes, split_names

OF_QC = {*QcFailReason, *QcFlag}
NUMBERS = {
    "counts", "needed", "cells", "relative", "share", "deviations", "pairs", "samples", "median", *QcFailReason,
}  # fmt: skip
CELLS = {"min_genes": 30, "min_stromal_cells": 10}
Tables = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, str]  # samples, cells, metrics, reason


def with_counts(adata: ad.AnnData, counts: np.ndarray) -> ad.AnnData:
    out = ad.AnnData(sp.csr_matrix(counts), obs=adata.obs.copy(), var=adata.var.copy(), uns=dict(adata.uns))
    out.layers["counts"] = out.X.copy()
    return out


def faulty_bulk() -> ad.AnnData:
    """Twelve samples: one flat, one shallow, one with half its reads on a gene, one twice, one of another kind."""
    adata = fs.simulate.bulk(n_donors=12, n_genes=1500, seed=0)
    counts = np.asarray(adata.layers["counts"].todense(), dtype=np.float64)
    rng = np.random.default_rng(0)
    counts[0] = 5.0
    counts[2] = rng.binomial(counts[2].astype(int), 0.001)
    counts[5, 100] += counts[5].sum()
    counts[7] = counts[1]
    counts[9] = rng.permutation(counts[9])
    return with_counts(adata, counts)


def wrong_strand() -> ad.AnnData:
    """Twelve pairs whose antisense gene leads in every sample."""
    names = [f"G{i}" for i in range(12)]
    genes = [*names, *(f"{name}-AS1" for name in names)]
    counts = np.tile([3.0] * 12 + [100.0] * 12, (4, 1)) + np.arange(24)
    obs = pd.DataFrame({key: [f"s{i}" for i in range(4)] for key in ("dataset", "sample", "donor", "condition")})
    return with_counts(ad.AnnData(counts, obs=obs.set_axis(list("abcd")), var=pd.DataFrame(index=genes)), counts)


def blood() -> ad.AnnData:
    """Stroma and blood, mixed from the profiles of simulated cells; two samples hold blood only."""
    cells = fs.simulate.single_cell(n_donors=2, cells_per_donor=200, n_genes=2000, ambient=0.0, seed=3)
    of_type = [cells[(cells.obs["true_cell_type"] == kind).to_numpy()].X for kind in ("stromal", "haematopoietic")]
    stroma, own = (np.asarray(counts.sum(axis=0)).ravel() / counts.sum() for counts in of_type)
    mixed = np.array([(1 - share) * stroma + share * own for share in (0, 0.5, 0.9, 1, 1)]) * 3e6
    names = [f"s{i}" for i in range(len(mixed))]
    obs = pd.DataFrame(dict.fromkeys(("dataset", "sample", "donor", "condition"), names), index=names)
    return with_counts(ad.AnnData(mixed, obs=obs, var=cells.var[[]]), mixed)


def cells(**how: object) -> ad.AnnData:
    return fs.simulate.single_cell(n_donors=2, cells_per_donor=120, n_genes=600, ambient=0.05, seed=3, **how)  # type: ignore[arg-type]


def marked() -> ad.AnnData:
    adata = cells()
    adata.var_names = [*adata.var_names[:-1], "EGFP"]
    return adata


PATHS: dict[str, tuple[Callable[[], ad.AnnData], str, dict[str, object], set[str]]] = {
    "cells": (cells, "single_cell", CELLS, {"cells_dropped", "not_stromal"}),
    "marked cells": (marked, "single_cell", CELLS, {"transgene"}),
    "poor cells": (cells, "single_cell", {**CELLS, "min_genes": 250, "max_dropped": 0.1}, {"many_dropped"}),
    "few cells": (cells, "single_cell", {**CELLS, "min_stromal_cells": 5000}, {"none_scorable", "few_stromal_cells"}),
    "no cells": (lambda: cells()[:0].copy(), "single_cell", {}, {"no_cells"}),
    "no stroma": (lambda: cells(stromal=0.0), "single_cell", CELLS, {"no_stromal_cells"}),
    "bulk": (faulty_bulk, "bulk", {"min_counts_bulk": 5e4, "gate": "none"}, {
        "constant", "low_depth", "outlier", "pca_outlier", "duplicate"
    }),
    "wrong strand": (wrong_strand, "bulk", {"min_counts_bulk": 1}, {"wrong_strand"}),
    "blood": (blood, "bulk", {}, {"no_stromal_signal", "other_tissue"}),
    "shallow": (faulty_bulk, "bulk", {"min_counts_bulk": 1e12}, {"none_scorable", "constant"}),
    "all shallow": (lambda: faulty_bulk()[1:].copy(), "bulk", {"min_counts_bulk": 1e12}, {"all_shallow", "low_depth"}),
}  # fmt: skip


def run(path: str) -> Tables:
    make, assay, limits, _ = PATHS[path]
    try:
        found = fs.pp.qc(make(), assay=assay, organism="human", limits=fs.pp.QcLimits(**limits))  # type: ignore[arg-type]
    except NotScorable as error:
        return error.table, pd.DataFrame(), pd.DataFrame(), error.reason
    return found.samples, found.cells, found.metrics, ""


@pytest.mark.parametrize("path", PATHS)
def test_every_note_is_known_and_its_numbers_are_numbers(path: str) -> None:
    samples, cells, metrics, reason = run(path)
    for table, found in ((QC, samples), (QC_CELLS, cells), (QC_METRICS, metrics)):
        assert [name for name in found if table.column(name) is None] == []
    assert samples["qc_fail_reason"].eq("").equals(samples["verdict"].eq("ok"))
    if PATHS[path][1] == "bulk":  # where a sample is one observation
        assert samples["n_kept"].tolist() == [int(verdict == "ok") for verdict in samples["verdict"]]
    texts = [
        *samples["qc_fail_reason"],
        *samples["qc_flags"],
        *metrics.get("outlier", ()),
        *metrics.get("transgenes", ()),
    ]
    notes = [note for text in texts for note in parse_notes(text)]
    assert {note.code for note in notes} <= OF_QC
    assert all(len(parse_notes(text)) <= 1 for text in samples["qc_fail_reason"])
    whole = [*notes, *parse_notes(reason)]
    for note in whole:
        for key in NUMBERS & set(note.values):
            assert np.isfinite(note.number(key)), note
    notes_of_cells = [*metrics.get("doublet_note", ()), *metrics.get("ambient_note", ())]
    assert {note.code for text in notes_of_cells for note in parse_notes(text)} <= set(NoteCode)
    assert {note.code for note in parse_notes(reason)} <= {*NoteCode, *QcFailReason}
    dropped = set(cells.get("qc_fail_reason", ()))
    assert dropped <= {"", *QcFailReason}
    assert {name for text in metrics.get("contamination", ()) for name in split_names(text)} <= set(MARKERS)
    assert {kind for note in notes if note.code == QcFlag.DUPLICATE for kind in note.names("kind")} <= set(
        DuplicateKind
    )
    assert {note.code for note in whole} | dropped >= PATHS[path][3]


def flagged(path: str, code: QcFlag) -> dict[str, dict[str, object]]:
    """Return the values of that flag by sample."""
    table = run(path)[0].set_index("sample")["qc_flags"]
    return {
        str(name): dict(note.values) for name, text in table.items() for note in parse_notes(text) if note.code == code
    }


def test_each_of_two_duplicates_names_the_other() -> None:
    found = flagged("bulk", QcFlag.DUPLICATE)
    one, other = found
    assert found == {one: {"kind": "identical", "sample": other}, other: {"kind": "identical", "sample": one}}


def test_only_a_sample_of_which_half_is_blood_is_flagged_for_it() -> None:
    assert flagged("blood", QcFlag.OTHER_TISSUE) == {"s1": {"type": "haematopoietic"}}


def test_every_code_of_quality_control_occurs_on_some_path() -> None:
    reached = set().union(*(wanted for *_, wanted in PATHS.values()))
    assert {*QcFlag, "constant", "low_depth", "no_stromal_cells", "few_stromal_cells", "no_stromal_signal"} <= reached


@pytest.mark.parametrize("path", ["few cells", "no stroma", "bulk", "blood", "shallow", "all shallow"])
def test_other_words_in_the_messages_change_no_table_and_no_reason(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    *before, reason = run(path)
    monkeypatch.setattr(sys.modules["fatescore.pp.qc"], "_message", lambda note: "other words, no counts, ")
    *after, again = run(path)
    assert again == reason
    for one, other in zip(before, after, strict=True):
        pd.testing.assert_frame_equal(one, other)

"""The steps fingerprint and duplicates: planted duplicates are found across data sets, and only those."""

from __future__ import annotations

import logging

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import fatescore as fs
from fatescore import _h5ad_rows
from fatescore.errors import InputError
from fatescore.steps.duplicates import duplicates, fingerprint
from fatescore.tables import DUPLICATES, FINGERPRINT, Note
from fatescore.tables.codes import Status
from fatescore.tables.folder import DatasetFolder, Outcome
from tests.steps.folders import MakeFolder


def cultures(seed: int = 0) -> ad.AnnData:
    return fs.simulate.bulk(n_donors=6, n_genes=2000, seed=seed)


def named(adata: ad.AnnData, name: str, **facts: str) -> ad.AnnData:
    adata.uns["fatescore"] = {**adata.uns["fatescore"], "dataset": name, **facts}
    return adata


def planted(adata: ad.AnnData) -> ad.AnnData:
    """Return another study, of which two samples are those of ``adata`` under numbers as names, and logged."""
    out = cultures(seed=1)
    values = out.X.toarray()
    values[[1, 4]] = adata.X.toarray()[[3, 0]]
    logged = np.log2(1 + 1e6 * values / values.sum(axis=1, keepdims=True)).astype(np.float32)
    obs = out.obs.assign(sample=[f"00{i}" for i in range(out.n_obs)], donor=[f"01{i}" for i in range(out.n_obs)])
    other = ad.AnnData(logged, obs=obs, var=out.var, uns={"fatescore": {**out.uns["fatescore"], "scale": "log2"}})
    return other[:, np.random.default_rng(0).permutation(other.n_vars)].copy()  # genes in no order


def found(*folders: DatasetFolder) -> pd.DataFrame:
    for folder in folders:
        fingerprint(folder)
    run = folders[0].run
    duplicates(run, [folder.name for folder in folders])
    return run.read(DUPLICATES)


@pytest.mark.parametrize(("groups", "declared"), [(("", ""), "no"), (("x", "x"), "yes"), (("x", "y"), "no")])
def test_renamed_and_logged_duplicates_are_found(
    make_folder: MakeFolder, groups: tuple[str, str], declared: str
) -> None:
    first = cultures()
    table = found(
        make_folder("A", raw=named(first, "A", overlap_group=groups[0])),
        make_folder("B", raw=named(planted(first), "B", overlap_group=groups[1])),
        make_folder("C", raw=named(cultures(seed=2), "C", overlap_group=groups[0])),
    )
    assert list(table) == DUPLICATES.names
    names = list(first.obs["sample"])
    assert table[["dataset_a", "sample_a", "dataset_b", "sample_b", "donor_b"]].to_numpy().tolist() == [
        ["A", names[0], "B", "004", "014"], ["A", names[3], "B", "001", "011"],
    ]  # fmt: skip
    assert set(table["kind"]) == {"near-identical"}
    assert set(table["declared"]) == {declared}
    assert (table["correlation"] > 0.9995).all()


def test_cells_are_summed_some_at_a_time(make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_h5ad_rows, "_AT_ONCE", 20_000)  # bytes: a few cells
    cells = fs.simulate.single_cell(n_donors=4, cells_per_donor=60, n_genes=2000, seed=0)
    order = np.random.default_rng(0).permutation(cells.n_obs)  # samples interleaved
    folder = make_folder("cells", raw=named(cells[order].copy(), "cells"))
    assert sum(1 for _ in _h5ad_rows.chunks(_h5ad_rows.open_rows(folder.file("raw.h5ad")))) > 10
    # the same samples as a submitter's table of sums
    table = pd.DataFrame(cells.layers["counts"].toarray(), columns=cells.var_names)
    sums = table.groupby(cells.obs["sample"].astype(str).to_numpy()).sum().astype(np.float32)
    obs = pd.DataFrame({"sample": sums.index, "donor": "unknown"}, index=sums.index)
    bulk = ad.AnnData(sp.csr_matrix(sums.to_numpy()), obs=obs, var=cells.var, uns=dict(cells.uns))
    pairs = found(folder, make_folder("sums", raw=named(bulk, "sums", assay="bulk")))
    assert pairs["sample_a"].tolist() == pairs["sample_b"].tolist() == sorted(set(cells.obs["sample"]))
    assert set(pairs["kind"]) == {"identical"}
    donors = dict(zip(cells.obs["sample"].astype(str), cells.obs["donor"].astype(str), strict=True))
    assert pairs["donor_a"].tolist() == [donors[name] for name in pairs["sample_a"]]


def test_a_duplicate_within_a_data_set_is_declared_by_its_donor(make_folder: MakeFolder) -> None:
    adata = cultures()
    counts = adata.layers["counts"].tolil()
    counts[1], counts[3] = counts[0], counts[2]
    adata.layers["counts"] = sp.csr_matrix(counts)
    donors = adata.obs["donor"].astype(str).to_numpy()
    donors[3] = donors[2]
    adata.obs["donor"] = donors
    assert found(make_folder("A", raw=named(adata, "A", overlap_group="x")))["declared"].tolist() == ["no", "yes"]


def test_a_stopped_data_set_is_left_out_with_its_reason(
    make_folder: MakeFolder, caplog: pytest.LogCaptureFixture
) -> None:
    folder, stopped = make_folder("A", raw=named(cultures(), "A")), make_folder("X")
    fingerprint(folder)
    reason = str(Note("error", {"message": "no counts"}))
    stopped.record("fingerprint", Outcome("X", "ingest", Status.FAILED, reason, {}))
    stopped.file(FINGERPRINT).touch()
    with caplog.at_level(logging.INFO):
        duplicates(folder.run, ["A", "X"])
    assert folder.run.read(DUPLICATES).empty
    assert "not compared: X: failed at ingest: no counts" in caplog.text


def test_the_data_set_has_the_name_of_its_folder(make_folder: MakeFolder) -> None:
    folder = make_folder("B", raw=named(cultures(), "A"))
    assert fingerprint(folder)["n_samples"] == 6
    assert set(folder.read(FINGERPRINT)["dataset"]) == {"B"}


@pytest.mark.parametrize(
    ("content", "message"), [(b"no", "cannot be read as Parquet"), (None, "has no column dataset")]
)
def test_a_fingerprint_that_is_none(make_folder: MakeFolder, content: bytes | None, message: str) -> None:
    folder = make_folder("A")
    if content is None:
        pd.DataFrame({"x": [1]}).to_parquet(folder.file(FINGERPRINT))
    else:
        folder.file(FINGERPRINT).write_bytes(content)
    with pytest.raises(InputError, match=message):
        duplicates(folder.run, ["A"])
    assert not folder.run.file(DUPLICATES).exists()

"""The verb `copies`: planted copies are found across files, and only those."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import fatescore as fs
from fatescore import _h5ad_rows
from fatescore.cli import main
from fatescore.tables import DUPLICATES
from fatescore.tables.io import read_tsv


def write(adata: ad.AnnData, path: Path, name: str, **facts: str) -> Path:
    adata.uns["fatescore"] = {**adata.uns["fatescore"], "dataset": name, **facts}
    adata.write_h5ad(path)
    return path


def cultures(seed: int = 0) -> ad.AnnData:
    return fs.simulate.bulk(n_donors=6, n_genes=2000, seed=seed)


def planted(adata: ad.AnnData) -> ad.AnnData:
    """Return another study, of which two samples are those of ``adata`` under numbers as names, and logged."""
    out = cultures(seed=1)
    values = out.X.toarray()
    values[[1, 4]] = adata.X.toarray()[[3, 0]]
    logged = np.log2(1 + 1e6 * values / values.sum(axis=1, keepdims=True)).astype(np.float32)
    obs = out.obs.assign(sample=[f"00{i}" for i in range(out.n_obs)], donor=[f"01{i}" for i in range(out.n_obs)])
    other = ad.AnnData(logged, obs=obs, var=out.var, uns={"fatescore": {**out.uns["fatescore"], "scale": "log2"}})
    return other[:, np.random.default_rng(0).permutation(other.n_vars)].copy()  # genes in no order


def found(*words: object, output: Path) -> pd.DataFrame:
    assert main(["copies", *map(str, words), "--output", str(output)]) == 0
    return read_tsv(output)


@pytest.mark.parametrize(("groups", "declared"), [(("", ""), "no"), (("x", "x"), "yes"), (("x", "y"), "no")])
def test_renamed_and_logged_copies_are_found(tmp_path: Path, groups: tuple[str, str], declared: str) -> None:
    first = cultures()
    files = [
        write(first, tmp_path / "a.h5ad", "A", overlap_group=groups[0]),
        write(planted(first), tmp_path / "b.h5ad", "B", overlap_group=groups[1]),
        write(cultures(seed=2), tmp_path / "c.h5ad", "C", overlap_group=groups[0]),
    ]
    table = found(*files, output=tmp_path / "copies.tsv")
    assert tuple(table.columns) == DUPLICATES.names
    names = list(first.obs["sample"])
    assert table[["dataset_a", "sample_a", "dataset_b", "sample_b", "donor_b"]].to_numpy().tolist() == [
        ["A", names[0], "B", "004", "014"], ["A", names[3], "B", "001", "011"],
    ]  # fmt: skip
    assert set(table["kind"]) == {"near-identical"}
    assert set(table["declared"]) == {declared}
    assert (table["correlation"] > 0.9995).all()


def test_fingerprints_give_what_the_data_sets_give(tmp_path: Path) -> None:
    first = cultures()
    files = [write(first, tmp_path / "a.h5ad", "A"), write(planted(first), tmp_path / "b.h5ad", "B")]
    kept = []
    for path in files:
        kept.append(path.with_suffix(".parquet"))
        assert main(["copies", str(path), "--fingerprint", str(kept[-1])]) == 0
    expected = found(*files, output=tmp_path / "direct.tsv")
    assert len(expected) == 2
    pd.testing.assert_frame_equal(found(*kept, output=tmp_path / "kept.tsv"), expected)
    pd.testing.assert_frame_equal(found(files[0], kept[1], output=tmp_path / "both.tsv"), expected)


def test_cells_are_summed_some_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_h5ad_rows, "_AT_ONCE", 20_000)  # bytes: a few cells
    cells = fs.simulate.single_cell(n_donors=4, cells_per_donor=60, n_genes=2000, seed=0)
    order = np.random.default_rng(0).permutation(cells.n_obs)  # samples interleaved
    shuffled = cells[order].copy()
    path = write(shuffled, tmp_path / "cells.h5ad", "cells")
    assert sum(1 for _ in _h5ad_rows.chunks(_h5ad_rows.open_rows(path))) > 10
    # the same samples as a submitter's table of sums
    table = pd.DataFrame(cells.layers["counts"].toarray(), columns=cells.var_names)
    sums = table.groupby(cells.obs["sample"].astype(str).to_numpy()).sum().astype(np.float32)
    obs = pd.DataFrame({"sample": sums.index, "donor": "unknown"}, index=sums.index)
    bulk = ad.AnnData(sp.csr_matrix(sums.to_numpy()), obs=obs, var=cells.var, uns=dict(cells.uns))
    other = write(bulk, tmp_path / "sums.h5ad", "sums", assay="bulk")
    pairs = found(path, other, output=tmp_path / "copies.tsv")
    assert pairs["sample_a"].tolist() == pairs["sample_b"].tolist() == sorted(set(cells.obs["sample"]))
    assert set(pairs["kind"]) == {"identical"}
    donors = dict(zip(cells.obs["sample"].astype(str), cells.obs["donor"].astype(str), strict=True))
    assert pairs["donor_a"].tolist() == [donors[name] for name in pairs["sample_a"]]


def test_a_copy_within_a_data_set_is_declared_by_its_donor(tmp_path: Path) -> None:
    adata = cultures()
    counts = adata.layers["counts"].tolil()
    counts[1], counts[3] = counts[0], counts[2]
    adata.layers["counts"] = sp.csr_matrix(counts)
    donors = adata.obs["donor"].astype(str).to_numpy()
    donors[3] = donors[2]
    adata.obs["donor"] = donors
    table = found(write(adata, tmp_path / "a.h5ad", "A", overlap_group="x"), output=tmp_path / "copies.tsv")
    assert table["declared"].tolist() == ["no", "yes"]


def test_a_stopped_data_set_is_left_out_with_its_reason(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    stopped = {"dataset": "X", "step": "ingest", "status": "failed", "reason": "no counts", "facts": {}}
    before = tmp_path / "ingest.json"
    before.write_text(json.dumps(stopped))
    empty, after = tmp_path / "X.parquet", tmp_path / "X.json"
    (tmp_path / "x.h5ad").write_bytes(b"")
    words = ["copies", str(tmp_path / "x.h5ad"), "--fingerprint", str(empty), "--dataset", "X"]
    assert main([*words, "--status-in", str(before), "--status-out", str(after)]) == 0
    assert empty.read_bytes() == b""
    assert json.loads(after.read_text()) == stopped
    path = write(cultures(), tmp_path / "a.h5ad", "A")
    with caplog.at_level(logging.INFO):
        assert found(path, empty, "--status-in", after, output=tmp_path / "copies.tsv").empty
    assert "X is not compared: failed at ingest: no counts" in caplog.text


def test_the_step_names_the_data_set_and_says_what_it_kept(tmp_path: Path) -> None:
    path = write(cultures(), tmp_path / "a.h5ad", "A")
    words = ["copies", str(path), "--fingerprint", str(tmp_path / "f.parquet"), "--dataset", "B"]
    assert main([*words, "--status-out", str(tmp_path / "s.json")]) == 0
    outcome = json.loads((tmp_path / "s.json").read_text())
    assert (outcome["status"], outcome["facts"]["n_samples"]) == ("ok", 6)
    assert found(path, tmp_path / "f.parquet", output=tmp_path / "t.tsv")["dataset_b"].tolist() == ["B"] * 6


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["a.h5ad", "again.h5ad", "--output", "t.tsv"], 'two of the files hold a data set "A"'),
        (["no.h5ad", "--output", "t.tsv"], "no.h5ad does not exist"),
        (["text.h5ad", "--output", "t.tsv"], "text.h5ad cannot be read as h5ad"),
        (["text.parquet", "--output", "t.tsv"], "text.parquet cannot be read as Parquet"),
        (["other.parquet", "--output", "t.tsv"], "other.parquet has no column dataset, sample"),
        (["own.h5ad", "--output", "t.tsv"], "run fatescore ingest on it first"),
        (["a.h5ad", "a.h5ad", "--fingerprint", "f.parquet"], "with 2 files"),
        (["a.h5ad", "--fingerprint", "f.tsv"], "a name that ends in .parquet"),
    ],
)
def test_mistakes_are_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a", "again"):
        write(cultures(), Path(f"{name}.h5ad"), "A")
    own = cultures()
    del own.uns["fatescore"]
    own.write_h5ad("own.h5ad")
    Path("text.h5ad").write_text("no HDF5")
    Path("text.parquet").write_text("no Parquet")
    pd.DataFrame({"x": [1]}).to_parquet("other.parquet")
    assert main(["copies", *words]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert "Traceback" not in error
    assert not Path("t.tsv").exists()
    assert not Path("f.parquet").exists()

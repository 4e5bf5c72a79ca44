"""`fatescore export`: the file holds what the tables say, as scanpy and cellxgene read it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import fatescore as fs
from fatescore import _h5ad_rows
from fatescore.cli.main import main
from fatescore.errors import InputError
from fatescore.pl import _palette
from fatescore.tables import EMBEDDING
from fatescore.tables import columns as col
from fatescore.tl.export import add_scores

COLOURED = ("condition", "donor", "sample", "cell_type", "fate_call")
HOSTILE = '=cmd()<script>alert("1")</script>é'


def scored(folder: Path, adata: ad.AnnData, assay: str) -> pd.DataFrame:
    """Write normalised.h5ad and scores.parquet; return the scores."""
    logs = fs.pp.normalise(adata, assay=assay, scale="counts")
    logs.uns["fatescore"] |= {"assay": assay, "organism": "human", "scale": "counts"}
    logs.write_h5ad(folder / "normalised.h5ad")
    scores = fs.tl.observation_scores(logs, organism="human")
    scores.to_parquet(folder / "scores.parquet", index=False)
    return scores


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    adata = fs.simulate.single_cell(n_donors=4, cells_per_donor=30, n_genes=400, stromal=1.0, seed=0)
    first = adata.obs["donor"].astype(str) == str(adata.obs["donor"].iloc[0])
    adata.obs["donor"] = adata.obs["donor"].astype(str).where(~first, HOSTILE)
    adata.obs["cell_type"] = "stromal"
    scored(folder, adata, "single_cell")
    rng = np.random.default_rng(0)
    names = rng.permutation([*adata.obs_names, "a cell that was not scored"])
    table = pd.DataFrame(rng.normal(size=(len(names), 2)).astype(np.float32), columns=[col.UMAP_1, col.UMAP_2])
    table.insert(0, col.OBS_NAME, names)
    table.to_parquet(folder / "embedding.parquet", index=False)
    return folder


def export(folder: Path, out: Path, *more: str) -> int:
    inputs = [str(folder / "normalised.h5ad"), "--scores", str(folder / "scores.parquet")]
    return main(["export", *inputs, "--output", str(out), *more])


def with_map(folder: Path) -> list[str]:
    return ["--embedding", str(folder / "embedding.parquet")]


SIDES = ("--case", "osteoporosis", "--control", "control")


def test_it_holds_what_the_tables_say(cells: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_h5ad_rows, "_AT_ONCE", 50_000)
    assert export(cells, tmp_path / "scored.h5ad", *with_map(cells)) == 0
    found, given = ad.read_h5ad(tmp_path / "scored.h5ad"), ad.read_h5ad(cells / "normalised.h5ad")
    assert (found.X != given.X).nnz == 0
    assert (found.layers["counts"] != given.layers["counts"]).nnz == 0
    scores = pd.read_parquet(cells / "scores.parquet")
    for name in [*col.INDEX_COLUMNS, "set:notch"]:
        assert found.obs[name].tolist() == pytest.approx(scores[name].tolist(), nan_ok=True)
    table = pd.read_parquet(cells / "embedding.parquet").set_index("obs_name")
    np.testing.assert_array_equal(found.obsm["X_umap"], table.loc[found.obs_names].to_numpy())
    assert HOSTILE in set(found.obs["donor"])


def test_it_is_what_cellxgene_asks_for(cells: Path, tmp_path: Path) -> None:
    """Unique names, a finite map of floats as an array, a colour for every category, no column of mixed types."""
    assert export(cells, tmp_path / "scored.h5ad", *with_map(cells), *SIDES) == 0
    found = ad.read_h5ad(tmp_path / "scored.h5ad")
    assert found.obs_names.is_unique
    assert found.var_names.is_unique
    assert all(isinstance(values, np.ndarray) for values in found.obsm.values())
    assert found.obsm["X_umap"].dtype == np.float32
    assert found.obsm["X_umap"].shape == (found.n_obs, 2)
    assert np.isfinite(found.obsm["X_umap"]).all()
    for name in COLOURED:
        categories, colours = found.obs[name].cat.categories, found.uns[f"{name}_colors"]
        assert len(categories) == len(colours)
        assert all(re.fullmatch("#[0-9A-F]{6}", colour) for colour in colours)
    for column in found.obs:
        assert pd.api.types.infer_dtype(found.obs[column]) not in ("mixed", "mixed-integer")


@pytest.mark.filterwarnings("ignore:The set_bad function:PendingDeprecationWarning")  # scanpy's
def test_scanpy_draws_it_in_our_colours(cells: Path, tmp_path: Path) -> None:
    import matplotlib as mpl
    import scanpy as sc

    mpl.use("Agg")
    assert export(cells, tmp_path / "scored.h5ad", *with_map(cells), *SIDES) == 0
    found = ad.read_h5ad(tmp_path / "scored.h5ad")
    axes = sc.pl.umap(found, color="condition", show=False, size=10)
    shown = {mpl.colors.to_hex(colour) for colour in axes.collections[0].get_facecolors()}
    assert shown == {_palette.CASE.lower(), _palette.CONTROL.lower()}
    mpl.pyplot.close("all")


def test_calls_have_the_colours_of_the_pages(cells: Path, tmp_path: Path) -> None:
    assert export(cells, tmp_path / "scored.h5ad") == 0
    found = ad.read_h5ad(tmp_path / "scored.h5ad")
    chosen = dict(zip(found.obs["fate_call"].cat.categories, found.uns["fate_call_colors"], strict=True))
    assert len(chosen) > 1
    assert chosen.items() <= _palette.CALLS.items()
    assert set(found.uns["condition_colors"]) == {_palette.OTHER}  # nobody said who is a case
    assert col.UMAP not in found.obsm


def test_the_same_bytes_twice(cells: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert export(cells, tmp_path / name, *with_map(cells), *SIDES) == 0
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_samples_have_no_map(tmp_path: Path) -> None:
    scores = scored(tmp_path, fs.simulate.bulk(n_donors=4, n_genes=400, seed=0), "bulk")
    pd.DataFrame(columns=list(EMBEDDING.names)).to_parquet(tmp_path / "embedding.parquet", index=False)
    assert export(tmp_path, tmp_path / "scored.h5ad", *with_map(tmp_path)) == 0
    found = ad.read_h5ad(tmp_path / "scored.h5ad")
    assert found.obs["fate_bias"].tolist() == scores["fate_bias"].tolist()
    assert col.UMAP not in found.obsm


def test_without_a_map_that_failed_it_still_holds_the_scores(cells: Path, tmp_path: Path) -> None:
    (tmp_path / "embedding.parquet").touch()
    status = tmp_path / "export.json"
    assert export(cells, tmp_path / "scored.h5ad", *with_map(tmp_path), "--status-out", str(status)) == 0
    told = json.loads(status.read_text())
    assert (told["status"], told["facts"]) == ("ok", {"embedded": False, "n_exported": 120})
    assert "fate_bias" in ad.read_h5ad(tmp_path / "scored.h5ad").obs


def test_wrong_files_are_one_line(cells: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (cells / "normalised.h5ad").read_bytes()
    assert export(cells, cells / "normalised.h5ad") == 2
    assert "is the input" in capsys.readouterr().err
    assert (cells / "normalised.h5ad").read_bytes() == before
    (tmp_path / "embedding.parquet").write_text("no")
    assert export(cells, tmp_path / "scored.h5ad", *with_map(tmp_path)) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_scores_of_other_cells_are_refused(cells: Path) -> None:
    adata = ad.read_h5ad(cells / "normalised.h5ad")
    scores = pd.read_parquet(cells / "scores.parquet")
    with pytest.raises(InputError, match="the 120 scored observations are not the 119"):
        add_scores(adata[:-1].copy(), scores)
    with pytest.raises(InputError, match="are not the 120"):
        add_scores(adata, scores[::-1])


def test_cells_that_are_not_on_the_map_have_no_place(cells: Path) -> None:
    adata = ad.read_h5ad(cells / "normalised.h5ad")
    table = pd.read_parquet(cells / "embedding.parquet")
    kept = table[table["obs_name"] != adata.obs_names[3]]
    add_scores(adata, pd.read_parquet(cells / "scores.parquet"), kept)
    assert np.flatnonzero(np.isnan(adata.obsm["X_umap"]).any(axis=1)).tolist() == [3]

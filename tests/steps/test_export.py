"""The step export: the file holds what the tables say, as scanpy and cellxgene read it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import fatescore as fs
from fatescore import _h5ad_rows
from fatescore.errors import InputError
from fatescore.pl import _palette
from fatescore.steps.export import export
from fatescore.tables import EMBEDDING
from fatescore.tables import columns as col
from fatescore.tables.folder import DatasetFolder
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
    DatasetFolder(folder).write(EMBEDDING, table.reindex(columns=EMBEDDING.names))
    return folder


def exported(source: Path, target: Path, *, with_map: bool = True, **sides: str) -> ad.AnnData:
    """Export a copy of the folder, with or without the map of the cells."""
    shutil.copytree(source, target, dirs_exist_ok=True)
    if not with_map:
        (target / "embedding.parquet").unlink()
    export(DatasetFolder(target), **sides)
    return ad.read_h5ad(target / "scored.h5ad")


SIDES = {"case": "osteoporosis", "control": "control"}


def test_it_holds_what_the_tables_say(cells: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_h5ad_rows, "_AT_ONCE", 50_000)
    found, given = exported(cells, tmp_path), ad.read_h5ad(cells / "normalised.h5ad")
    assert (found.X != given.X).nnz == 0
    assert (found.layers["counts"] != given.layers["counts"]).nnz == 0
    scores = pd.read_parquet(cells / "scores.parquet")
    for name in [*col.INDEX_COLUMNS, "set:notch"]:
        assert found.obs[name].tolist() == pytest.approx(scores[name].tolist(), nan_ok=True)
    table = pd.read_parquet(cells / "embedding.parquet").set_index("obs_name")
    at = table.loc[found.obs_names, ["umap_1", "umap_2"]]
    np.testing.assert_array_equal(found.obsm["X_umap"], at.to_numpy())
    assert HOSTILE in set(found.obs["donor"])


def test_it_is_what_cellxgene_asks_for(cells: Path, tmp_path: Path) -> None:
    """Unique names, a finite map of floats as an array, a colour for every category, no column of mixed types."""
    found = exported(cells, tmp_path, **SIDES)
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


def test_scanpy_draws_it_in_our_colours(cells: Path, tmp_path: Path) -> None:
    import matplotlib as mpl
    import scanpy as sc

    mpl.use("Agg")
    found = exported(cells, tmp_path, **SIDES)
    axes = sc.pl.umap(found, color="condition", show=False, size=10)
    shown = {mpl.colors.to_hex(colour) for colour in axes.collections[0].get_facecolors()}
    assert shown == {_palette.CASE.lower(), _palette.CONTROL.lower()}
    mpl.pyplot.close("all")


def test_calls_have_the_colours_of_the_pages(cells: Path, tmp_path: Path) -> None:
    found = exported(cells, tmp_path, with_map=False)
    chosen = dict(zip(found.obs["fate_call"].cat.categories, found.uns["fate_call_colors"], strict=True))
    assert len(chosen) > 1
    assert chosen.items() <= _palette.CALLS.items()
    assert set(found.uns["condition_colors"]) == {_palette.OTHER}  # nobody said who is a case
    assert col.UMAP not in found.obsm


def test_the_same_bytes_twice(cells: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        exported(cells, tmp_path / name, **SIDES)
    assert (tmp_path / "a" / "scored.h5ad").read_bytes() == (tmp_path / "b" / "scored.h5ad").read_bytes()


def test_samples_have_no_map(tmp_path: Path) -> None:
    scores = scored(tmp_path, fs.simulate.bulk(n_donors=4, n_genes=400, seed=0), "bulk")
    folder = DatasetFolder(tmp_path)
    folder.write(EMBEDDING, EMBEDDING.frame())
    export(folder)
    found = ad.read_h5ad(tmp_path / "scored.h5ad")
    assert found.obs["fate_bias"].tolist() == scores["fate_bias"].tolist()
    assert col.UMAP not in found.obsm


def test_without_a_map_that_failed_it_still_holds_the_scores(cells: Path, tmp_path: Path) -> None:
    shutil.copytree(cells, tmp_path, dirs_exist_ok=True)
    (tmp_path / "embedding.parquet").write_bytes(b"")
    assert export(DatasetFolder(tmp_path)) == {"embedded": False, "n_exported": 120}
    assert "fate_bias" in ad.read_h5ad(tmp_path / "scored.h5ad").obs


def test_wrong_files_are_named(cells: Path, tmp_path: Path) -> None:
    shutil.copytree(cells, tmp_path, dirs_exist_ok=True)
    (tmp_path / "embedding.parquet").write_text("no")
    with pytest.raises(InputError, match="cannot be read"):
        export(DatasetFolder(tmp_path))
    (tmp_path / "embedding.parquet").unlink()
    (tmp_path / "scores.parquet").write_bytes(b"")
    with pytest.raises(InputError, match="scores.parquet is empty"):
        export(DatasetFolder(tmp_path))


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

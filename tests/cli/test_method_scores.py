"""The index under every method, from score to contrast."""

from __future__ import annotations

import json
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy.stats import mannwhitneyu

import fatescore as fs
from fatescore.cli import _method_scores, main
from fatescore.tables import METHOD_SCORES, SPECIFICATION
from fatescore.tables import columns as col
from fatescore.tables.io import read_tsv, write_tsv

OP = {"id": "op", "kind": "known_fate", "case": "osteoporosis", "control": "control", "expected": "-"}
TABLES = ("sample-scores", "gene-contributions", "coverage", "method-scores")


def score(
    folder: Path, data: ad.AnnData, *, assay: str, tables: tuple[str, ...] = TABLES, more: tuple[str, ...] = ()
) -> int:
    folder.mkdir()
    data = data.copy()
    data.layers["counts"] = data.X
    data.obs["total_counts"] = np.asarray(data.X.sum(axis=1)).ravel()
    data.uns["fatescore"] = {"assay": assay, "organism": "human", "scale": "counts"}
    fs.pp.normalise(data, assay=assay, scale="counts").write_h5ad(folder / "in.h5ad")
    words = ["score", str(folder / "in.h5ad"), "--organism", "human", "--output", str(folder / "scores.parquet")]
    for name in tables:
        words += [f"--{name}", str(folder / f"{name}.tsv")]
    return main([*words, *more])


@pytest.fixture(scope="module")
def bulk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("methods") / "bulk"
    assert score(folder, fs.simulate.bulk(n_donors=8, n_genes=400, seed=1), assay="bulk") == 0
    return folder


def contrast(*folders: Path, out: Path, methods: bool = True, more: tuple[str, ...] = (), **changes: object) -> int:
    words = ["contrast", "--contrast", json.dumps(OP | changes), "--specification", str(out / "specification.tsv")]
    words += ["--sample-scores", *[str(folder / "sample-scores.tsv") for folder in folders], "--sample-fields"]
    for folder in folders:
        write_tsv(folder / "fields.tsv", read_tsv(folder / "sample-scores.tsv")[list(col.IDENTITY)])
        words.append(str(folder / "fields.tsv"))
    words += ["--method-scores", *[str(folder / "method-scores.tsv") for folder in folders]] if methods else []
    for name in ("output", "confounding", "contributions"):
        words += [f"--{name}", str(out / f"{name}.tsv")]
    return main([*words, *more])


def test_samples_are_scored_as_they_are_given(bulk: Path) -> None:
    table = read_tsv(bulk / "method-scores.tsv")
    assert tuple(table.columns) == METHOD_SCORES.names
    own = read_tsv(bulk / "sample-scores.tsv")
    default = table[(table["method"] == "rank_log") & (table["index"] == "extended")]
    np.testing.assert_allclose(default["fate_bias"], own["fate_bias"], atol=1e-8)
    assert set(table["unit"]) == {"sample"}
    expected = fs.tl.specification_scores(ad.read_h5ad(bulk / "in.h5ad"), organism="human")
    np.testing.assert_allclose(table["fate_bias"], expected["fate_bias"], rtol=1e-8)


def test_cells_are_scored_as_pseudobulks_and_as_means(tmp_path: Path) -> None:
    cells = fs.simulate.single_cell(n_donors=4, cells_per_donor=20, n_genes=400, seed=0)
    assert score(tmp_path / "cells", cells, assay="single_cell") == 0
    table = read_tsv(tmp_path / "cells" / "method-scores.tsv")
    expected = fs.tl.specification_scores(
        fs.pp.pseudobulk(cells), organism="human", unit="pseudobulk", counts=True, cells=cells
    )
    pd.testing.assert_frame_equal(table.fillna({"reason": ""}), expected, check_dtype=False, rtol=1e-6)


def test_known_fates_of_cells_under_every_method(tmp_path: Path) -> None:
    """Bone against fat cells, a donor each: nothing to test, but the AUROC of cells says how well a method tells them.

    By the default method it is that of the scores of all cells, which were computed apart.
    """
    cells = fs.simulate.single_cell(n_donors=2, cells_per_donor=120, n_genes=600, depth=2000, seed=1)
    cells = cells[cells.obs["true_fate"].isin(["osteogenic", "adipogenic"])].copy()
    cells.obs["condition"] = cells.obs["sample"] = cells.obs["donor"] = cells.obs["true_fate"].astype(str)
    folder = tmp_path / "cells"
    more = ("--cell-method-scores", str(folder / "cells.parquet"))
    assert score(folder, cells, assay="single_cell", more=more) == 0
    known = {"case": "osteogenic", "control": "adipogenic", "expected": "+"}
    shown = ("--cells", str(folder / "scores.parquet"), "--cell-method-scores", str(folder / "cells.parquet"))
    assert contrast(folder, out=tmp_path, more=shown, **known) == 0
    found = read_tsv(tmp_path / "specification.tsv").set_index(["unit", "method", "index"]).sort_index()
    assert found.loc["cell mean", "auroc_cells"].isna().all()
    told = found.loc["pseudobulk", "auroc_cells"]
    assert told.nunique() > 5
    for choice, part in pd.read_parquet(folder / "cells.parquet").groupby(["method", "index"]):
        sides = [part.loc[part["condition"] == fate, "fate_bias"] for fate in ("osteogenic", "adipogenic")]
        u = mannwhitneyu(*sides).statistic
        assert told[choice] == pytest.approx(u / (len(sides[0]) * len(sides[1])))
    assert found["auroc"].isna().all()
    default = read_tsv(tmp_path / "output.tsv").set_index("measure").loc["fate_bias", "auroc_cells"]
    assert found.loc[("pseudobulk", "rank_log", "extended"), "auroc_cells"] == pytest.approx(default, abs=1e-12)


def test_of_many_cells_some_are_taken_by_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = fs.simulate.single_cell(n_donors=2, cells_per_donor=30, n_genes=400, seed=0)
    monkeypatch.setattr(_method_scores, "MOST_CELLS", 25)
    one, again, other = (_method_scores.score_cells(cells, seed=seed, organism="human") for seed in (0, 0, 1))
    assert len(one) == 25 * len(fs.methods.names()) * len(fs.gene_sets.index_names())
    pd.testing.assert_frame_equal(one, again)
    assert not one["fate_bias"].equals(other["fate_bias"])


def test_samples_leave_no_cells(tmp_path: Path) -> None:
    folder = tmp_path / "bulk"
    data = fs.simulate.bulk(n_donors=8, n_genes=400, seed=1)
    assert score(folder, data, assay="bulk", more=("--cell-method-scores", str(folder / "cells.parquet"))) == 0
    assert contrast(folder, out=tmp_path, more=("--cell-method-scores", str(folder / "cells.parquet"))) == 0
    assert read_tsv(tmp_path / "specification.tsv")["auroc_cells"].isna().all()


def test_one_table_alone_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = fs.simulate.bulk(n_donors=4, n_genes=300, seed=0)
    assert score(tmp_path / "a", data, assay="bulk", tables=("method-scores",)) == 2
    assert "only some tables were asked for" in capsys.readouterr().err
    assert score(tmp_path / "b", data, assay="bulk", tables=TABLES[:3]) == 0


def test_known_fate_under_every_method(bulk: Path, tmp_path: Path) -> None:
    assert contrast(bulk, out=tmp_path) == 0
    found = read_tsv(tmp_path / "specification.tsv")
    assert tuple(found.columns) == SPECIFICATION.names
    assert len(found) == len(fs.gene_sets.index_names()) * len(fs.methods.names())
    main_row = read_tsv(tmp_path / "output.tsv").set_index("measure").loc["fate_bias"]
    default = found[(found["method"] == "rank_log") & (found["index"] == "extended")].iloc[0]
    same = ["dataset", "contrast", "kind", "expected", "audit", "n_case", "g", "g_low", "p_value", "auroc"]
    assert default[same].tolist() == main_row[same].tolist()
    assert (found["g"] < 0).all()  # the simulated disease lowers the index, whatever measures it


def test_between_data_sets_relative_scores_mean_nothing(bulk: Path, tmp_path: Path) -> None:
    """A z-score is 0 on average in every data set: two of them cannot be compared by it."""
    other = tmp_path / "other"
    other.mkdir()
    for name in ("sample-scores", "method-scores"):
        table = read_tsv(bulk / f"{name}.tsv")
        table = table[table["condition"] == "control"].assign(dataset="other", condition="elsewhere")
        write_tsv(other / f"{name}.tsv", table)
    assert contrast(bulk, other, out=tmp_path, control="elsewhere") == 0
    found = read_tsv(tmp_path / "specification.tsv")
    lost = found[found["g"].isna()]
    assert set(lost["method"]) == {"score_genes", "zscore"}
    assert lost["note"].str.startswith("scores are relative to the other samples of a data set").all()


def test_methods_are_compared_on_request_only(bulk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert contrast(bulk, out=tmp_path, methods=False) == 2
    assert "--specification without --method-scores" in capsys.readouterr().err
    empty = tmp_path / "empty"
    empty.mkdir()
    write_tsv(empty / "sample-scores.tsv", read_tsv(bulk / "sample-scores.tsv"))
    (empty / "method-scores.tsv").write_bytes(b"")
    assert contrast(empty, out=tmp_path) == 0
    assert read_tsv(tmp_path / "specification.tsv").empty


def test_a_data_set_that_stops_leaves_an_empty_table(bulk: Path, tmp_path: Path) -> None:
    stopped = {"dataset": "A", "step": "qc", "status": "not scorable", "reason": "too few counts", "facts": {}}
    (tmp_path / "qc.json").write_text(json.dumps(stopped))
    words = ["score", str(bulk / "in.h5ad"), "--organism", "human", "--output", str(tmp_path / "scores.parquet")]
    words += [word for name in TABLES for word in (f"--{name}", str(tmp_path / f"{name}.tsv"))]
    words += ["--status-in", str(tmp_path / "qc.json"), "--status-out", str(tmp_path / "score.json")]
    assert main(words) == 0
    assert (tmp_path / "method-scores.tsv").read_bytes() == b""

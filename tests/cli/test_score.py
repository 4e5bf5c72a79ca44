"""The verb ``score`` on files of a user's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import fatescore as fs
from fatescore import _keys
from fatescore.cli import main


@pytest.fixture(scope="module")
def samples() -> pd.DataFrame:
    """Genes x samples."""
    adata = fs.simulate.bulk(n_donors=6, n_genes=400, seed=2)
    return pd.DataFrame(adata.X.toarray().T, index=adata.var_names, columns=adata.obs_names)


def run(path: Path, output: Path, organism: str = "human") -> pd.DataFrame:
    assert main(["score", str(path), "--organism", organism, "--output", str(output)]) == 0
    return pd.read_parquet(output) if output.suffix == ".parquet" else pd.read_csv(output, sep=None, engine="python")


@pytest.mark.parametrize("name", ["t.tsv", "t.csv", "t.tsv.gz", "t.csv.gz", "t.h5ad"])
@pytest.mark.parametrize("output", ["out.tsv"])
def test_every_format_gives_the_same_table(samples: pd.DataFrame, tmp_path: Path, name: str, output: str) -> None:
    if name.endswith(".h5ad"):
        import anndata as ad

        ad.AnnData(samples.T).write_h5ad(tmp_path / name)
    else:
        samples.to_csv(tmp_path / name, sep="," if ".csv" in name else "\t")
    table = run(tmp_path / name, tmp_path / output)
    assert list(table.columns) == ["obs_name", *_keys.INDEX_COLUMNS]
    expected = fs.tl.fate_bias(samples.T, organism="human")
    assert list(table["obs_name"]) == list(expected.index)
    np.testing.assert_allclose(table["fate_bias"], expected["fate_bias"], atol=1e-8)
    np.testing.assert_allclose(table["fate_bias_z"], expected["fate_bias_z"], atol=1e-7)
    assert list(table["fate_call"]) == list(expected["fate_call"])


@pytest.mark.parametrize("output", ["out.csv", "out.parquet"])
def test_output_formats(samples: pd.DataFrame, tmp_path: Path, output: str) -> None:
    samples.to_csv(tmp_path / "t.tsv", sep="\t")
    assert len(run(tmp_path / "t.tsv", tmp_path / output)) == samples.shape[1]


def test_two_runs_give_the_same_bytes(samples: pd.DataFrame, tmp_path: Path) -> None:
    samples.to_csv(tmp_path / "t.tsv", sep="\t")
    run(tmp_path / "t.tsv", tmp_path / "a.tsv")
    run(tmp_path / "t.tsv", tmp_path / "b.tsv")
    assert (tmp_path / "a.tsv").read_bytes() == (tmp_path / "b.tsv").read_bytes()


@pytest.mark.realdata
def test_real_poles_of_the_mouse(real_data: Path, tmp_path: Path) -> None:
    """Ensembl ids, expected counts that are not whole, two tables: bone must stand far above fat."""
    bone = run(real_data / "mouse_bone_emtab5533/rsem_expected_counts.tsv.gz", tmp_path / "bone.tsv", "mouse")
    fat = run(real_data / "mouse_inguinal_fat/counts.tsv.gz", tmp_path / "fat.tsv", "mouse")
    assert bone["fate_bias"].min() > fat["fate_bias"].max() + 3


@pytest.mark.realdata
def test_shallow_samples_are_not_scorable(real_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = real_data / "msc_osteogenic_lowdepth/counts.tsv.gz"
    assert main(["score", str(path), "--organism", "human", "--output", str(tmp_path / "out.tsv")]) == 2
    assert "missing CEBPA" in capsys.readouterr().err

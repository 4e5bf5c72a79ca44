from __future__ import annotations

import argparse
import subprocess
import sys

import anndata
import pytest

from fatescore.cli import simulate as verb
from fatescore.errors import InputError

SMALL = ["--n-genes", "400", "--seed", "3"]


def call(*words: str) -> int | None:
    parser = argparse.ArgumentParser()
    verb.add_arguments(parser)
    return verb.run(parser.parse_args([str(word) for word in words]))


@pytest.mark.parametrize("kind", ["single-cell", "bulk"])
def test_h5ad_same_options_same_bytes(tmp_path, kind):
    more = ["--cells-per-donor", "20"] if kind == "single-cell" else []
    for name in ("a.h5ad", "b.h5ad"):
        call(kind, "--output", tmp_path / name, "--organism", "mouse", *more, *SMALL)
    assert (tmp_path / "a.h5ad").read_bytes() == (tmp_path / "b.h5ad").read_bytes()
    adata = anndata.read_h5ad(tmp_path / "a.h5ad")
    assert "Bglap2" in adata.var_names
    assert set(adata.obs["condition"]) == {"sham", "ovariectomy"}


def test_options_reach_the_simulator(tmp_path):
    call("single-cell", "--output", tmp_path / "a.h5ad", "--ambient", "0.3", "--depth-ratio", "0.5",
         "--donors", "4", "--cells-per-donor", "20", "--effect", "1", *SMALL)  # fmt: skip
    adata = anndata.read_h5ad(tmp_path / "a.h5ad")
    truth = adata.uns["truth"]
    assert (truth["ambient"], truth["depth_ratio"], truth["effect"]) == (0.3, 0.5, 1.0)
    assert adata.obs["donor"].nunique() == 4


def test_bad_name_and_bad_place_are_one_line(tmp_path):
    with pytest.raises(InputError, match="h5ad"):
        call("bulk", "--output", tmp_path / "a.csv", *SMALL)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        call("bulk", "--output", tmp_path / "file" / "a.h5ad", *SMALL)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_help_does_not_wait_for_heavy_packages():
    code = "import sys, fatescore.cli.simulate; print({'anndata', 'scanpy', 'stangene'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"

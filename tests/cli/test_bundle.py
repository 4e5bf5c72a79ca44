"""fatescore bundle: a run travels to a machine without network."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from fatescore.cli import main

MATRIX = (
    '!Series_title\t"t"\n!Series_geo_accession\t"GSE5"\n!Series_platform_id\t"GPL7"\n\n'
    '!Sample_title\t"one"\t"two"\n!Sample_geo_accession\t"GSM1"\t"GSM2"\n!series_matrix_table_begin\n'
    '"ID_REF"\t"GSM1"\t"GSM2"\n"p1"\t1.5\t2\n!series_matrix_table_end\n'
)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with settings, tables, local data, and a mirror beside it."""
    matrix = tmp_path / "mirror/series/GSEnnn/GSE5/matrix/GSE5_series_matrix.txt.gz"
    matrix.parent.mkdir(parents=True)
    matrix.write_bytes(gzip.compress(MATRIX.encode(), mtime=0))
    here = tmp_path / "here"
    for name, text in {
        "config/config.yaml": "datasets: config/datasets.tsv\nsamples: config/samples.tsv\nlocal_root: data\n",
        "config/datasets.tsv": "dataset\tsource\taccession\tpath\tassay\torganism\tscale\n"
        "A\tgeo\tGSE5\t\tarray\thuman\tlog2\nB\tlocal\t\tb.tsv\tbulk\thuman\tcounts\n",
        "config/samples.tsv": "dataset\tsample\tdonor\tcondition\nA\tGSM1\td1\tcase\nB\ts1\td2\tcontrol\n",
        "data/b.tsv": "gene\ts1\nRUNX2\t3\n",
    }.items():
        path = here / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(here)
    return here


def fetched(tmp_path: Path, *more: str) -> int:
    return main(["fetch", "GSE5", "--base-url", (tmp_path / "mirror").as_uri(), "--dest", "resources/geo", *more])


def test_a_run_travels(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    assert fetched(tmp_path) == 0
    capsys.readouterr()
    assert main(["bundle", "create", "../run.tar"]) == 0
    listed = capsys.readouterr().out.split()
    assert listed == [
        "config/config.yaml", "config/datasets.tsv", "config/samples.tsv", "data/b.tsv",
        "resources/geo/GSE5/manifest.json", "resources/geo/GSE5/matrix/GSE5_series_matrix.txt.gz",
    ]  # fmt: skip
    assert main(["bundle", "restore", "../run.tar", "--dest", "../there"]) == 0
    assert capsys.readouterr().out.split() == listed
    for name in listed:
        assert (tmp_path / "there" / name).read_bytes() == (run / name).read_bytes()
    monkeypatch.chdir(tmp_path / "there")
    assert fetched(tmp_path, "--offline") == 0


def test_what_was_not_fetched_is_named(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["bundle", "create", "../run.tar"]) == 2
    assert "A is incomplete here (nothing of it was fetched)" in capsys.readouterr().err
    fetched(tmp_path)
    (run / "resources/geo/GSE5/matrix/GSE5_series_matrix.txt.gz").write_bytes(b"damaged")
    assert main(["bundle", "create", "../run.tar"]) == 2
    error = capsys.readouterr().err
    assert "A is incomplete here (matrix/GSE5_series_matrix.txt.gz)" in error
    assert len(error.strip().splitlines()) == 1
    assert not (tmp_path / "run.tar").exists()


def test_local_data_that_is_not_there_is_named(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    fetched(tmp_path)
    (run / "data/b.tsv").unlink()
    assert main(["bundle", "create", "../run.tar"]) == 2
    assert "data/b.tsv does not exist" in capsys.readouterr().err

"""Bad input: one line that says what was found, what was expected and what to do; exit status 2; nothing written."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest

from fatescore import organisms
from fatescore.cli import main

GENES = ["RUNX2", "ALPL", "COL1A1", "SP7", "IBSP", "BGLAP", "PPARG", "CEBPA", "GAPDH", "ACTB", "TP53", "MYC"]
TABLE = "gene\ts1\ts2\ts3\n" + "".join(f"{gene}\t{i}\t{20 - i}\t{i * 7 % 13}\n" for i, gene in enumerate(GENES))
SAMPLES = "dataset\tsample\tdonor\tcondition\nD\ts1\td1\ta\nD\ts2\td2\ta\nD\ts3\td3\tb\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "table.tsv").write_text(TABLE)
    (tmp_path / "samples.tsv").write_text(SAMPLES)
    return tmp_path


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def line_of(capsys: pytest.CaptureFixture[str], folder: Path, *argv: str) -> str:
    """Run the command; check that it failed as it should; return its one line."""
    before = files(folder)
    try:
        status = main(list(argv))
    except SystemExit as exit_:  # argparse
        status = int(exit_.code or 0)
    error = capsys.readouterr().err.strip().splitlines()
    assert status == 2
    assert len(error) == 1, error
    assert error[0].startswith("fatescore")
    assert ": error: " in error[0]
    # a data set that stops leaves its outcome and empty outputs
    added = [path for path in files(folder) if path not in before and path.parent.name != "status"]
    assert not any(path.stat().st_size for path in added), "something was written"
    assert not added or (folder / "D" / "status").is_dir()
    return error[0]


def score(name: str, organism: str = "human", output: str = "out.tsv") -> list[str]:
    return ["score", name, "--organism", organism, "--output", output]


def ingest(**given: str) -> list[str]:
    flags = {"path": "table.tsv", "organism": "human", "assay": "bulk", "scale": "counts", "samples": "samples.tsv"}
    return ["ingest", "D", *(part for key, value in (flags | given).items() for part in (f"--{key}", value))]


def test_unknown_accession(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "geo" / "series").mkdir(parents=True)
    line = line_of(capsys, folder, "fetch", "GSE424242424", "--base-url", (folder / "geo").as_uri(), "--dest", "here")
    assert "GSE424242424" in line
    assert "geo" in line


def test_what_is_no_accession(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = line_of(capsys, folder, "fetch", "GSX12", "--base-url", folder.as_uri(), "--dest", "here")
    assert "GSX12" in line


@pytest.mark.parametrize(
    "content", [b"\x00\x01\x02\xff\xfe", b"", gzip.compress(b"x", mtime=0)[:-4], b"only one line\n"]
)
def test_unreadable_table(folder: Path, capsys: pytest.CaptureFixture[str], content: bytes) -> None:
    (folder / "bad.tsv").write_bytes(content)
    assert "bad.tsv" in line_of(capsys, folder, *score("bad.tsv"))


def test_missing_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "nothing.h5ad" in line_of(capsys, folder, *score("nothing.h5ad"))


def test_unknown_organism(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert 'did you mean "human"' in line_of(capsys, folder, *score("table.tsv", organism="humen"))
    assert "humen" in line_of(capsys, folder, *ingest(organism="humen"))


def test_samples_that_are_absent(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "samples.tsv").write_text(SAMPLES + "D\ts9\td9\tb\n")
    assert "not in the data: s9" in line_of(capsys, folder, *ingest())


def test_samples_that_are_not_in_the_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "samples.tsv").write_text(SAMPLES.replace("D\ts3\td3\tb\n", ""))
    assert "s3" in line_of(capsys, folder, *ingest())


@pytest.mark.parametrize("organism", organisms.names())
def test_no_known_genes(folder: Path, capsys: pytest.CaptureFixture[str], organism: str) -> None:
    lines = TABLE.splitlines()
    (folder / "odd.tsv").write_text(
        "\n".join([lines[0], *(f"x{i}\t" + line.split("\t", 1)[1] for i, line in enumerate(lines[1:]))]) + "\n"
    )
    line = line_of(capsys, folder, *score("odd.tsv", organism=organism))
    assert "x0" in line
    assert organism in line


def test_too_few_genes_is_not_scorable_and_says_which(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "few.tsv").write_text("\n".join(row for row in TABLE.splitlines() if "CEBPA" not in row) + "\n")
    line = line_of(capsys, folder, *score("few.tsv"))
    assert "1 of 2 genes" in line
    assert "CEBPA" in line


def test_fewer_genes_can_be_accepted_knowingly(folder: Path) -> None:
    (folder / "few.tsv").write_text("\n".join(row for row in TABLE.splitlines() if "CEBPA" not in row) + "\n")
    assert main([*score("few.tsv"), "--min-adipogenic", "1"]) == 0
    assert (folder / "out.tsv").is_file()


def test_the_input_is_not_overwritten(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "--output is the input" in line_of(capsys, folder, *score("table.tsv", output="./table.tsv"))
    assert (folder / "table.tsv").read_text() == TABLE


def test_an_output_format_that_is_not_known(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ".xlsx" in line_of(capsys, folder, *score("table.tsv", output="out.xlsx"))


def test_values_that_contradict_the_declared_scale(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [line.split("\t") for line in TABLE.splitlines()]
    halves = "\n".join("\t".join([r[0], *(f"{float(v) + 0.37:.2f}" for v in r[1:])]) for r in rows[1:])
    (folder / "table.tsv").write_text("\t".join(rows[0]) + "\n" + halves + "\n")
    assert "counts" in line_of(capsys, folder, *ingest())


@pytest.mark.parametrize("output", ["table.tsv/x.tsv", "folder.tsv", "x" * 300 + ".tsv"])
def test_an_output_that_cannot_be_written(folder: Path, capsys: pytest.CaptureFixture[str], output: str) -> None:
    (folder / "folder.tsv").mkdir()
    assert "cannot be written" in line_of(capsys, folder, *score("table.tsv", output=output))


@pytest.mark.parametrize("output", ["raw.h5ad", "sample_fields.tsv", "status/ingest.json"])
def test_a_folder_in_place_of_an_output(folder: Path, capsys: pytest.CaptureFixture[str], output: str) -> None:
    """Every output is looked at before the first is written."""
    (folder / "D" / output).mkdir(parents=True)
    assert "it is a folder" in line_of(capsys, folder, *ingest())


def test_what_ingest_is_not_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = line_of(capsys, folder, "ingest", "D", "--path", "table.tsv", "--organism", "human")
    assert "the options" in line
    assert "is missing" in line
    rest = ["--organism", "human", "--assay", "bulk", "--scale", "counts"]
    assert "--path is missing" in line_of(capsys, folder, "ingest", "D", *rest)
    assert "--patterns is not JSON" in line_of(capsys, folder, *ingest(patterns="{"))


def test_options_of_a_file_with_the_folder_of_a_data_set(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "D").mkdir()
    assert "--index with the folder D" in line_of(capsys, folder, "score", "D", "--index", "core")
    assert "--organism is missing" in line_of(capsys, folder, "score", "table.tsv")


@pytest.mark.parametrize(
    "verb", ["qc", "normalise", "score", "embed", "export", "contrast", "fingerprint", "multiqc", "conclude"]
)
def test_a_folder_without_the_files_of_earlier_steps(
    folder: Path, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    (folder / "D").mkdir()
    assert "D/" in line_of(capsys, folder, verb, "D")


def test_a_device_is_not_replaced(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(folder / "pipe.tsv")
    assert "it is a device" in line_of(capsys, folder, *score("table.tsv", output="pipe.tsv"))
    assert (folder / "pipe.tsv").is_fifo()


def test_a_destination_that_cannot_be_made(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = line_of(capsys, folder, "fetch", "GSE1", "--base-url", folder.as_uri(), "--dest", "table.tsv")
    assert "cannot be made" in line


@pytest.mark.parametrize("base", ["https://", "file://", "file:///nowhere/at/all", "table.tsv"])
def test_a_mirror_that_is_none(folder: Path, capsys: pytest.CaptureFixture[str], base: str) -> None:
    assert "mirror" in line_of(capsys, folder, "fetch", "GSE1", "--base-url", base, "--dest", "here")


def test_a_full_disk_is_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "out.tsv")

    monkeypatch.setattr("fatescore.cli.score.write_tsv", full)
    assert "out.tsv: No space left on device" in line_of(capsys, folder, *score("table.tsv"))


def test_an_empty_folder_is_not_said_to_be_absent(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "in.tsv").mkdir()
    assert "in.tsv has no files with values; its files are none" in line_of(capsys, folder, *score("in.tsv"))


def test_a_cell_of_text_is_placed_and_its_sample_not_dropped(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "text.tsv").write_text(TABLE.replace("SP7\t3", 'SP7\t"1,234"'))
    assert '"1,234" in row SP7, column s1' in line_of(capsys, folder, *score("text.tsv"))


def test_scaled_values_beside_unscaled_ones(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    values = np.arange(36, dtype=np.float32).reshape(3, 12)
    adata = ad.AnnData(values, obs=pd.DataFrame(index=["a", "b", "c"]), var=pd.DataFrame(index=GENES))
    adata.raw = adata.copy()
    adata.X = values - values.mean(axis=0)
    adata.write_h5ad(folder / "scaled.h5ad")
    assert "adata.raw.to_adata()" in line_of(capsys, folder, *score("scaled.h5ad"))
    adata.layers["counts"] = values - 1
    adata.write_h5ad(folder / "negative.h5ad")
    assert 'layers["counts"] has negative values' in line_of(capsys, folder, *score("negative.h5ad"))
    ad.AnnData(values[:, :0], obs=adata.obs).write_h5ad(folder / "none.h5ad")
    assert "there are no genes" in line_of(capsys, folder, *score("none.h5ad"))


def test_the_installed_command_does_the_same(folder: Path) -> None:
    command = [str(Path(sys.executable).with_name("fatescore")), *score("nothing.tsv")]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert len(result.stderr.strip().splitlines()) == 1
    assert "Traceback" not in result.stderr

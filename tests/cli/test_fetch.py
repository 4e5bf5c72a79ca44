"""The verb fetch prints what it fetched, also when one accession fails."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from fatescore.cli import main

TITLES = ["hMSC-old_donor1(#5)_P1_79yrs", "hMSC-osteopo_donor1(#7)_P1_80yrs", "hMSC-osteopo_donor2(#8)_P1_80yrs"]


def mirror(folder: Path, accession: str, titles: list[str]) -> None:
    names = [f'"GSM{k}"' for k in range(len(titles))]
    lines = [
        "\t".join(["!Series_title", '"t"']), "\t".join(["!Series_platform_id", '"GPL570"']),
        "\t".join(["!Sample_title", *(f'"{title}"' for title in titles)]), "\t".join(["!Sample_geo_accession", *names]),
        "!series_matrix_table_begin", "\t".join(['"ID_REF"', *names]), "\t".join(['"p"', *["1.5"] * len(names)]),
        "!series_matrix_table_end",
    ]  # fmt: skip
    place = folder / "series" / f"{accession[:-3]}nnn" / accession / "matrix"
    place.mkdir(parents=True)
    (place / f"{accession}_series_matrix.txt.gz").write_bytes(gzip.compress("\n".join(lines).encode(), mtime=0))


def test_one_bad_accession_does_not_stop_the_others(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    mirror(tmp_path / "geo", "GSE1001", TITLES)
    mirror(tmp_path / "geo", "GSE1003", TITLES)
    options = ["--base-url", (tmp_path / "geo").as_uri(), "--dest", str(tmp_path / "here"), "--what", "matrix"]
    assert main(["fetch", "GSE1001", "GSE1002", "GSE1003", *options]) == 2
    output = capsys.readouterr()
    assert [line.split("/")[-1] for line in output.out.splitlines()] == [
        "GSE1001_series_matrix.txt.gz",
        "GSE1003_series_matrix.txt.gz",
    ]
    last = output.err.splitlines()[-1]
    assert last.startswith("fatescore fetch: error: 1 of 3 accessions could not be fetched: GSE1002: GSE1002 is not at")

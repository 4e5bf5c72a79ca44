"""The step that fetches: facts of several accessions, and the catalogue against what came."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest

from fatescore.errors import FetchError
from fatescore.geo import FetchResult
from fatescore.steps.fetch import fetch_accessions

TITLES = ["hMSC-old_donor1(#5)_P1_79yrs", "hMSC-osteopo_donor1(#7)_P1_80yrs", "hMSC-osteopo_donor2(#8)_P1_80yrs"]


def mirror(folder: Path, accession: str) -> Path:
    names = [f'"GSM{k}"' for k in range(len(TITLES))]
    lines = [
        "\t".join(["!Series_title", '"t"']), "\t".join(["!Series_platform_id", '"GPL570"']),
        "\t".join(["!Sample_title", *(f'"{title}"' for title in TITLES)]), "\t".join(["!Sample_geo_accession", *names]),
        "!series_matrix_table_begin", "\t".join(['"ID_REF"', *names]), "\t".join(['"p"', *["1.5"] * len(names)]),
        "!series_matrix_table_end",
    ]  # fmt: skip
    matrix = folder / f"series/{accession[:-3]}nnn/{accession}/matrix/{accession}_series_matrix.txt.gz"
    matrix.parent.mkdir(parents=True)
    matrix.write_bytes(gzip.compress("\n".join(lines).encode(), mtime=0))
    return matrix


def test_files_pins_and_no_notes_of_a_series_outside_the_catalogue(tmp_path: Path) -> None:
    source = mirror(tmp_path / "geo", "GSE1001")
    facts = fetch_accessions(["GSE1001"], tmp_path / "here", base_url=(tmp_path / "geo").as_uri(), what="matrix")
    path = str(tmp_path / "here/GSE1001/matrix/GSE1001_series_matrix.txt.gz")
    assert (facts["files"], facts["notes"], facts["changed"]) == ([path], [], [])
    assert facts["pins"][path]["sha256"] == hashlib.sha256(source.read_bytes()).hexdigest()


def test_the_others_are_fetched_before_the_error(tmp_path: Path) -> None:
    for accession in ("GSE1001", "GSE1003"):
        mirror(tmp_path / "geo", accession)
    results: list[FetchResult] = []
    with pytest.raises(FetchError, match="1 of 3 accessions could not be fetched: GSE1002: GSE1002 is not at"):
        fetch_accessions(
            ["GSE1001", "GSE1002", "GSE1003"], tmp_path / "here", base_url=(tmp_path / "geo").as_uri(), what="matrix",
            on_fetched=results.append,
        )  # fmt: skip
    assert [result.accession for result in results] == ["GSE1001", "GSE1003"]


def test_what_differs_from_the_catalogue_is_noted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    mirror(tmp_path / "geo", "GSE35958")
    facts = fetch_accessions(["GSE35958"], tmp_path / "here", base_url=(tmp_path / "geo").as_uri(), what="matrix")
    assert "n_samples: the catalogue says 9 (seen in the header of its series matrix), GEO has 3" in facts["notes"]
    assert facts["notes"][-1] == (
        "of the catalogue's facts platforms, values_in_matrix hold; not in these files: organism, scale"
    )
    assert "conditions: the catalogue says 4 control, 5 osteoporosis" in caplog.text

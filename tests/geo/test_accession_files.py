"""From a series matrix without rows to its values: supplementary files, else the counts that NCBI makes."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from fatescore.errors import FetchError
from fatescore.geo import RetryPolicy, fetch
from fatescore.ingest import can_hold_values

QUICK = RetryPolicy(attempts=3, initial_wait=0.01, max_wait=2.0, connect_timeout=2, read_timeout=0.5)
MATRIX = "/series/GSEnnn/GSE6/matrix/GSE6_series_matrix.txt.gz"
SUPPL = "/series/GSEnnn/GSE6/suppl/"
COUNTS = "/series/GSEnnn/GSE6/counts/"
MADE = {
    "human": ("GSE6_raw_counts_GRCh38.p13_NCBI.tsv.gz", "Human.GRCh38.p13.annot.tsv.gz"),
    "mouse": ("GSE6_raw_counts_GRCm39_NCBI.tsv.gz", "Mouse.GRCm39.annot.tsv.gz"),
}
TABLE = gzip.compress(b"GeneID\tGSM1\tGSM2\n860\t1\t2\n", mtime=0)
GENES = gzip.compress(b"GeneID\tSymbol\tDescription\n860\tRUNX2\tRUNX family\n", mtime=0)
NONE_MADE = "NCBI has made no counts of GSE6"
PAGE = b"<!DOCTYPE html><html>captcha</html>"


def get(server: Any, dest: Path, **options: Any) -> Any:
    return fetch("GSE6", dest, base_url=server.url, retry=QUICK, can_hold_values=can_hold_values, **options)


def send(handler: BaseHTTPRequestHandler, body: bytes) -> bool:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
    return True


def make_counts(server: Any, species: str = "human") -> list[str]:
    """Let the mirror have counts and genes; return where they come to lie."""
    counts, genes = MADE[species]
    server.files[COUNTS + counts], server.files[COUNTS + genes] = TABLE, GENES
    return sorted([f"counts/{counts}", f"counts/{genes}"])


def leave(server: Any, *names: str) -> None:
    """Let these be the only supplementary files."""
    for path in [path for path in server.files if path.startswith(SUPPL)]:
        del server.files[path]
    server.files.update({SUPPL + name: b"x" for name in names})


def name_in_head(server: Any, *names: str) -> None:
    lines = "".join(
        f'!Series_supplementary_file\t"{name if name == "NONE" else "ftp://ftp.example/geo" + SUPPL + name}"\n'
        for name in names
    )
    server.files[MATRIX] = gzip.compress(lines.encode() + gzip.decompress(server.files[MATRIX]), mtime=0)


def test_names_come_from_the_head_where_the_mirror_lists_nothing(server: Any, tmp_path: Path) -> None:
    server.index = False
    del server.files[SUPPL + "filelist.txt"]
    name_in_head(server, "GSE6_counts.txt.gz", "GSE6_RAW.tar", "GSE6_gone.xlsx")
    note = f"GSE6_gone.xlsx is named as a supplementary file but is not at {server.url}"
    for offline in (False, True):
        got = get(server, tmp_path, offline=offline)
        assert got.files[1:] == ["suppl/GSE6_RAW.tar", "suppl/GSE6_counts.txt.gz"]
        assert got.notes == [note]
    for name in ("GSE6_counts.txt.gz", "GSE6_RAW.tar"):
        assert (got.folder / "suppl" / name).read_bytes() == server.files[SUPPL + name]


def test_the_list_of_the_mirror_comes_before_the_head(server: Any, tmp_path: Path) -> None:
    name_in_head(server, "GSE6_gone.txt.gz")
    got = get(server, tmp_path)
    assert got.files[1:] == ["suppl/GSE6_RAW.tar", "suppl/GSE6_counts.txt.gz"]
    assert got.notes == []


def test_the_supplement_alone_is_found_through_the_head(server: Any, tmp_path: Path) -> None:
    server.index = False
    del server.files[SUPPL + "filelist.txt"]
    name_in_head(server, "GSE6_counts.txt.gz")
    assert "suppl/GSE6_counts.txt.gz" in get(server, tmp_path, what="suppl").files


def test_names_in_lists_lead_nowhere_else(server: Any, tmp_path: Path) -> None:
    server.index = False
    server.files[SUPPL + "filelist.txt"] = (
        b"#Archive/File\tName\nArchive\t../../../GSE6_out.tar\nFile\tGSE6_/../../x.txt\nFile\tGSE6_counts.txt.gz\n"
    )
    got = get(server, tmp_path, what="suppl")
    assert got.files == ["suppl/GSE6_counts.txt.gz"]
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {
        "GSE6_counts.txt.gz", "manifest.json", ".fetch.lock",
    }  # fmt: skip


def test_a_supplement_that_cannot_hold_values_leads_to_the_counts(server: Any, tmp_path: Path) -> None:
    leave(server, "GSE6_genes.rds", "GSE6_peaks.bed", "filelist.txt")
    counts = make_counts(server)
    for offline in (False, True):
        got = get(server, tmp_path, offline=offline)
        assert got.files == [
            *counts,
            "matrix/GSE6_series_matrix.txt.gz",
            "suppl/GSE6_genes.rds",
            "suppl/GSE6_peaks.bed",
        ]
        assert got.notes == [
            "routed to the counts that NCBI makes: no supplementary file can be read for values, to judge by the names "
            "(GSE6_genes.rds, GSE6_peaks.bed)"
        ]
    assert [(got.folder / name).read_bytes() for name in counts] == [TABLE, GENES]


def test_a_zip_is_judged_by_its_members(server: Any, tmp_path: Path) -> None:
    for member, holds in (("a.bed", False), ("d/GSM1.txt", True)):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as packed:
            packed.writestr(member, "x")
        leave(server)
        server.files[SUPPL + "GSE6_a.zip"] = buffer.getvalue()
        got = fetch(
            "GSE6", tmp_path / member, base_url=server.url, retry=QUICK, can_hold_values=lambda name: "txt" in name
        )
        assert any("routed to the counts" in note for note in got.notes) is not holds


@pytest.mark.parametrize(("member", "holds"), [("GSM1_a.txt.gz", True), ("d/GSM1_matrix.mtx", True), ("a.bw", False)])
def test_an_archive_is_judged_by_its_members(server: Any, tmp_path: Path, member: str, *, holds: bool) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in ("GSM1_a.CEL.gz", member):
            archive.addfile(tarfile.TarInfo(name))
    leave(server)
    server.files[SUPPL + "GSE6_RAW.tar"] = buffer.getvalue()
    assert (set(make_counts(server)) < set(get(server, tmp_path).files)) is not holds


def test_without_a_reader_to_ask_any_file_may_hold_values(server: Any, tmp_path: Path) -> None:
    leave(server, "GSE6_genes.rds")
    make_counts(server)
    got = fetch("GSE6", tmp_path, base_url=server.url, retry=QUICK)
    assert got.files == ["matrix/GSE6_series_matrix.txt.gz", "suppl/GSE6_genes.rds"]


@pytest.mark.parametrize(
    ("named", "why"),
    [
        ((), "there are no supplementary files"),
        (("NONE",), "there are no supplementary files"),
        (("GSE6_a.txt.gz",), "no supplementary file is to be had"),
    ],
)
def test_no_supplement_leads_to_the_counts(server: Any, tmp_path: Path, named: tuple[str, ...], why: str) -> None:
    leave(server)
    name_in_head(server, *named)
    counts = make_counts(server)
    got = get(server, tmp_path)
    assert got.files == [*counts, "matrix/GSE6_series_matrix.txt.gz"]
    assert got.notes[-1] == f"routed to the counts that NCBI makes: {why}"


def test_a_supplement_that_can_hold_values_is_enough(server: Any, tmp_path: Path) -> None:
    make_counts(server)
    got = get(server, tmp_path)
    assert not [name for name in got.files if name.startswith("counts/")]
    assert not [path for path in server.asked if path.startswith(COUNTS)]


def test_nothing_at_all_says_what_was_looked_for(server: Any, tmp_path: Path) -> None:
    leave(server)
    name_in_head(server, "GSE6_a.txt.gz", "GSE6_b.xlsx")
    for offline in (False, True):
        got = get(server, tmp_path, offline=offline)
        assert got.files == ["matrix/GSE6_series_matrix.txt.gz"]
        assert got.notes == [
            f"GSE6_a.txt.gz is named as a supplementary file but is not at {server.url}",
            f"GSE6_b.xlsx is named as a supplementary file but is not at {server.url}",
            "routed to the counts that NCBI makes: no supplementary file is to be had",
            NONE_MADE,
            f"GSE6 has no values at {server.url}: looked for rows in its series matrix, for supplementary files (the "
            "header names GSE6_a.txt.gz, GSE6_b.xlsx) and for NCBI's counts on GRCh38.p13 and GRCm39",
        ]


def test_a_captcha_page_on_the_way_stops_auto_too(server: Any, tmp_path: Path) -> None:
    leave(server, "GSE6_genes.rds")
    server.faults[COUNTS + MADE["human"][0]] = lambda handler, n: send(handler, PAGE)
    with pytest.raises(FetchError, match=f"{server.url}{COUNTS}GSE6_raw_counts.* is not the file it should be"):
        get(server, tmp_path)


def test_real_series_that_names_what_the_mirror_lacks(real_data: Path, tmp_path: Path) -> None:
    base = (real_data / "geo").as_uri()
    got = fetch("GSE99709", tmp_path, base_url=base)
    assert got.files == ["matrix/GSE99709_series_matrix.txt.gz"]
    names = ["GSE99709_Stat3RNA-Seq-counts.csv.gz", "GSE99709_Stat3RNA-Seq-significant-genes.xlsx"]
    assert got.notes[:2] == [f"{name} is named as a supplementary file but is not at {base}" for name in names]
    assert f"(the header names {', '.join(names)})" in got.notes[-1]

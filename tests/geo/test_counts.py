"""The counts that NCBI makes of a series, and the names of their genes."""

from __future__ import annotations

import gzip
import json
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from fatescore.cli import main
from fatescore.errors import FetchError
from fatescore.geo import RetryPolicy, fetch
from fatescore.geo import accession as addresses

QUICK = RetryPolicy(attempts=3, initial_wait=0.01, max_wait=2.0, connect_timeout=2, read_timeout=0.5)
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
    return fetch("GSE6", dest, base_url=server.url, retry=QUICK, **options)


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


@pytest.mark.parametrize("species", MADE)
def test_counts_come_with_the_names_of_their_genes(server: Any, tmp_path: Path, species: str) -> None:
    files = make_counts(server, species)
    got = get(server, tmp_path, what="counts")
    assert (got.files, got.notes) == (files, [])
    assert [(got.folder / f"counts/{name}").read_bytes() for name in MADE[species]] == [TABLE, GENES]
    manifest = json.loads((got.folder / "manifest.json").read_text())
    assert sorted(manifest["files"]) == manifest["kinds"]["counts"] == files


def test_counts_that_are_pinned_are_not_asked_for_again(server: Any, tmp_path: Path) -> None:
    files = make_counts(server)
    folder = get(server, tmp_path, what="counts").folder
    manifest = (folder / "manifest.json").read_bytes()
    server.asked.clear()
    assert get(server, tmp_path, what="counts").files == files
    assert get(server, tmp_path, what="counts", offline=True).files == files
    assert server.asked == []
    assert (folder / "manifest.json").read_bytes() == manifest


def test_damaged_names_of_genes_are_fetched_again(server: Any, tmp_path: Path) -> None:
    files = make_counts(server)
    folder = get(server, tmp_path, what="counts").folder
    (folder / files[1]).write_bytes(b"rot")
    server.asked.clear()
    assert get(server, tmp_path, what="counts").files == files
    assert (folder / files[1]).read_bytes() == GENES
    assert server.asked == [COUNTS + MADE["human"][1]]


def test_a_change_of_the_names_of_genes_is_reported(server: Any, tmp_path: Path) -> None:
    files = make_counts(server)
    folder = get(server, tmp_path, what="counts").folder
    server.files[COUNTS + MADE["human"][1]] = TABLE
    again = get(server, tmp_path, what="counts", refresh=True)
    assert (again.files, again.changed) == (files, [f"{server.url}{COUNTS}{MADE['human'][1]}"])
    assert (folder / files[1]).read_bytes() == GENES


def test_counts_without_the_names_of_their_genes_are_kept(server: Any, tmp_path: Path) -> None:
    make_counts(server)
    counts, genes = MADE["human"]
    del server.files[COUNTS + genes]
    for offline in (False, True):  # what was said once is said again
        got = get(server, tmp_path, what="counts", offline=offline)
        assert got.files == [f"counts/{counts}"]
        url = f"{server.url}{COUNTS}{genes}"
        assert got.notes == [f"{url} is missing: the GeneIDs of {counts} cannot be named without it"]


def test_no_counts_is_a_note(server: Any, tmp_path: Path) -> None:
    for offline in (False, True):
        got = get(server, tmp_path, what="counts", offline=offline)
        assert (got.files, got.notes) == ([], [NONE_MADE])


@pytest.fixture
def page(server: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """NCBI's download page, on the loopback server: what the default address asks for goes there."""
    for name in ("_COUNTS", "_GENES"):
        address = getattr(addresses, name).replace("https://www.ncbi.nlm.nih.gov", server.url)
        monkeypatch.setattr(addresses, name, address)
    make_counts(server)
    queries = ("?type=rnaseq_counts&acc=GSE6&format=file&file=", "?format=file&type=rnaseq_counts&file=")
    for query, name in zip(queries, MADE["human"], strict=True):
        server.files[f"/geo/download/{query}{name}"] = server.files.pop(COUNTS + name)
    return "/geo/download/"


def test_ncbis_own_pages_give_both(server: Any, page: str, tmp_path: Path) -> None:
    got = fetch("GSE6", tmp_path, what="counts", retry=QUICK)
    assert [(got.folder / f"counts/{name}").read_bytes() for name in MADE["human"]] == [TABLE, GENES]
    assert all(path.startswith(page) for path in server.asked)


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("body", [PAGE, gzip.compress(PAGE, mtime=0), b""])
def test_a_captcha_page_is_not_taken_for_counts(
    server: Any, page: str, tmp_path: Path, which: int, body: bytes
) -> None:
    path = next(path for path in server.files if path.startswith(page) and path.endswith(MADE["human"][which]))
    server.faults[path] = lambda handler, n: send(handler, body)
    with pytest.raises(FetchError) as caught:
        fetch("GSE6", tmp_path, what="counts", retry=QUICK)
    assert str(caught.value).startswith(f"{server.url}{path} is not the file it should be: the answer is ")
    assert "\n" not in str(caught.value)
    assert server.count(path) == 1
    kept = [file.name for file in tmp_path.rglob("*.gz")]
    assert kept == list(MADE["human"][:which])


def test_a_run_with_counts_travels(
    server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files = make_counts(server)
    here = tmp_path / "here"
    for name, text in {
        "config.yaml": "datasets: datasets.tsv\nsamples: samples.tsv\n",
        "datasets.tsv": "dataset\tsource\taccession\tassay\torganism\tscale\nA\tgeo\tGSE6\tbulk\thuman\tcounts\n",
        "samples.tsv": "dataset\tsample\tdonor\tcondition\nA\tGSM1\td1\tcase\nA\tGSM2\td2\tcontrol\n",
    }.items():
        (here / name).parent.mkdir(exist_ok=True)
        (here / name).write_text(text)
    monkeypatch.chdir(here)
    get(server, here / "resources/geo", what="counts")
    assert main(["bundle", "create", "../run.tar", "--config", "config.yaml"]) == 0
    assert main(["bundle", "restore", "../run.tar", "--dest", "../there"]) == 0
    for name in [*files, "manifest.json"]:
        packed = tmp_path / "there/resources/geo/GSE6" / name
        assert packed.read_bytes() == (here / "resources/geo/GSE6" / name).read_bytes()
    server.asked.clear()
    assert get(server, tmp_path / "there/resources/geo", what="counts", offline=True).files == files
    assert server.asked == []

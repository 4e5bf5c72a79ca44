"""Fetching: every fault has a promise."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from fatescore.cli import main
from fatescore.errors import FetchError, InputError
from fatescore.geo import DEFAULT_BASE_URL, Accession, Patience, fetch

QUICK = Patience(tries=3, first_wait=0.01, longest_wait=2.0, connect=2, read=0.5)
MATRIX = "/series/GSEnnn/GSE5/matrix/GSE5_series_matrix.txt.gz"
NAME = "matrix/GSE5_series_matrix.txt.gz"


def send(handler: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str) -> bool:
    handler.send_response(status)
    for key, text in {"Content-Length": str(len(body)), **headers}.items():
        if text:
            handler.send_header(key.replace("_", "-"), text)
    handler.end_headers()
    handler.wfile.write(body)
    return True


def get(server: Any, dest: Path, accession: str = "GSE5", **options: Any) -> Any:
    return fetch(accession, dest, base_url=server.url, patience=QUICK, **options)


def leftovers(dest: Path) -> list[str]:
    return [path.name for path in dest.rglob("*") if path.is_file() and path.name not in (".fetch.lock", "lock.json")]


def test_auto_with_values_brings_the_platform(server: Any, tmp_path: Path) -> None:
    got = get(server, tmp_path)
    assert got.files == [NAME, "platform/GPL7.annot.gz"]
    assert (got.folder / NAME).read_bytes() == server.files[MATRIX]
    lock = json.loads((got.folder / "lock.json").read_text())
    pin = lock["files"][NAME]
    assert (pin["url"], pin["size"]) == (server.url + MATRIX, len(server.files[MATRIX]))
    assert pin["date"] == "2012-02-22T10:00:00Z"


def test_auto_without_values_brings_the_supplement(server: Any, tmp_path: Path) -> None:
    got = get(server, tmp_path, "GSE6")
    assert got.files == ["matrix/GSE6_series_matrix.txt.gz", "suppl/GSE6_RAW.tar", "suppl/GSE6_counts.txt.gz"]


def test_file_chooses_among_the_supplement(server: Any, tmp_path: Path) -> None:
    got = get(server, tmp_path, "GSE6", file="*counts*")
    assert got.files == ["matrix/GSE6_series_matrix.txt.gz", "suppl/GSE6_counts.txt.gz"]


def test_without_an_index_the_file_list_and_the_usual_names_serve(server: Any, tmp_path: Path) -> None:
    server.index = False
    got = get(server, tmp_path, "GSE6")
    assert got.files[1:] == ["suppl/GSE6_RAW.tar", "suppl/GSE6_counts.txt.gz"]


def test_folder_mirror_gives_the_same_bytes(server: Any, tree: Path, tmp_path: Path) -> None:
    web = get(server, tmp_path / "web", "GSE6")
    disk = fetch("GSE6", tmp_path / "disk", base_url=tree.as_uri())
    assert web.files == disk.files
    for name in web.files:
        assert (web.folder / name).read_bytes() == (disk.folder / name).read_bytes()


def test_several_platforms(server: Any, tmp_path: Path) -> None:
    data = server.files.pop(MATRIX)
    for platform in ("GPL7", "GPL8"):
        server.files[MATRIX.replace("GSE5_", f"GSE5-{platform}_")] = data
    got = get(server, tmp_path, what="matrix")
    assert got.files == ["matrix/GSE5-GPL7_series_matrix.txt.gz", "matrix/GSE5-GPL8_series_matrix.txt.gz"]


def test_missing_annotation_is_noted(server: Any, tmp_path: Path) -> None:
    del server.files["/platforms/GPLnnn/GPL7/annot/GPL7.annot.gz"]
    for _ in range(2):
        got = get(server, tmp_path)
        assert got.files == [NAME]
        assert got.notes == [f"GPL7 has no annotation file at {server.url}"]


def test_second_time_makes_no_request(server: Any, tmp_path: Path) -> None:
    first = get(server, tmp_path)
    lock = (first.folder / "lock.json").read_bytes()
    server.asked.clear()
    assert get(server, tmp_path).files == first.files
    assert server.asked == []
    assert (first.folder / "lock.json").read_bytes() == lock


def test_unknown_accession_is_not_asked_twice(server: Any, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"^GSE999 is not at http://\S+; check the accession or the mirror$"):
        get(server, tmp_path, "GSE999")
    assert len(server.asked) == len(set(server.asked))
    assert leftovers(tmp_path) == []


def test_refused_is_told_from_missing_and_not_retried(server: Any, tmp_path: Path) -> None:
    server.faults[MATRIX] = lambda handler, n: send(handler, 403)
    with pytest.raises(FetchError, match=r"the mirror refuses .* answered 403"):
        get(server, tmp_path)
    assert server.count(MATRIX) == 1


def test_overload_is_waited_for(server: Any, tmp_path: Path) -> None:
    server.faults[MATRIX] = lambda handler, n: n == 1 and send(handler, 503, Retry_After="1")
    start = time.monotonic()
    assert NAME in get(server, tmp_path).files
    assert time.monotonic() - start >= 1.0
    assert server.count(MATRIX) == 2


def test_retry_after_beyond_patience_ends_the_attempt(server: Any, tmp_path: Path) -> None:
    server.faults[MATRIX] = lambda handler, n: send(handler, 429, Retry_After="3600")
    with pytest.raises(FetchError, match="did not arrive whole in 1 tries: the server answered 429"):
        get(server, tmp_path)
    assert server.count(MATRIX) == 1


def test_tries_are_bounded(server: Any, tmp_path: Path) -> None:
    server.faults[MATRIX] = lambda handler, n: send(handler, 500)
    with pytest.raises(FetchError, match="did not arrive whole in 3 tries"):
        get(server, tmp_path)
    assert server.count(MATRIX) == 3
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("body", [b"<!DOCTYPE html><html>captcha", b"\n <HTML>", b"", b"plain text"])
def test_something_else_with_status_200(server: Any, tmp_path: Path, body: bytes) -> None:
    server.faults[MATRIX] = lambda handler, n: send(handler, 200, body)
    with pytest.raises(FetchError, match=f"{server.url}{MATRIX} is not the file it should be"):
        get(server, tmp_path)
    assert server.count(MATRIX) == 1
    assert leftovers(tmp_path) == []


def cut(data: bytes, declared: str) -> Any:
    def fault(handler: BaseHTTPRequestHandler, n: int) -> bool:
        if n > 1:
            return False
        handler.send_response(200)
        if declared:
            handler.send_header("Content-Length", declared)
        handler.end_headers()
        handler.wfile.write(data)
        handler.close_connection = True
        return True

    return fault


@pytest.mark.parametrize("with_length", [True, False])
def test_cut_short_is_fetched_again(server: Any, tmp_path: Path, *, with_length: bool) -> None:
    data = server.files[MATRIX]
    server.faults[MATRIX] = cut(data[:-9], str(len(data)) if with_length else "")
    got = get(server, tmp_path)
    assert (got.folder / NAME).read_bytes() == data
    assert server.count(MATRIX) == 2


def test_flipped_byte_is_noticed(server: Any, tmp_path: Path) -> None:
    data = bytearray(server.files[MATRIX])
    data[len(data) // 2] ^= 1
    server.faults[MATRIX] = cut(bytes(data), str(len(data)))
    got = get(server, tmp_path)
    assert (got.folder / NAME).read_bytes() == server.files[MATRIX]


def test_damaged_archive_is_never_accepted(server: Any, tmp_path: Path) -> None:
    path = "/series/GSEnnn/GSE6/suppl/GSE6_RAW.tar"
    server.files[path] = server.files[path][:700]
    with pytest.raises(FetchError, match=r"GSE6_RAW.tar did not arrive whole in 3 tries"):
        get(server, tmp_path, "GSE6")
    assert not (tmp_path / "GSE6" / "suppl" / "GSE6_RAW.tar").exists()


def test_content_encoding_keeps_the_served_bytes(server: Any, tmp_path: Path) -> None:
    data = server.files[MATRIX]
    server.faults[MATRIX] = lambda handler, n: send(handler, 200, data, Content_Encoding="gzip")
    got = get(server, tmp_path)
    assert (got.folder / NAME).read_bytes() == data


def test_stall_ends_by_timeout(server: Any, tmp_path: Path) -> None:
    def stall(handler: BaseHTTPRequestHandler, n: int) -> bool:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"\x1f\x8b")
        handler.wfile.flush()
        time.sleep(1.0)
        return True

    server.faults[MATRIX] = stall
    start = time.monotonic()
    with pytest.raises(FetchError, match="the transfer broke off"):
        get(server, tmp_path)
    assert time.monotonic() - start < 10


def test_no_server(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="did not arrive whole in 3 tries: no answer"):
        fetch("GSE5", tmp_path, base_url="http://127.0.0.1:9", patience=QUICK)


def test_damaged_copy_is_fetched_again(server: Any, tmp_path: Path) -> None:
    got = get(server, tmp_path)
    (got.folder / NAME).write_bytes(b"rot")
    get(server, tmp_path)
    assert (got.folder / NAME).read_bytes() == server.files[MATRIX]


def test_change_upstream_is_reported_and_the_old_kept(server: Any, tmp_path: Path) -> None:
    old = server.files[MATRIX]
    got = get(server, tmp_path)
    lock = (got.folder / "lock.json").read_bytes()
    server.files[MATRIX] = server.files["/platforms/GPLnnn/GPL7/annot/GPL7.annot.gz"]
    again = get(server, tmp_path, refresh=True, what="matrix")
    assert again.changed == [server.url + MATRIX]
    assert (got.folder / NAME).read_bytes() == old
    assert (got.folder / "lock.json").read_bytes() == lock


def test_changed_upstream_never_replaces_a_lost_pinned_file(server: Any, tmp_path: Path) -> None:
    got = get(server, tmp_path)
    (got.folder / NAME).unlink()
    server.files[MATRIX] = server.files["/platforms/GPLnnn/GPL7/annot/GPL7.annot.gz"]
    with pytest.raises(FetchError, match="is no longer the file pinned"):
        get(server, tmp_path)
    assert not (got.folder / NAME).exists()


def test_two_jobs_make_one_download(server: Any, tmp_path: Path) -> None:
    server.faults[MATRIX] = lambda handler, n: bool(time.sleep(0.2))
    got: list[Any] = []
    threads = [threading.Thread(target=lambda: got.append(get(server, tmp_path))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result.files for result in got] == [[NAME, "platform/GPL7.annot.gz"]] * 3
    assert server.count(MATRIX) == 1


def test_names_that_need_quoting(server: Any, tree: Path, tmp_path: Path) -> None:
    name = "GSE6_a b#1%20.txt"
    server.files[f"/series/GSEnnn/GSE6/suppl/{quote(name)}"] = b"x\ty\n"
    (tree / "series/GSEnnn/GSE6/suppl" / name).write_bytes(b"x\ty\n")
    for base in (server.url, tree.as_uri()):
        dest = tmp_path / base[:4]
        got = fetch("GSE6", dest, base_url=base, what="suppl", file="GSE6_a*", patience=QUICK)
        assert got.files == [f"suppl/{name}"]
        assert (dest / "GSE6" / "suppl" / name).read_bytes() == b"x\ty\n"


def test_rest_of_a_killed_run_is_cleared(server: Any, tmp_path: Path) -> None:
    rest = tmp_path / "GSE5" / "matrix" / ".part-x-GSE5_series_matrix.txt.gz"
    rest.parent.mkdir(parents=True)
    rest.write_bytes(b"half")
    get(server, tmp_path)
    assert not rest.exists()


def test_offline_makes_no_request(server: Any, tmp_path: Path) -> None:
    first = get(server, tmp_path)
    before = list(server.asked)
    again = get(server, tmp_path, offline=True)
    assert again.files == first.files
    assert server.asked == before
    for accession in ("GSE6", "GSE5"):
        (tmp_path / "GSE5" / NAME).unlink(missing_ok=True)
        with pytest.raises(FetchError, match=r"is not here, and --offline forbids"):
            get(server, tmp_path, accession, offline=True)
    assert server.asked == before


def test_counts_made_by_ncbi(server: Any, tmp_path: Path) -> None:
    name = "GSE5_raw_counts_GRCm39_NCBI.tsv.gz"
    none = get(server, tmp_path / "none", what="counts")
    assert none.files == []
    assert none.notes == ["NCBI has made no counts of GSE5"]
    server.files[f"/series/GSEnnn/GSE5/counts/{name}"] = server.files[MATRIX]
    assert get(server, tmp_path, what="counts").files == [f"counts/{name}"]
    before = len(server.asked)
    assert get(server, tmp_path, what="counts").files == [f"counts/{name}"]
    assert len(server.asked) == before


def test_ncbis_own_counts_are_asked_for_outside_the_file_tree() -> None:
    addresses = Accession.parse("GSE164073").counts(DEFAULT_BASE_URL)
    assert addresses[0] == (
        "https://www.ncbi.nlm.nih.gov/geo/download/?type=rnaseq_counts&acc=GSE164073&format=file"
        "&file=GSE164073_raw_counts_GRCh38.p13_NCBI.tsv.gz",
        "GSE164073_raw_counts_GRCh38.p13_NCBI.tsv.gz",
    )


@pytest.mark.parametrize("where", ["web", "folder"])
def test_dry_run_lists_files_and_sizes(
    server: Any, tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], where: str
) -> None:
    base = server.url if where == "web" else tree.as_uri()
    assert main(["fetch", "GSE6", "GPL7", "--dry-run", "--base-url", base, "--dest", str(tmp_path / "none")]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    folder = "/series/GSEnnn/GSE6/suppl/"
    sizes = {row[3].rsplit("/", 1)[1]: int(row[2]) for row in rows[:-1]}
    assert sizes["GSE6_RAW.tar"] == len(server.files[folder + "GSE6_RAW.tar"])
    assert set(sizes) == {"GSE6_series_matrix.txt.gz", "GSE6_RAW.tar", "GSE6_counts.txt.gz", "GPL7.annot.gz"}
    assert rows[-1][:3] == ["total", "", str(sum(sizes.values()))]
    assert not (tmp_path / "none").exists()
    assert main(["fetch", "GSE9", "--dry-run", "--base-url", base]) == 2


def test_bad_arguments(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r'"matrx" cannot be fetched; .* did you mean "matrix"'):
        fetch("GSE5", tmp_path, base_url="file:///x", what="matrx")
    with pytest.raises(InputError, match="GSM5 is a sample"):
        fetch("GSM5", tmp_path, base_url="file:///x")


def test_command(tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fetch", "GSE5", "--base-url", tree.as_uri(), "--dest", str(tmp_path / "geo")]) == 0
    assert capsys.readouterr().out.split() == [
        str(tmp_path / "geo" / "GSE5" / name) for name in (NAME, "platform/GPL7.annot.gz")
    ]
    assert main(["fetch", "GSE999", "--base-url", tree.as_uri(), "--dest", str(tmp_path / "geo")]) == 2
    message = capsys.readouterr().err.strip().splitlines()[-1]
    assert message == (f"fatescore fetch: error: GSE999 is not at {tree.as_uri()}; check the accession or the mirror")


def test_command_as_a_step(tree: Path, tmp_path: Path) -> None:
    status = tmp_path / "fetch.json"
    options = ["--base-url", tree.as_uri(), "--dest", str(tmp_path / "geo"), "--status-out", str(status)]
    assert main(["fetch", "GSE999", "--dataset", "d", *options]) == 0
    assert json.loads(status.read_text())["status"] == "failed"
    assert main(["fetch", "GSE5", "--dataset", "d", *options]) == 0
    assert json.loads(status.read_text())["status"] == "ok"


def test_real_mirror(real_data: Path, tmp_path: Path) -> None:
    base = (real_data / "geo").as_uri()
    got = fetch("GSE35958", tmp_path, base_url=base)
    assert got.files == ["matrix/GSE35958_series_matrix.txt.gz"]
    assert got.notes == [f"GPL570 has no annotation file at {base}"]
    assert fetch("GSE99709", tmp_path, base_url=base).notes == [f"GSE99709 has no supplementary files at {base}"]
    assert fetch("GPL97", tmp_path, base_url=base).files == ["platform/GPL97.annot.gz"]
    assert fetch("GSE781", tmp_path, base_url=base, what="soft").files == ["soft/GSE781_family.soft.gz"]

"""Fetching: what comes, that it is pinned, that nothing is asked for twice, and what a preview lists."""

from __future__ import annotations

import gzip
import json
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from fatescore.cli import main
from fatescore.errors import FetchError, InputError
from fatescore.geo import RetryPolicy, fetch, preview
from fatescore.ingest import can_hold_values, read_expression

QUICK = RetryPolicy(attempts=3, initial_wait=0.01, max_wait=2.0, connect_timeout=2, read_timeout=0.5)
MATRIX = "/series/GSEnnn/GSE5/matrix/GSE5_series_matrix.txt.gz"
NAME = "matrix/GSE5_series_matrix.txt.gz"


def get(server: Any, dest: Path, accession: str = "GSE5", **options: Any) -> Any:
    return fetch(accession, dest, base_url=server.url, retry=QUICK, **options)


def leftovers(dest: Path) -> list[str]:
    return [
        path.name for path in dest.rglob("*") if path.is_file() and path.name not in (".fetch.lock", "manifest.json")
    ]


def test_auto_with_values_brings_the_platform(server: Any, tmp_path: Path) -> None:
    got = get(server, tmp_path)
    assert got.files == [NAME, "platform/GPL7.annot.gz"]
    assert (got.folder / NAME).read_bytes() == server.files[MATRIX]
    manifest = json.loads((got.folder / "manifest.json").read_text())
    pin = manifest["files"][NAME]
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


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("/series/GSEnnn/GSE5/soft/GSE5_family.soft.gz", "soft/GSE5_family.soft.gz"),
        ("/platforms/GPLnnn/GPL7/soft/GPL7_family.soft.gz", "platform/GPL7_family.soft.gz"),
    ],
)
def test_the_table_of_a_platform_without_annotation_comes_in_a_family_soft(
    server: Any, tmp_path: Path, address: str, path: str
) -> None:
    del server.files["/platforms/GPLnnn/GPL7/annot/GPL7.annot.gz"]
    table = b"^PLATFORM = GPL7\n!platform_table_begin\nID\tORF\np1\tRUNX2\np2\tALPL\n!platform_table_end\n"
    server.files[address] = gzip.compress(table)
    for asked in (True, False):  # what is pinned is not asked for again
        server.asked.clear()
        got = get(server, tmp_path)
        assert got.files == sorted([NAME, path])
        assert got.notes == [f"GPL7 has no annotation file at {server.url}: its table is in {path}"]
        assert (address in server.asked, bool(server.asked)) == (asked, asked)
    assert read_expression(got.folder, "human").var_names.to_list() == ["RUNX2", "ALPL"]


def test_second_time_makes_no_request(server: Any, tmp_path: Path) -> None:
    first = get(server, tmp_path)
    names = [*first.files, "manifest.json"]
    before = [(first.folder / name).read_bytes() for name in names]
    server.asked.clear()
    assert get(server, tmp_path) == first
    assert server.asked == []
    assert [(first.folder / name).read_bytes() for name in names] == before


def test_unknown_accession_is_not_asked_twice(server: Any, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"^GSE999 is not at http://\S+; check the accession or the mirror$"):
        get(server, tmp_path, "GSE999")
    assert len(server.asked) == len(set(server.asked))
    assert leftovers(tmp_path) == []


def test_damaged_copy_is_fetched_again(server: Any, tmp_path: Path) -> None:
    got = get(server, tmp_path)
    (got.folder / NAME).write_bytes(b"rot")
    get(server, tmp_path)
    assert (got.folder / NAME).read_bytes() == server.files[MATRIX]


def test_change_upstream_is_reported_and_the_old_kept(server: Any, tmp_path: Path) -> None:
    old = server.files[MATRIX]
    got = get(server, tmp_path)
    manifest = (got.folder / "manifest.json").read_bytes()
    server.files[MATRIX] = server.files["/platforms/GPLnnn/GPL7/annot/GPL7.annot.gz"]
    again = get(server, tmp_path, refresh=True, what="matrix")
    assert again.changed == [server.url + MATRIX]
    assert (got.folder / NAME).read_bytes() == old
    assert (got.folder / "manifest.json").read_bytes() == manifest


def test_another_file_of_the_same_size_is_told_apart(server: Any, tmp_path: Path) -> None:
    path = "/series/GSEnnn/GSE6/suppl/GSE6_plain.txt"
    server.files[path] = b"gene\tone\nRUNX2\t1\n"
    got = get(server, tmp_path, "GSE6", what="suppl", file="*plain*")
    server.files[path] = server.files[path].replace(b"1", b"2")
    again = get(server, tmp_path, "GSE6", what="suppl", file="*plain*", refresh=True)
    assert again.changed == [server.url + path]
    assert (got.folder / "suppl/GSE6_plain.txt").read_bytes() == b"gene\tone\nRUNX2\t1\n"


def test_a_pinned_file_that_is_gone_upstream_is_kept(server: Any, tmp_path: Path) -> None:
    path = "/platforms/GPLnnn/GPL7/annot/GPL7.annot.gz"
    got = get(server, tmp_path)
    data = server.files.pop(path)
    again = get(server, tmp_path, refresh=True)
    assert (again.files, again.changed) == (got.files, [server.url + path])
    assert (got.folder / "platform/GPL7.annot.gz").read_bytes() == data
    (got.folder / "platform/GPL7.annot.gz").unlink()
    with pytest.raises(FetchError, match=r"GPL7.annot.gz, pinned in .*manifest.json, is gone"):
        get(server, tmp_path)


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
    assert (got[0].folder / NAME).read_bytes() == server.files[MATRIX]
    assert server.count(MATRIX) == 1


def test_names_that_need_quoting(server: Any, tree: Path, tmp_path: Path) -> None:
    name = "GSE6_a b#1%20.txt"
    server.files[f"/series/GSEnnn/GSE6/suppl/{quote(name)}"] = b"x\ty\n"
    (tree / "series/GSEnnn/GSE6/suppl" / name).write_bytes(b"x\ty\n")
    for base in (server.url, tree.as_uri()):
        dest = tmp_path / base[:4]
        got = fetch("GSE6", dest, base_url=base, what="suppl", file="GSE6_a*", retry=QUICK)
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
    assert again.notes == first.notes
    assert server.asked == before
    for accession in ("GSE6", "GSE5"):
        (tmp_path / "GSE5" / NAME).unlink(missing_ok=True)
        with pytest.raises(FetchError, match=r"is not here, and --offline forbids"):
            get(server, tmp_path, accession, offline=True)
    assert server.asked == before


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
    status = tmp_path / "d" / "status" / "fetch.json"
    options = ["--base-url", tree.as_uri(), "--dest", str(tmp_path / "geo"), "--folder", str(tmp_path / "d")]
    assert main(["fetch", "GSE999", *options]) == 0
    assert json.loads(status.read_text())["status"] == "failed"
    assert main(["fetch", "GSE5", *options]) == 0
    assert json.loads(status.read_text())["status"] == "ok"


def test_one_bad_data_set_in_ten(tree: Path, tmp_path: Path) -> None:
    """As the workflow does: a step each. That the whole run then ends in failure is tests/workflow's."""
    source = tree / NAME.replace("matrix/", "series/GSEnnn/GSE5/matrix/")
    series = [f"GSE{number}" for number in range(10, 20)]
    for name in series:
        copy = tree / f"series/GSEnnn/{name}/matrix/{name}_series_matrix.txt.gz"
        copy.parent.mkdir(parents=True)
        copy.write_bytes(source.read_bytes() if name != "GSE14" else b"<html>captcha")
    outcomes = {}
    for name in series:
        options = ["--base-url", tree.as_uri(), "--dest", str(tmp_path / "geo"), "--folder", str(tmp_path / name)]
        assert main(["fetch", name, "--what", "matrix", *options]) == 0
        outcomes[name] = json.loads((tmp_path / name / "status" / "fetch.json").read_text())
    bad = outcomes.pop("GSE14")
    assert {outcome["status"] for outcome in outcomes.values()} == {"ok"}
    for name in outcomes:
        assert (tmp_path / f"geo/{name}/matrix/{name}_series_matrix.txt.gz").read_bytes() == source.read_bytes()
    assert bad["status"] == "failed"
    assert "GSE14_series_matrix.txt.gz is not the file it should be" in bad["reason"]
    assert "\n" not in bad["reason"]
    assert not (tmp_path / "geo/GSE14/matrix/GSE14_series_matrix.txt.gz").exists()


def test_real_mirror(real_data: Path, tmp_path: Path) -> None:
    base = (real_data / "geo").as_uri()
    got = fetch("GSE35958", tmp_path, base_url=base)
    assert got.files == ["matrix/GSE35958_series_matrix.txt.gz"]
    assert got.notes == [f"GPL570 has no annotation file at {base}"]
    assert fetch("GPL97", tmp_path, base_url=base).files == ["platform/GPL97.annot.gz"]
    assert fetch("GSE781", tmp_path, base_url=base, what="soft").files == ["soft/GSE781_family.soft.gz"]


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


COUNTS = "/series/GSEnnn/GSE6/counts/"
MADE = {COUNTS + "GSE6_raw_counts_GRCm39_NCBI.tsv.gz": b"1234", COUNTS + "Mouse.GRCm39.annot.tsv.gz": b"12"}


def test_counts_are_listed_with_the_table_of_genes(server: Any) -> None:
    server.files.update(MADE)
    listed = preview("GSE6", base_url=server.url, what="counts")
    assert [(file.kind, file.url, file.size) for file in listed] == [
        ("counts", server.url + path, len(data)) for path, data in MADE.items()
    ]


def test_auto_lists_counts_where_no_supplementary_file_can_hold_values(server: Any) -> None:
    server.files.update(MADE)
    assert {file.kind for file in preview("GSE6", base_url=server.url)} == {"matrix", "suppl"}
    for name in ("GSE6_counts.txt.gz", "GSE6_RAW.tar"):
        del server.files[f"/series/GSEnnn/GSE6/suppl/{name}"]
    server.files["/series/GSEnnn/GSE6/suppl/GSE6_a.rds"] = b"x"
    assert {file.kind for file in preview("GSE6", base_url=server.url)} == {"matrix", "suppl"}
    server.asked.clear()
    listed = preview("GSE6", base_url=server.url, can_hold_values=can_hold_values)
    assert {file.kind for file in listed} == {"matrix", "suppl", "counts"}
    assert server.count("/series/GSEnnn/GSE6/suppl/") == 1

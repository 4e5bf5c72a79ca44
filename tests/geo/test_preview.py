"""What would come, without storing it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fatescore.cli import main
from fatescore.geo import preview


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
    server.files["/series/GSEnnn/GSE6/suppl/GSE6_a.xlsx"] = b"x"
    server.asked.clear()
    assert {file.kind for file in preview("GSE6", base_url=server.url)} == {"matrix", "suppl", "counts"}
    assert server.count("/series/GSEnnn/GSE6/suppl/") == 1

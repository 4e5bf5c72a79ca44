"""What the names of supplementary files say."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from fatescore.geo._names import can_hold_values, few, holds_values, is_plain
from fatescore.ingest import _archive, count_table, loom, soft, tenx_h5, tenx_mtx

READABLE = [
    "GSE1_counts.csv.gz", "GSE1_a.txt", "GSE1_TPM.tsv.gz", "GSE1_a.tab", "GSE1.count.gz", "GSE1_x.counts",
    "GSE1_RAW.tar", "GSE1_a.tar.gz", "GSE1_a.tgz", "GSM1_matrix.mtx.gz", "GSM1.matrix.mtx", "GSE1_a.h5", "GSE1_a.h5.gz",
    "GSE1_a.hdf5", "GSE1_a.h5ad", "GSE1_a.loom", "GSE1_a.loom.gz", "gse1_COUNTS.TXT.GZ",
    "GSM1_a.genes.results.gz", "GSM1_a.genes.sf", "GSE1_family.soft.gz",
]  # fmt: skip
OTHER = [
    "GSE1_genes.xlsx", "GSE1_a.xls.gz", "GSE1_a.pdf", "GSE1_peaks.bed.gz", "GSE1_a.bw", "GSE1_a.bigWig",
    "GSE1_a.wig.gz", "filelist.txt", "GSE1_molecule_info.h5", "GSE1_a.rds.gz", "GSE1_a.RData", "GSM1.CEL.gz",
    "GSE1_README",
]  # fmt: skip


def is_read(name: str) -> bool:
    """Tell whether a reader opens a file of this name."""
    readers = (soft.is_soft, tenx_mtx.is_matrix, tenx_h5.is_matrix, loom.is_loom)
    path = Path(name)
    tables = count_table.is_table(path) and name != "filelist.txt"
    return name.endswith(".h5ad") or tables or _archive.is_archive(path) or any(reader(name) for reader in readers)


@pytest.mark.parametrize("name", READABLE + OTHER)
def test_what_can_hold_values_is_what_the_readers_open(name: str) -> None:
    assert can_hold_values(name) == is_read(name) == (name in READABLE)


@pytest.mark.parametrize(("member", "holds"), [("GSM1_a.txt.gz", True), ("d/GSM1_matrix.mtx", True), ("a.bw", False)])
def test_an_archive_is_judged_by_its_members(tmp_path: Path, member: str, *, holds: bool) -> None:
    path = tmp_path / "GSE1_RAW.tar"
    with tarfile.open(path, "w") as archive:
        for name in ("GSM1_a.CEL.gz", member):
            archive.addfile(tarfile.TarInfo(name), io.BytesIO())
    assert holds_values(path) is holds


def test_names_that_lead_elsewhere() -> None:
    assert not any(map(is_plain, ["", ".", "..", "../a", "/a", "a/b", "a\\b", "a\nb", "a\0"]))
    assert all(map(is_plain, ["GSE1_a b#1%20.txt", "..a", "ä"]))


def test_few() -> None:
    assert few(list("abcdefg")) == "a, b, c, d, e and 2 more"
    assert few(["a"]) == "a"

"""The register of layouts: it refuses conflicts, and names alone choose a reader."""

from __future__ import annotations

import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fatescore.errors import InputError
from fatescore.ingest import can_hold_values, readers
from fatescore.ingest.matrix import Located, Raw, ReadOptions

READABLE = [
    "GSE1_counts.csv.gz", "GSE1_a.txt", "GSE1_TPM.tsv.gz", "GSE1_a.tab", "GSE1.count.gz", "GSE1_x.counts",
    "GSE1_RAW.tar", "GSE1_a.tar.gz", "GSE1_a.tgz", "GSE1_counts.csv.zip", "GSE1_a.h5ad.gz", "GSE1_a.csv.bz2",
    "GSE1_all.tar.xz", "GSE1_counts.mtx.gz", "GSM1_matrix.mtx.gz", "GSM1.matrix.mtx", "GSE1_a.h5", "GSE1_a.h5.gz",
    "GSE1_a.hdf5", "GSE1_a.h5ad", "GSE1_a.loom", "GSE1_a.loom.gz", "gse1_COUNTS.TXT.GZ", "GSE1_genes.txt.gz",
    "GSM1_a.genes.results.gz", "GSM1_a.genes.sf", "GSE1_family.soft.gz", "GSE1_series_matrix.txt.gz", "GSE1_a.xls.gz",
    "GSE1_a.h5ad.gz",
]  # fmt: skip
OTHER = [
    "GSE1_a.xlsb", "GSE1_a.mat", "GSE1_a.pdf", "GSE1_peaks.bed.gz", "GSE1_a.bw", "GSE1_a.bigWig",
    "GSE1_a.wig.gz", "filelist.txt", "GSE1_molecule_info.h5", "GSE1_a.rds.gz", "GSE1_a.RData", "GSM1.CEL.gz",
    "GSE1_README",
]  # fmt: skip


def read(located: Located, options: ReadOptions) -> Raw:
    raise NotImplementedError


read.__module__ = "fatescore.ingest.readers.new"
NEW = readers.Layout(name="new", title="new files", read=read, endings=(".new",))


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Any:
    readers.names()
    monkeypatch.setattr(readers, "_LAYOUTS", dict(readers._LAYOUTS))
    return readers.register


@pytest.mark.parametrize("name", READABLE + OTHER)
def test_what_can_hold_values(name: str) -> None:
    assert can_hold_values(name) == (name in READABLE)


@pytest.mark.parametrize(
    ("name", "layout"),
    [
        ("GSE5_series_matrix.txt.gz", "series_matrix"),
        ("GSE5-GPL96_SERIES_MATRIX.TXT", "series_matrix"),
        ("GSE5_raw_counts_GRCh38.p13_NCBI.tsv.gz", "ncbi_counts"),
        ("GSE5_mine_NCBI.tsv.gz", "count_table"),
        ("Human.GRCh38.p13.annot.tsv.gz", None),
        ("GSM1_barcodes.tsv.gz", None),
        ("GSM1_matrix.mtx", "tenx_mtx"),
        ("GSM1.mtx", "tenx_mtx"),
        ("GSM1_x.h5ad.bz2", "h5ad"),
        ("GSE1_counts.csv.xz", "count_table"),
        ("GSM1_cell_metadata.csv", None),
        ("GSM1_genes_tpm.txt", "count_table"),
        ("GSM1_filtered_feature_bc_matrix.h5", "tenx_h5"),
        ("GSM1_molecule_info.h5", None),
        ("GSM1.genes.results.gz", "count_table"),
        ("a.docx", None),
    ],
)
def test_the_longest_ending_that_accepts_the_name_wins(name: str, layout: str | None) -> None:
    found = readers.layout_of(Path(name))
    assert (found and found.name) == layout


def test_a_new_layout_is_known_everywhere(register: Any) -> None:
    register(NEW)
    assert "new" in readers.names()
    assert readers.layout_of(Path("x.new.gz")) == NEW
    assert can_hold_values("x.new")
    register(NEW)  # loaded again
    assert readers.get("new") is NEW


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "other"}, r"layout other is registered by fatescore.ingest.readers.new; name the module like"),
        ({"title": "loom files"}, r"loom and new are both called loom files"),
        ({"endings": (".new", ".h5ad")}, r"h5ad and new both claim .h5ad"),
        ({"together": list, "precedence": 3}, r"loom and new both have precedence 3"),
    ],
)
def test_conflicts_are_refused(register: Any, change: dict[str, Any], message: str) -> None:
    with pytest.raises(RuntimeError, match=message):
        register(replace(NEW, **change))
    assert "new" not in readers.names()


def test_a_name_that_another_package_has_is_refused(register: Any) -> None:
    def read_loom(located: Located, options: ReadOptions) -> Raw:
        raise NotImplementedError

    read_loom.__module__ = "elsewhere.loom"
    with pytest.raises(RuntimeError, match=r"two layouts are called loom: fatescore.ingest.readers.loom and elsewhere"):
        register(replace(NEW, name="loom", read=read_loom))


def test_a_condition_on_the_name_breaks_a_tie(register: Any) -> None:
    new = register(replace(NEW, endings=(".h5ad",), accepts=lambda name: "new" in name))
    assert readers.layout_of(Path("new.h5ad")) is new
    assert readers.layout_of(Path("old.h5ad")) is readers.get("h5ad")


@pytest.mark.parametrize(
    ("beside", "layout"),
    [
        ([], "count_table"), (["GSM1_matrix.mtx"], "tenx_mtx"), (["GSM1.h5", "GSM1.loom"], "tenx_h5"),
        (["GSM1.loom"], "loom"),
    ],
)  # fmt: skip
def test_beside_matrices_of_cells_tables_are_metadata(tmp_path: Path, beside: list[str], layout: str) -> None:
    with tarfile.open(tmp_path / "GSE1_RAW.tar", "w") as tar:
        for name in ["GSM1_a.txt", "GSM2_b.txt", *beside]:
            tar.addfile(tarfile.TarInfo(name))
    found = readers.layout_of(tmp_path / "GSE1_RAW.tar")
    assert found is not None
    assert found.name == layout


def test_the_prefix_is_what_stands_before_the_longest_ending() -> None:
    layout = replace(NEW, endings=(".new", ".genes.new"))
    assert layout.ending_of("A_x.Genes.NEW.gz") == ".genes.new"
    assert layout.prefix_of("folder/A_x.Genes.NEW.gz") == "A_x"
    assert layout.ending_of("A_x.old") == ""


def test_an_unknown_name() -> None:
    with pytest.raises(InputError, match=r'layout "lom" is not known; expected count_table, .*did you mean "loom"'):
        readers.get("lom")

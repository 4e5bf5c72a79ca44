"""A layout that is not known fails with a description of the file and the key that settles it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import pytest

from fatescore.errors import InputError
from fatescore.ingest import locate, readers

KEY = rf'.*set "layout".*{", ".join(readers.names())}'


@pytest.mark.parametrize(
    ("data", "description"),
    [
        (b"gene\ta\tb\nRUNX2\t1\t2\n", r'x.docx begins with "gene\ta\tb" \(3 columns\)'.replace(r"\t", " ")),
        (b"hello", r'x.docx begins with "hello" \(1 column\)'),
        (b"a," * 200 + b"\n", r'begins with "(a,){40}\.\.\." \(201 columns\)'),
        (b"\0\1\2", "x.docx is binary"),
        (b"", "x.docx is empty"),
        (b"\x1f\x8b\x08cut", "it cannot be read .*is damaged"),
    ],
)
def test_a_file(tmp_path: Path, data: bytes, description: str) -> None:
    path = tmp_path / "x.docx"
    path.write_bytes(data)
    with pytest.raises(InputError, match="no layout fits the name of .*x.docx; .*" + description + KEY):
        locate(path)
    with pytest.raises(InputError, match="has no files with values; its files are x.docx; .*" + description + KEY):
        locate(tmp_path)


def test_hdf5_and_archives(tmp_path: Path, tarred: Any, series: Callable[..., Path]) -> None:
    with h5py.File(tmp_path / "x.rds", "w") as stored:
        stored["values"] = [[1, 2, 3], [4, 5, 6]]
        stored.create_group("genes")
    with pytest.raises(InputError, match=r"it is HDF5 with genes, values 2 x 3" + KEY):
        locate(tmp_path / "x.rds")
    cel = tarred({"GSM1_a.CEL.gz": b"x", "GSM2_b.CEL.gz": b"x"})
    (tmp_path / "r.tar").write_bytes(cel)
    with pytest.raises(InputError, match=r"its members are GSM1_a.CEL.gz, GSM2_b.CEL.gz" + KEY):
        locate(tmp_path / "r.tar")
    folder = series(rows="", **{"GSE5_RAW.tar": cel})
    with pytest.raises(InputError, match=r"its files are GSE5_RAW.tar; its members are GSM1_a.CEL.gz" + KEY):
        locate(folder)


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="its files are none" + KEY):
        locate(tmp_path)


def test_cells_in_two_forms_are_not_chosen_between(tmp_path: Path, tarred: Any) -> None:
    (tmp_path / "GSE5_all.h5").write_bytes(b"x")
    (tmp_path / "GSE5_RAW.tar").write_bytes(tarred({"GSM1.h5": b"x"}))
    with pytest.raises(InputError, match=r"2 files with values: GSE5_RAW.tar, GSE5_all.h5; expected one; name it in"):
        locate(tmp_path)
    assert locate(tmp_path, file="*RAW*").path.name == "GSE5_RAW.tar"
    assert locate(tmp_path, layout="tenx_h5", file="*all*").layout == "tenx_h5"
    (tmp_path / "GSE5_RAW.tar").unlink()
    (tmp_path / "GSE5_metadata.csv").write_text("cell,type\n")
    assert locate(tmp_path).layout == "tenx_h5"
    (tmp_path / "GSE5.loom").write_bytes(b"x")
    with pytest.raises(InputError, match="3 files with values"):
        locate(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "layout"),
    [
        ("GSE5_family.soft", "^SAMPLE = GSM1\n!sample_table_begin\nID_REF\tVALUE\np1\t1\n", "soft"),
        ("GSM1.txt", "^SAMPLE = GSM1\n!sample_table_begin\nID_REF\tVALUE\np1\t1\n", "soft"),
        ("GSE5_raw_counts_GRCh38.p13_NCBI.tsv", "GeneID\tGSM1\n860\t1\n", "ncbi_counts"),
        ("counts.txt", "gene\tGSM1\nRUNX2\t1\n", "count_table"),
    ],
)
def test_by_name_and_first_byte(tmp_path: Path, name: str, text: str, layout: str) -> None:
    (tmp_path / name).write_text(text)
    assert locate(tmp_path / name).layout == layout


def test_a_table_of_genes_is_no_table_of_values(tmp_path: Path) -> None:
    (tmp_path / "GSE5_raw_counts_GRCh38.p13_NCBI.tsv").write_text("GeneID\tGSM1\n860\t1\n")
    (tmp_path / "Human.GRCh38.p13.annot.tsv").write_text("GeneID\tSymbol\n860\tRUNX2\n")
    assert locate(tmp_path).layout == "ncbi_counts"
    with pytest.raises(InputError, match=r"no layout fits the name of .*annot.tsv"):
        locate(tmp_path / "Human.GRCh38.p13.annot.tsv")


def test_folders_that_only_sound_like_fetched_ones(tmp_path: Path) -> None:
    (tmp_path / "counts").mkdir()
    (tmp_path / "counts" / "all.tsv").write_text("gene\tGSM1\nRUNX2\t1\n")
    assert locate(tmp_path).path.name == "all.tsv"

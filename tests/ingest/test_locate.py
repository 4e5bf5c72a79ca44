"""A layout that is not known fails with a description of the file and the key that settles it."""

from __future__ import annotations

import bz2
import gzip
import lzma
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import pytest

from fatescore.errors import InputError
from fatescore.ingest import locate, readers
from fatescore.ingest.locate import read_raw

KEY = rf'.*set "layout".*{", ".join(readers.names())}'


@pytest.mark.parametrize(
    ("data", "description"),
    [
        (b"gene\ta\tb\nRUNX2\t1\t2\n", r'x.foo begins with "gene\ta\tb" \(3 columns\)'.replace(r"\t", " ")),
        (b"hello", r'x.foo begins with "hello" \(1 column\)'),
        (b"a," * 200 + b"\n", r'begins with "(a,){40}\.\.\." \(201 columns\)'),
        (b"\0\1\2", "x.foo is binary"),
        (b"", "x.foo is empty"),
        (b"\x1f\x8b\x08cut", "it cannot be read .*is damaged"),
    ],
)
def test_a_file(tmp_path: Path, data: bytes, description: str) -> None:
    path = tmp_path / "x.foo"
    path.write_bytes(data)
    with pytest.raises(InputError, match="no layout fits the name of .*x.foo; .*" + description + KEY):
        locate(path)
    with pytest.raises(InputError, match="has no files with values; its files are x.foo; .*" + description + KEY):
        locate(tmp_path)


def test_hdf5_and_archives(tmp_path: Path, tarred: Any, series: Callable[..., Path]) -> None:
    with h5py.File(tmp_path / "x.foo", "w") as stored:
        stored["values"] = [[1, 2, 3], [4, 5, 6]]
        stored.create_group("genes")
    with pytest.raises(InputError, match=r"it is HDF5 with genes, values 2 x 3" + KEY):
        locate(tmp_path / "x.foo")
    cel = tarred({"GSM1_a.CEL.gz": b"x", "GSM2_b.CEL.gz": b"x"})
    (tmp_path / "r.tar").write_bytes(cel)
    with pytest.raises(InputError, match=r"GSM1_a.CEL.gz, GSM2_b.CEL.gz are each raw arrays"):
        locate(tmp_path / "r.tar")
    folder = series(rows="", **{"GSE5_RAW.tar": cel})
    with pytest.raises(InputError, match=r"has no files with values: GSM1_a.CEL.gz, GSM2_b.CEL.gz are each raw arrays"):
        locate(folder)
    bed = tarred({"GSM1_a.bed.gz": b"x", "GSM2_b.bed.gz": b"x"})
    series(rows="", **{"GSE5_RAW.tar": bed})
    with pytest.raises(InputError, match=r"its files are GSE5_RAW.tar; its members are GSM1_a.bed.gz" + KEY):
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


# --- packed again ----------------------------------------------------------------------------------------

TABLE = b"gene,a,b\nRUNX2,1,2\nPPARG,3,4\n"


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize("name", ["GSE9_counts.csv.zip", "anything.zip"])
def test_a_zip_of_one_table(tmp_path: Path, name: str) -> None:
    path = zipped(tmp_path / name, {"x/counts.csv": TABLE})
    for source in (path, tmp_path):
        raw = read_raw(locate(source), "human")
        assert (raw.columns, raw.matrix.toarray().tolist(), raw.inputs) == (["a", "b"], [[1, 3], [2, 4]], [path])


@pytest.mark.parametrize("pack", [bz2.compress, lzma.compress])
def test_other_packers(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / f"GSE9_counts.csv.{'bz2' if pack is bz2.compress else 'xz'}"
    path.write_bytes(pack(TABLE))
    for source in (path, tmp_path):
        assert read_raw(locate(source), "human").matrix.toarray().tolist() == [[1, 3], [2, 4]]


def test_a_zip_of_several_tables(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", {f"GSM{n}_a.txt": b"gene\tcount\nRUNX2\t%d\nPPARG\t3\n" % n for n in (1, 2)})
    raw = read_raw(locate(path), "human")
    assert (raw.columns, raw.matrix.toarray().tolist()) == (["GSM1", "GSM2"], [[1, 3], [2, 3]])


@pytest.mark.parametrize("outer", ["zip", "tar", "tar.gz"])
@pytest.mark.parametrize("inner", ["zip", "tar.gz", "folder"])
def test_folders_of_10x_packed_again(tmp_path: Path, triplet: Any, tarred: Any, outer: str, inner: str) -> None:
    members = {}
    for n in (1, 2):
        own = {f"filtered_feature_bc_matrix/{name}": data for name, data in triplet(["RUNX2"], ["A"], [[n]]).items()}
        if inner == "zip":
            members[f"GSM{n}_x.zip"] = zipped(tmp_path / "one", own).read_bytes()
            (tmp_path / "one").unlink()
        elif inner == "tar.gz":
            members[f"GSM{n}_x.tar.gz"] = gzip.compress(tarred(own))
        else:
            members |= {f"GSM{n}_x/{name}": data for name, data in own.items()}
    path = tmp_path / f"GSE5_RAW.{outer}"
    if outer == "zip":
        zipped(path, members)
    else:
        path.write_bytes(tarred(members) if outer == "tar" else gzip.compress(tarred(members)))
    for source in (path, tmp_path):
        raw = read_raw(locate(source), "human")
        assert (raw.columns, raw.matrix.toarray().tolist()) == (["GSM1", "GSM2"], [[1], [2]])
        one = read_raw(locate(source, file="GSM2_*"), "human")
        assert (one.columns, one.matrix.toarray().tolist()) == (["GSM2"], [[2]])


def test_several_archives_are_packed_by_the_command_of_the_refusal(tmp_path: Path, triplet: Any, tarred: Any) -> None:
    for n in (1, 2):
        (tmp_path / f"CT{n}.tar.gz").write_bytes(gzip.compress(tarred(triplet(["RUNX2"], ["A"], [[n]]))))
    with pytest.raises(InputError, match=r"2 files with values: CT1.tar.gz, CT2.tar.gz;.*tar -cf all.tar CT1") as error:
        locate(tmp_path)
    subprocess.run(str(error.value).rpartition(": ")[2], shell=True, check=True, cwd=tmp_path)
    raw = read_raw(locate(tmp_path, file="all.tar"), "human")
    assert (raw.columns, raw.matrix.toarray().tolist()) == (["CT1", "CT2"], [[1], [2]])

"""Files that are not read: named as what they are, with a way that works."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from fatescore.errors import InputError
from fatescore.ingest import locate
from fatescore.ingest.foreign import explain, kind_of
from fatescore.ingest.locate import read_raw

TABLE = b"gene\tA\tB\nRUNX2\t5\t0\n"


@pytest.mark.parametrize(
    ("name", "what", "command"),
    [
        ("GSE5_counts.rds", "an R object", 'Rscript -e \'x <- readRDS("GSE5_counts.rds"); '),
        ("GSE5_counts.RDS.gz", "an R object", "gunzip -k GSE5_counts.RDS.gz && Rscript -e 'x <- readRDS("),
        ("GSE5_counts.RData.gz", "an R workspace", 'x <- get(load("GSE5_counts.RData")[1])'),
        ("GSE5_counts.rda", "an R workspace", "write.table(as.matrix(x), "),
        ("GSE5_counts.qs", "an R object", "qs::qread"),
        ("GSE5_counts.h5Seurat", "a Seurat file", "SeuratDisk::Convert(\"GSE5_counts.h5Seurat\""),
        ("GSE5_counts.xlsb", "a workbook", "Text (Tab delimited)"),
        ("GSE5_counts.ods", "a workbook", "put GSE5_counts.txt beside it"),
        ("GSE5_counts.mat", "a MATLAB file", "writetable"),
    ],
)  # fmt: skip
def test_files_of_other_programs_and_where_their_text_goes(tmp_path: Path, name: str, what: str, command: str) -> None:
    path = tmp_path / "GSE5" / "suppl" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"anything")
    for source in (path, path.parent, tmp_path / "GSE5"):
        with pytest.raises(InputError) as error:
            locate(source)
        assert f"{name} is {what}" in str(error.value)
        assert command in str(error.value)
    beside = next(
        ending for ending in (".tsv.gz", ".txt", ".h5ad") if f"put GSE5_counts{ending} beside" in str(error.value)
    )
    if beside != ".h5ad":
        path.with_name(f"GSE5_counts{beside}").write_bytes(gzip.compress(TABLE) if beside == ".tsv.gz" else TABLE)
        assert read_raw(locate(tmp_path / "GSE5"), "human").ids == ["RUNX2"]


@pytest.mark.parametrize("member", ["GSM1.CEL.gz", "GSM1_Grn.idat.gz", "GSM1.gpr", "GSM1.pair"])
def test_archives_of_raw_arrays(tmp_path: Path, member: str, tarred: Callable[[dict[str, bytes]], bytes]) -> None:
    path = tmp_path / "GSE5_RAW.tar"
    path.write_bytes(tarred({member: b"x", member.replace("1", "2"): b"y"}))
    with pytest.raises(
        InputError, match=r"are each raw arrays; .*series matrix has the submitter's values .*oligo or limma"
    ):
        locate(path)


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"ATF\t1.0\n29\t43\n", "raw arrays"),
        (b"TYPE\ttext\tinteger\nFEPARAMS\tA\tB\n", "raw arrays"),
        (b"[CEL]\nVersion=3\n", "raw arrays"),
        (b"# software=NimbleScan\nIMAGE_ID\tX\n", "raw arrays"),
        (b"Begin Header\tx\n", "raw arrays"),
        (b"RDX3\nX\n\0\0", "an R workspace"),
        (b"X\n\0\0\0\x03\0", "an R object"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old Excel workbook"),
        (b"%PDF-1.4\n", "a document"),
        (b"MATLAB 5.0 MAT-file", "a MATLAB file"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_under_a_texts_name_the_first_bytes_tell(tmp_path: Path, start: bytes, what: str, *, packed: bool) -> None:
    path = tmp_path / ("GSM1_x.txt.gz" if packed else "GSM1_x.txt")
    path.write_bytes(gzip.compress(start + b"1\t2\n" * 9) if packed else start + b"1\t2\n" * 9)
    with pytest.raises(InputError, match=rf"GSM1_x.txt(\.gz)? is {what}"):
        read_raw(locate(path), "human")


def test_an_archive_of_feature_extraction_texts(tmp_path: Path, tarred: Callable[[dict[str, bytes]], bytes]) -> None:
    path = tmp_path / "GSE5_RAW.tar"
    path.write_bytes(tarred({f"GSM{n}.txt.gz": gzip.compress(b"TYPE\ttext\nFEPARAMS\tx\n") for n in (1, 2)}))
    with pytest.raises(InputError, match=r"GSM1.txt.gz is raw arrays; .*series matrix"):
        read_raw(locate(path), "human")


def test_what_can_hold_values_is_explained_first() -> None:
    what, fix = explain(["GSM1.CEL.gz", "a/GSE5.rds", "GSE5.pdf"])
    assert what == "GSE5.rds is an R object"
    assert "readRDS" in fix
    assert explain(["GSE5_counts.txt.gz", "GSE5.bed"]) == ("", "")
    kinds = [kind_of(name) for name in ("a.rds", "a.CEL", "a.pdf")]
    assert [kind.values for kind in kinds if kind] == [True, False, False]

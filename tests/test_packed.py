"""Packed files: told by their first bytes, read alike, and refused with a command where they cannot be."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from fatescore import packed
from fatescore.errors import InputError
from fatescore.geo import read_series_matrix, read_soft
from fatescore.ingest import read_table

TABLE = b"gene\tGSM1\tGSM2\nRUNX2\t1\t2\nPPARG\t3\t4\n"
MATRIX = b'!Series_title\t"t"\n\n!Sample_geo_accession\t"GSM1"\n!series_matrix_table_begin\n"ID_REF"\t"GSM1"\np\t1\n'


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


PACK: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda data: data,
    "gz": lambda data: gzip.compress(data, mtime=0),
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zip": lambda data: zipped({"t": data}),
    "twice": lambda data: gzip.compress(gzip.compress(data, mtime=0), mtime=0),
    "gz in zip": lambda data: zipped({"t": gzip.compress(data, mtime=0)}),
    "beside a Mac's": lambda data: zipped({"folder/t": data, "__MACOSX/folder/._t": b"x"}),
}


@pytest.mark.parametrize("how", PACK)
def test_one_file_is_read_however_it_is_packed(tmp_path: Path, how: str) -> None:
    path = tmp_path / "t.txt"  # the name tells nothing
    path.write_bytes(PACK[how](TABLE))
    assert packed.read_bytes(path) == TABLE
    assert packed.is_packed(path) == (how != "plain")
    assert b"".join(packed.lines(path)) == TABLE
    assert read_table(path).data.to_numpy().tolist() == [[1, 2], [3, 4]]
    path.write_bytes(PACK[how](MATRIX + b"!series_matrix_table_end\n"))
    assert read_series_matrix(path).samples.index.tolist() == ["GSM1"]
    path.write_bytes(PACK[how](b"^SAMPLE = GSM1\n!Sample_title = a\n"))
    assert list(read_soft(path).samples) == ["GSM1"]


@pytest.mark.parametrize("how", ["gz", "bz2", "xz", "zip"])
@pytest.mark.parametrize("cut", [8, 30, -5])
def test_damage_is_told(tmp_path: Path, how: str, cut: int) -> None:
    path = tmp_path / "t.txt"
    path.write_bytes(PACK[how](TABLE * 9)[:cut])
    with pytest.raises(InputError, match=r"t.txt cannot be read .*fetch it again"):
        packed.read_bytes(path)


@pytest.mark.parametrize("how", ["gz", "bz2", "xz", "zip", "twice"])
def test_bombs(tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "_FLOOR", 1000)
    path = tmp_path / "t.txt"
    path.write_bytes(PACK[how](bytes(3 * 10**7)))
    with pytest.raises(InputError, match="holds more than"):
        packed.read_bytes(path)


def test_several_files_are_no_one_file(tmp_path: Path) -> None:
    path = tmp_path / "t.zip"
    path.write_bytes(zipped({"a": b"1", "b": b"2"}))
    with pytest.raises(InputError, match=r"is a zip of 2 files: a, b; .*give the zip file itself as the source"):
        packed.read_bytes(path)
    assert packed.only_file(path) == ""


@pytest.mark.parametrize(("place", "change", "why"), [(6, 1, "is encrypted"), (8, 9, "few programs know")])
def test_what_python_cannot_unpack(tmp_path: Path, place: int, change: int, why: str) -> None:
    path = tmp_path / "t.zip"
    data = bytearray(zipped({"a": TABLE}))
    data[place] = change  # flags or method, in the header of the file and in the table
    data[data.index(b"PK\x01\x02") + place + 2] = change
    path.write_bytes(data)
    with pytest.raises(InputError, match=rf"t.zip .*{why}.*\(a\); .*7z x -oFOLDER"):
        packed.read_bytes(path)

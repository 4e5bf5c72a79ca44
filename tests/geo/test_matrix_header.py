"""What fetch sees of a series matrix agrees with what the reader makes of it."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from fatescore.errors import InputError
from fatescore.geo.matrix_header import read_header

FOLDER = "series/GSEnnn/GSE5"
HEAD = '!Sample_geo_accession\t"GSM1"\n!Sample_platform_id\t"GPL7"\n'
BEGIN, COLUMNS, ROW = "!series_matrix_table_begin\n", '"ID_REF"\t"GSM1"\n', '"p1"\t1\n'


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (HEAD + BEGIN + COLUMNS + ROW, True),
        (HEAD + COLUMNS + ROW, True),
        (HEAD + BEGIN.replace("!", '"!').replace("\n", '"\n') + COLUMNS + ROW, True),
        (HEAD + BEGIN + COLUMNS, False),
        (HEAD + BEGIN + COLUMNS + "!series_matrix_table_end\n", False),
        (HEAD + BEGIN + COLUMNS + BEGIN + COLUMNS, False),
        ((HEAD + BEGIN + COLUMNS + BEGIN + COLUMNS).replace("\n", "\r\n").rstrip(), False),
        (HEAD, False),
    ],
)
def test_rows(tmp_path: Path, text: str, rows: bool) -> None:
    path = tmp_path / "m.txt.gz"
    path.write_bytes(gzip.compress(text.encode()))
    header = read_header(path, FOLDER)
    assert (header.has_rows, header.platforms) == (rows, ["GPL7"])


def test_plain_text_and_quoted_names(tmp_path: Path) -> None:
    path = tmp_path / "m.txt"
    path.write_text('"!Series_platform_id"\t"GPL96"\n!Series_platform_id_note\tGPL5\n' + HEAD)
    assert read_header(path, FOLDER).platforms == ["GPL7", "GPL96"]


CUT = gzip.compress(HEAD.encode(), mtime=0)[:-12]


@pytest.mark.parametrize("raw", [b"\x1f\x8b", CUT, b"\x1f\x8b\x08\0\0\0\0\0\0\3xyz"])
def test_damaged(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "m.txt.gz"
    path.write_bytes(raw)
    with pytest.raises(InputError, match="cannot be read"):
        read_header(path, FOLDER)


PLACE = f"ftp://ftp.example/geo/{FOLDER}/suppl/"


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ([f"{PLACE}GSE5_a.csv.gz", f"{PLACE}GSE5_b.xlsx"], ["GSE5_a.csv.gz", "GSE5_b.xlsx"]),
        ([f"{PLACE}GSE5_CD4%2B.txt", f"{PLACE}GSE5_ä#?.txt"], ["GSE5_CD4+.txt", "GSE5_ä#?.txt"]),
        (["NONE"], []),
        ([f"{PLACE}deeper/a.txt", f"{PLACE}%2e%2e%2fa.txt", f"{PLACE}..", PLACE], []),
        (["ftp://ftp.example/geo/series/GSEnnn/GSE6/suppl/GSE6_a.txt", "https://elsewhere.example/a.txt"], []),
        ([], []),
    ],
)
@pytest.mark.parametrize("packed", [True, False])
def test_supplementary_names(tmp_path: Path, values: list[str], names: list[str], *, packed: bool) -> None:
    lines = "".join(f'!Series_supplementary_file\t"{value}"\n' for value in values)
    text = (lines + HEAD + BEGIN + COLUMNS + f"!Series_supplementary_file\t{PLACE}GSE5_below.txt\n").encode()
    path = tmp_path / "GSE5_series_matrix.txt.gz"
    path.write_bytes(gzip.compress(text) if packed else text.replace(b"\n", b"\r\n"))
    assert read_header(path, FOLDER).supplementary == names

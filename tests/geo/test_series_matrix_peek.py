"""What fetch sees of a series matrix agrees with what the reader makes of it."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from fatescore.errors import InputError
from fatescore.geo._peek import has_rows, platform_ids

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
    assert has_rows(path) is rows
    assert platform_ids(path) == ["GPL7"]


def test_plain_text_and_quoted_names(tmp_path: Path) -> None:
    path = tmp_path / "m.txt"
    path.write_text('"!Series_platform_id"\t"GPL96"\n!Series_platform_id_note\tGPL5\n' + HEAD)
    assert platform_ids(path) == ["GPL7", "GPL96"]


@pytest.mark.parametrize("raw", [b"\x1f\x8b", gzip.compress(HEAD.encode())[:-12], b"\x1f\x8b\x08\0\0\0\0\0\0\3xyz"])
def test_damaged(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "m.txt.gz"
    path.write_bytes(raw)
    for look in (has_rows, platform_ids):
        with pytest.raises(InputError, match="cannot be read"):
            look(path)

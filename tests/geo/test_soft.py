"""The SOFT reader."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from fatescore.errors import InputError
from fatescore.geo import probe_symbols, read_soft

TEXT = """^SERIES = GSE5
!Series_title = t = u
^PLATFORM = GPL7
#ID = probe
!platform_table_begin
ID\tGene Symbol
p1\tRUNX2
!platform_table_end
^SAMPLE = GSM1
!Sample_platform_id = GPL7
!Sample_characteristics_ch1 = age: 80
!Sample_description =
#ID_REF =
!sample_table_begin
ID_REF\tVALUE\tCALL
p1\t1.5\tP
p2\tnull\tA
!sample_table_end
^SAMPLE = GSM2
!Sample_platform_id = GPL7
!Sample_characteristics_ch1 = sex: f
!Sample_characteristics_ch1 = age: 79
!sample_table_begin
ID_REF\tVALUE
p2\t2
p1\t3
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "f.soft"
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_family(tmp_path: Path, newline: str) -> None:
    family = read_soft(write(tmp_path, TEXT.replace("\n", newline)))
    assert family.series["GSE5"].fields["title"] == ["t = u"]
    assert list(family.sample_table()["characteristics: age"]) == ["80", "79"]
    table = family.values("GPL7")
    assert table["GSM2"].to_dict() == {"p1": 3, "p2": 2}
    assert table["GSM1"].isna().to_dict() == {"p1": False, "p2": True}
    annotation = family.platforms["GPL7"].table
    assert annotation is not None
    assert probe_symbols(annotation).to_dict() == {"p1": "RUNX2"}


def test_several_platforms_need_a_name(tmp_path: Path) -> None:
    text = TEXT.replace("GSM2\n!Sample_platform_id = GPL7", "GSM2\n!Sample_platform_id = GPL8")
    family = read_soft(write(tmp_path, text))
    with pytest.raises(InputError, match="GPL7, GPL8"):
        family.values()
    assert list(family.values("GPL8")) == ["GSM2"]


def test_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no line that starts with"):
        read_soft(write(tmp_path, "a\tb\n"))
    with pytest.raises(InputError, match='GSM2 has "x" in column VALUE'):
        read_soft(write(tmp_path, TEXT.replace("p1\t3", "p1\tx"))).values("GPL7")


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        ("p1\t3", ["p1", "3", ""]),
        ("p1\t3\tP\t\t", ["p1", "3", "P"]),
        ("p1\t3\tP\textra", ["p1", "3", "P"]),
        ('p1\t3\t5" end', ["p1", "3", '5" end']),
        ("p1\t3\ta\rb", ["p1", "3", "a b"]),
        ("p1\t3\t37 °C", ["p1", "3", "37 °C"]),
        ("p1\tNA\tNA", ["p1", "NA", "NA"]),
        ("!x\t3\tP", ["!x", "3", "P"]),
    ],
)
def test_odd_rows(tmp_path: Path, row: str, cells: list[str]) -> None:
    path = tmp_path / "f.soft"
    head = "^SAMPLE = GSM1\n!sample_table_begin\nID_REF\tVALUE\tCALL\t\np0\t1\tµ\n\n"
    for encoding in ("utf-8", "latin-1"):
        path.write_bytes((head + row + "\n!sample_table_end\n").encode(encoding))
        table = read_soft(path).samples["GSM1"].table
        assert table is not None
        assert table.to_numpy().tolist() == [["p0", "1", "µ"], cells]


def test_samples_with_other_rows_are_joined_by_probe(tmp_path: Path) -> None:
    table = read_soft(write(tmp_path, TEXT.replace("p2\t2\n", "p3\t2\n"))).values()
    assert table.index.tolist() == ["p1", "p2", "p3"]
    assert table["GSM2"].isna().tolist() == [False, True, False]


def test_two_platforms_of_a_real_family(real_data: Path) -> None:
    path = real_data / "geo/series/GSEnnn/GSE781/soft/GSE781_family.soft.gz"
    family = read_soft(path)
    assert {name: family.values(name).shape for name in family.platforms} == {
        "GPL96": (22_283, 17),
        "GPL97": (22_645, 17),
    }
    # every value of two samples against the lines of the file
    sample, want = "", {"GSM11805": {}, "GSM11810": {}}  # type: ignore[var-annotated]
    with gzip.open(path, "rt") as stream:
        for line in stream:
            if line.startswith("^"):
                sample = line.split(" = ")[1].strip()
            elif sample in want and line[0] not in "!#" and not line.startswith("ID_REF"):
                probe, value = line.split("\t")[:2]
                want[sample][probe] = float(value)
    for name, cells in want.items():
        assert len(cells) > 20_000
        platform = family.samples[name].fields["platform_id"][0]
        assert family.values(platform)[name].to_dict() == cells


@pytest.mark.parametrize(
    ("name", "table"),
    [("GPL20814_family.soft.gz", (3, 4)), ("GPL4133.txt.gz", (13, 22)), ("GPL4134.txt.gz", (13, 22))],
)
def test_odd_platforms(real_data: Path, name: str, table: tuple[int, int]) -> None:
    platform = next(iter(read_soft(real_data / "geo/odd" / name).platforms.values()))
    assert platform.table is not None
    assert platform.table.shape == table


def test_odd_samples(real_data: Path) -> None:
    old = read_soft(real_data / "geo/odd/GSM32878.txt.gz")
    assert old.values()["GSM32878"].to_dict() == {"1": 0.157557497, "9182": 0.316207298}
    empty = read_soft(real_data / "geo/odd/GSM2795971.txt.gz").samples["GSM2795971"]
    assert empty.table is None
    assert empty.fields["title"] == ["SMAD2/3, Hs578T, TGFβ 16h_ChIP"]
    assert read_soft(real_data / "geo/odd/soft_ex_family.txt.gz").samples
    assert read_soft(real_data / "geo/odd/GSE105845_family.soft.gz").series


def test_numbers_are_exact_and_words_refused(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    values = (rng.normal(size=500) * 10.0 ** rng.integers(-30, 30, 500)).tolist()
    for first in (repr(values[0]), f"+{abs(values[0])!r}"):  # Python alone reads a plus sign
        cells = [first, *(repr(value) for value in values[1:])]
        rows = "".join(f"p{k}\t{cell}\n" for k, cell in enumerate(cells))
        path = tmp_path / "x.soft"
        path.write_text(f"^SAMPLE = GSM1\n!sample_table_begin\nID_REF\tVALUE\n{rows}!sample_table_end\n")
        assert read_soft(path).values()["GSM1"].tolist() == [float(cell) for cell in cells]
        path.write_text(path.read_text().replace(f"p1\t{cells[1]}", "p1\t1_0"))
        with pytest.raises(InputError, match=r'GSM1 has "1_0" in column VALUE'):
            read_soft(path).values()


def test_what_the_values_are_is_a_field(tmp_path: Path) -> None:
    text = (
        "^SAMPLE = GSM1\n!Sample_title = a\n#ID_REF = probe\n#VALUE = log2 ratio (test/reference) = M\n"
        "!sample_table_begin\nID_REF\tVALUE\np1\t0.5\n!sample_table_end\n"
    )
    (tmp_path / "GSM1.soft").write_text(text)
    table = read_soft(tmp_path / "GSM1.soft").sample_table()
    assert table["value_definition"].to_list() == ["log2 ratio (test/reference) = M"]

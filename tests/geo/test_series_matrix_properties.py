"""Random series matrices in every variant of the grammar are read back as they were meant."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatescore.geo import SeriesMatrix, read_series_matrix
from fatescore.geo.matrix_header import read_header

ODD_CELLS = ["", "a: b", "x = y: z", "a\rb", "a\tb", "5' end", "NA", "null", "!x", "^y", "#z", "a, b", "°C µ"]
CELL = st.sampled_from(ODD_CELLS) | st.text(
    st.characters(codec="latin-1", exclude_categories=["Cc"], exclude_characters='"|'), max_size=12
).map(str.strip)
KEY = st.text("abcxyz /_", min_size=1, max_size=8).map(lambda text: " ".join(text.split())).filter(bool)
KEYLESS = st.sampled_from(["female", "x = y", "NA", "37 °C"])
PROBE = st.sampled_from(["NA", "null", "007", "1e5", "1007_s_at", "a b", "°1"]) | st.text("aAbBxX01_./-é", min_size=1)
NUMBER = st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**6), 10**6).map(float)
MISSING_CELL = ["", "NA", "null", "NULL", "Null"]


@dataclass
class Meant:
    """What the file says: fields and traits by sample, values by probe and sample."""

    names: list[str]
    fields: dict[str, list[str]]
    traits: list[list[tuple[str, str]]]  # key and value; a text without a key has key ""
    probes: list[str]
    table: list[list[float | None]]


def meant(draw: Any) -> Meant:
    n = draw(st.integers(1, 5))
    names = [f"GSM{number}" for number in draw(st.lists(st.integers(1, 10**7), min_size=n, max_size=n, unique=True))]
    fields = {f"field_{k}": draw(st.lists(CELL, min_size=n, max_size=n)) for k in range(draw(st.integers(0, 3)))}
    trait = st.tuples(KEY, CELL.filter(bool)) | st.tuples(st.just(""), KEYLESS)
    traits = [draw(st.lists(trait, max_size=4)) for _ in names]
    probes = draw(st.lists(PROBE, max_size=6, unique=True))
    if probes and draw(st.booleans()):  # ids that differ in case only
        probes = list(dict.fromkeys(case for probe in probes for case in (probe, probe.swapcase())))
    table: list[list[float | None]] = [[draw(NUMBER) for _ in names] for _ in probes]
    if draw(st.integers(0, 9)) == 0:  # a column that begins with a thousand missing values
        probes = [*(f"blank{k}" for k in range(1200)), *probes]
        table = [*([None] * (n - 1) + [1.0] for _ in range(1200)), *table]
    return Meant(names, fields, traits, probes, table)


def metadata(draw: Any, said: Meant, quote: bool) -> list[str]:
    """Write the k-th trait of every sample into the k-th line, whatever their keys."""

    def line(name: str, cells: list[str]) -> str:
        return "\t".join([f"!Sample_{name}", *(f'"{cell}"' if quote or "\t" in cell else cell for cell in cells)])

    lines = [line(key, cells) for key, cells in said.fields.items()]
    for at in range(max(map(len, said.traits))):
        pairs = [trait[at] if at < len(trait) else ("", "") for trait in said.traits]
        lines.append(line("characteristics_ch1", [f"{key}: {text}" if key else text for key, text in pairs]))
    lines.insert(draw(st.integers(0, len(lines))), line("geo_accession", said.names))
    return ['!Series_title\t"t"', '"!Series_platform_id"\t"GPL7"', "", *lines]


def body(draw: Any, said: Meant, quote: bool) -> list[str]:
    """Write the table with its columns in any order, from no marker to two."""
    order = draw(st.permutations(range(len(said.names))))
    odd = draw(st.sampled_from(["", "", "trailing tab", "ragged", "blanks", "quoted numbers", "empty lines"]))
    mark, gap = ('"', "") if quote else ("", draw(st.sampled_from(MISSING_CELL)))
    header = "\t".join(
        f"{mark}{cell}{mark}" for cell in [draw(st.sampled_from(["ID_REF", "TAG"])), *(said.names[k] for k in order)]
    )
    lines = []
    for probe, row in zip(said.probes, said.table, strict=True):
        cells = [gap if row[k] is None else repr(row[k]) for k in order]
        if odd == "blanks":
            cells = [f" {cell} " if cell else cell for cell in cells]
        elif odd == "quoted numbers":
            cells = [f'"{cell}"' for cell in cells]
        line = "\t".join([f"{mark}{probe}{mark}", *cells])
        lines.append(line.rstrip("\t") if odd == "ragged" else line + "\t" * (odd == "trailing tab"))
        lines += [""] * (odd == "empty lines")
    begin = "!series_matrix_table_begin"
    start = draw(st.sampled_from([[begin, header], [header], [begin, begin, header], [begin, header, begin, header]]))
    return [*start, *lines, *draw(st.sampled_from([[], ["!series_matrix_table_end"]]))]


def encoded(draw: Any, text: str) -> bytes:
    raw = text.encode(draw(st.sampled_from(["utf-8", "latin-1"])))
    try:
        if raw.decode() != text:  # latin-1 that is other text in UTF-8
            raw = text.encode()
    except UnicodeDecodeError:
        pass
    return gzip.compress(raw, 1) if draw(st.booleans()) else raw


def check_samples(matrix: SeriesMatrix, said: Meant) -> None:
    assert list(matrix.samples.index) == said.names
    for key, cells in said.fields.items():
        assert list(matrix.samples[key]) == [cell.replace("\r", " ") for cell in cells]
    for name, trait in zip(said.names, said.traits, strict=True):
        want: dict[str, list[str]] = {}
        for key, text in trait:
            cell = text.replace("\r", " ")
            texts = want.setdefault(f"characteristics: {key}" if key else "characteristics_ch1", [])
            texts += [cell] * (cell not in texts)
        found = {str(key): text for key, text in matrix.samples.loc[name].items() if str(key).startswith("char")}
        assert {key: text for key, text in found.items() if text} == {key: " | ".join(t) for key, t in want.items()}


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_read_back_equal(data: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    said, quote = meant(data.draw), data.draw(st.booleans())
    newline = data.draw(st.sampled_from(["\n", "\r\n"]))
    text = newline.join([*metadata(data.draw, said, quote), *body(data.draw, said, quote)])
    path = tmp_path_factory.mktemp("m") / "m.txt.gz"
    path.write_bytes(encoded(data.draw, text + data.draw(st.sampled_from(["", newline]))))

    matrix = read_series_matrix(path)

    check_samples(matrix, said)
    header = read_header(path, "series/GSEnnn/GSE1")
    assert header.platforms == matrix.platforms == ["GPL7"]
    assert header.has_rows == bool(said.probes)
    values = matrix.values
    if not said.probes:
        assert values is None
        return
    assert values is not None
    assert list(values.index) == said.probes
    assert list(values.columns) == said.names
    want = np.array([[np.nan if cell is None else cell for cell in row] for row in said.table], dtype=float)
    np.testing.assert_array_equal(values.to_numpy(), want)

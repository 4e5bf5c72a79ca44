"""Feed damaged GEO files to the readers; only the project's own errors may come out.

python benchmarks/geo_fuzz.py [--minutes 10] [--seed 0]

A run is told by seed and number: the same two make the same bytes. A warning counts as a crash, and so does a read
of more than ``SLOW`` seconds. Exit status 1 when something was found.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from _fuzzing import Kind, main, text

from fatescore import organisms
from fatescore.gene_sets import symbols
from fatescore.geo import probe_symbols, read_annotation, read_series_matrix, read_soft
from fatescore.geo.gene_column import split_symbols
from fatescore.geo.matrix_header import read_header
from fatescore.geo.platform import best_rows, one_symbol
from fatescore.geo.soft import read_platform


def series_matrix(draw: random.Random) -> bytes:
    n, rows = draw.randint(1, 5), draw.randint(0, 8)
    names = [f'"GSM{k}"' for k in range(n)]
    cells = [[f'"p{k}"', *(draw.choice(["1.5", "-2", "null", "", "1e-3"]) for _ in names)] for k in range(rows)]
    return text(
        '!Series_title\t"A title"', '!Series_platform_id\t"GPL7"', "", ["!Sample_title", *names],
        ["!Sample_geo_accession", *names], ["!Sample_characteristics_ch1", *(f'"age: {k}=a: b"' for k in range(n))],
        ["!Sample_platform_id", *['"GPL7"'] * n], "!series_matrix_table_begin", ['"ID_REF"', *names], *cells,
        "!series_matrix_table_end",
    )  # fmt: skip


def family_soft(draw: random.Random) -> bytes:
    lines: list[str | list[str]] = ["^DATABASE = GeoMiame", "^SERIES = GSE5", "!Series_title = t = u"]
    lines += platformtext(draw)
    for k in range(draw.randint(1, 4)):
        probes = [[f"p{row}", draw.choice(["1.5", "-2", "null", ""]), "P"] for row in range(draw.randint(0, 5))]
        lines += [f"^SAMPLE = GSM{k}", "!Sample_platform_id = GPL7", "!Sample_characteristics_ch1 = age: 80",
                  "#ID_REF = ", "!sample_table_begin", ["ID_REF", "VALUE", "CALL"], *probes,
                  "!sample_table_end"]  # fmt: skip
    return text(*lines)


def annotation(draw: random.Random) -> bytes:
    return text("^Annotation", "!Annotation_platform = GPL7", *platformtext(draw))


def platformtext(draw: random.Random) -> list[str | list[str]]:
    column = draw.choice(["Gene symbol", "ILMN_Gene", "gene_assignment", "GB_ACC", "SPOT_ID", "ENSEMBL_ID"])
    cells = ["RUNX2", "PMF1-BGLAP /// PMF1 /// BGLAP", "---", "", "NM_1 // BGLAP // x // 1 /// NM_2 // A // y",
               "NM_1 // RefSeq // Homo sapiens x (RUNX2), mRNA. // 1", "ENSG00000132170.21", "860",
               "x, (y"]  # fmt: skip
    rows = [[f"p{k}", draw.choice(cells), '5" end'] for k in range(draw.randint(0, 6))]
    return ["^PLATFORM = GPL7", "#ID = probe", "!platform_table_begin", ["ID", column, "note"], *rows,
            "!platform_table_end"]  # fmt: skip


def use_matrix(path: Path) -> None:
    rows = read_header(path, "series/GSEnnn/GSE1").has_rows
    matrix = read_series_matrix(path)
    table = matrix.values  # noqa: PD011
    assert rows or table is None
    if table is not None:
        assert list(table) == [name for name in matrix.samples.index if name in table]
        assert all(kind == "float64" for kind in table.dtypes)


def use_family(path: Path) -> None:
    family = read_soft(path)
    assert len(family.sample_table()) == len(family.samples)
    for platform in ["", *family.platforms]:
        family.values(platform)
    table = read_platform(path, "GPL7")
    assert table is None or "GPL7" in family.platforms


def use_annotation(path: Path) -> None:
    named = probe_symbols(read_annotation(path))
    genes = pd.Series([one_symbol(split_symbols(cell), {"BGLAP"}) for cell in named], dtype=object)
    rows, record = best_rows(np.ones((len(genes), 1)), genes)
    assert len(rows) == len(record)


KINDS: dict[str, Kind] = {
    "series matrix": Kind(series_matrix, use_matrix),
    "family SOFT": Kind(family_soft, use_family),
    "annotation": Kind(annotation, use_annotation),
}

for organism in organisms.names():  # in the parent, once: the tables of genes take seconds
    symbols.resolve([], organism)


if __name__ == "__main__":
    sys.exit(main(KINDS, __doc__))

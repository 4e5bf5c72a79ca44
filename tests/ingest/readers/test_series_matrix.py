"""Values from a series matrix: from probes to genes, and what of a series has no values."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from fatescore.errors import InputError
from fatescore.ingest import ingest, locate
from fatescore.ingest.locate import read_raw
from fatescore.ingest.matrix import Raw

ARRAY: dict[str, Any] = {"dataset": "d", "organism": "human", "assay": "array", "scale": "log2"}


def annotation(column: str, *rows: tuple[str, str]) -> str:
    table = "".join(f"{probe}\t{cell}\n" for probe, cell in rows)
    return f"^Annotation\n!platform_table_begin\nID\t{column}\n{table}!platform_table_end\n"


def read(source: Path, layout: str = "auto", file: str = "") -> Raw:
    return read_raw(locate(source, layout, file), "human")


def test_probes_that_differ_in_case_only_and_probes_absent_from_the_platform(series: Callable[..., Path]) -> None:
    rows = '"a_at"\t1\t2\t3\t4\n"A_at"\t5\t6\t7\t8\n"new_at"\t9\t9\t9\t9\n'
    raw = read(series(rows, annotation=annotation("Gene symbol", ("a_at", "RUNX2"), ("A_at", "ALPL"))))
    assert raw.annotation is not None
    assert raw.annotation.to_dict() == {"a_at": "RUNX2", "A_at": "ALPL", "new_at": ""}
    assert raw.matrix[:, 0].tolist() == [1, 2, 3, 4]
    assert raw.notes == ["1 probes are not in GPL7.annot.gz"]


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("Gene Symbol", ["RUNX2", "ALPL /// A1BG", "---"]),
        ("ILMN_Gene", ["RUNX2", "ALPL///A1BG", ""]),
        ("gene_assignment", ["N // RUNX2 // x // 6p21 /// M // RUNX2 // y", "N // ALPL // x /// M // A1BG //", "---"]),
    ],
)  # fmt: skip
def test_what_platforms_call_a_gene(
    column: str, cells: list[str], series: Callable[..., Path], samples: pd.DataFrame
) -> None:
    rows = "".join(f'"p{n}"\t{n}.5\t{n}.5\t{n}.5\t{n}.25\n' for n in range(3))
    folder = series(rows, annotation=annotation(column, *((f"p{n}", cell) for n, cell in enumerate(cells))))
    result = ingest(folder, samples=samples, **ARRAY)
    assert result.adata.to_df().to_dict("list") == {"RUNX2": [0.5, 0.5, 0.5, 0.25]}
    assert "1 features that measure several genes were dropped" in result.facts["notes"]


def test_a_platform_with_accessions_only_is_an_error_until_another_file_names_the_genes(
    series: Callable[..., Path],
) -> None:
    folder = series(annotation=annotation("GB_ACC", ("p1", "NM_1"), ("p2", "NM_2")))
    with pytest.raises(
        InputError, match=r'GPL7.annot.gz: the platform names no known genes; .*GB_ACC \("NM_1"\)'
    ) as error:
        read(folder)
    assert "run fatescore fetch GSE5 --what matrix,soft" in str(error.value)
    advised = Path(str(error.value).rpartition(" to ")[2])
    advised.write_text("ID\tGene symbol\n" + "".join(f"p{n}\tRUNX2\n" for n in range(1, 6)))
    raw = read(folder)
    assert [path.name for path in raw.inputs] == ["GSE5_series_matrix.txt.gz", "GPL7.own.txt"]


def family(column: str, *cells: str, platform: str = "GPL7") -> bytes:
    rows = "".join(f"p{n}\t{cell}\n" for n, cell in enumerate(cells, start=1))
    table = f"^PLATFORM = {platform}\n!platform_table_begin\nID\t{column}\n{rows}!platform_table_end\n"
    return gzip.compress(f"^SERIES = GSE5\n{table}^SAMPLE = GSM1\n!Sample_platform_id = GPL7\n".encode())


@pytest.mark.parametrize("absent", ["", annotation("GB_ACC", ("p1", "NM_1")), annotation("Gene symbol", ("x", "TP53"))])
@pytest.mark.parametrize("place", ["soft", "matrix"])
def test_the_family_soft_names_the_probes_where_no_annotation_does(
    absent: str, place: str, series: Callable[..., Path]
) -> None:
    folder = series(annotation=absent)
    records = [f"NM_{n} // {gene} // title // 1q1 // {n}" for n, gene in enumerate(["RUNX2", "BGLAP", "ALPL", "SP7"])]
    (folder / place).mkdir(exist_ok=True)
    path = folder / place / "GSE5_family.soft.gz"
    path.write_bytes(family("gene_assignment", *records, "---"))
    raw = read(folder)
    assert raw.annotation is not None
    assert raw.annotation.to_list() == ["RUNX2", "BGLAP", "ALPL", "SP7", ""]
    assert path in raw.inputs
    said = 'the genes of the probes are those of the column "gene_assignment" of GSE5_family.soft.gz (GPL7)'
    assert said in raw.notes
    path.write_bytes(family("gene_assignment", *records, platform="GPL9"))
    with pytest.raises(InputError, match=r"GSE5_family.soft.gz \(GPL7\): .*no platform table of GPL7") as error:
        read(folder)
    assert "fatescore fetch" not in str(error.value)  # it is here already


def test_the_rows_own_names_go_before_the_family_soft(series: Callable[..., Path]) -> None:
    folder = series('"RUNX2"\t1\t2\t3\t4\n"ALPL"\t5\t6\t7\t8\n', annotation="")
    (folder / "soft").mkdir()
    (folder / "soft" / "GSE5_family.soft.gz").write_bytes(b"not read")
    assert read(folder).annotation is None


def test_a_matrix_is_read_from_its_file_and_from_any_folder(series: Callable[..., Path]) -> None:
    folder = series()
    for source in (folder, folder / "matrix", folder / "matrix" / "GSE5_series_matrix.txt.gz"):
        raw = read(source)
        assert raw.matrix[:, 0].tolist() == [5.5, 6.25, 7, 8.5]
        assert raw.annotation is not None
        assert raw.accession == "GSE5"


def test_columns_go_by_accession(series: Callable[..., Path]) -> None:
    folder = series()
    path = folder / "matrix" / "GSE5_series_matrix.txt.gz"
    text = gzip.decompress(path.read_bytes()).decode()
    swapped = text.replace('"ID_REF"\t"GSM1"\t"GSM2"', '"ID_REF"\t"GSM2"\t"GSM1"')
    path.write_bytes(gzip.compress(swapped.encode()))
    raw = read(folder)
    assert raw.columns == ["GSM1", "GSM2", "GSM3", "GSM4"]
    assert raw.matrix[:, 0].tolist() == [6.25, 5.5, 7, 8.5]


@pytest.mark.parametrize("layout", ["auto", "series_matrix"])
def test_a_header_without_rows_is_no_empty_table(layout: str, series: Callable[..., Path]) -> None:
    folder = series(rows="")
    with pytest.raises(InputError, match=r"has no values|has no series matrices with values"):
        locate(folder, layout)
    with pytest.raises(InputError, match="is a header without values"):
        read(folder / "matrix" / "GSE5_series_matrix.txt.gz", layout)


def test_a_sample_without_a_column_is_named(series: Callable[..., Path]) -> None:
    folder = series()
    path = folder / "matrix" / "GSE5_series_matrix.txt.gz"
    lines = gzip.decompress(path.read_bytes()).decode().split("\n")
    cut = [line.rsplit("\t", 1)[0] if line.startswith(('"ID_REF"', '"p')) else line for line in lines]
    path.write_bytes(gzip.compress("\n".join(cut).encode()))
    raw = read(folder)
    assert raw.columns == ["GSM1", "GSM2", "GSM3"]
    assert raw.notes == ["the table has no column for GSM4"]


def test_several_platforms_are_chosen_by_file(series: Callable[..., Path]) -> None:
    folder = series()
    first = folder / "matrix" / "GSE5_series_matrix.txt.gz"
    text = gzip.decompress(first.read_bytes()).decode()
    first.rename(folder / "matrix" / "GSE5-GPL7_series_matrix.txt.gz")
    other = text.replace("GPL7", "GPL8").replace("GSM", "GSM9").replace('"p', '"q')
    (folder / "matrix" / "GSE5-GPL8_series_matrix.txt.gz").write_bytes(gzip.compress(other.encode()))
    with pytest.raises(InputError, match=r"2 series matrices with values: GSE5-GPL7_.*, GSE5-GPL8_.*name it in .file"):
        locate(folder)
    assert read(folder, file="*GPL7*").columns == ["GSM1", "GSM2", "GSM3", "GSM4"]
    with pytest.raises(InputError, match=r"expected an annotation of GPL8"):
        read(folder, file="*GPL8*")


def test_a_super_series_has_no_samples_of_its_own(series: Callable[..., Path]) -> None:
    folder = series()
    head = '!Series_title\t"All"\n!Series_geo_accession\t"GSE5"\n!Series_relation\t"SuperSeries of: GSE6"\n'
    path = folder / "matrix" / "GSE5_series_matrix.txt.gz"
    path.write_bytes(gzip.compress(head.encode()))
    with pytest.raises(InputError, match=r"has no !Sample_geo_accession line and no table"):
        locate(folder)
    path.unlink()
    (folder / "soft").mkdir()
    family = "^SERIES = GSE5\n!Series_title = All\n!Series_relation = SuperSeries of: GSE6\n"
    (folder / "soft" / "GSE5_family.soft.gz").write_bytes(gzip.compress(family.encode()))
    with pytest.raises(InputError, match=r"the series matrix has no values and there are no supplementary files"):
        locate(folder)

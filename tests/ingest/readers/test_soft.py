"""Values from a family SOFT file."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fatescore.errors import InputError
from fatescore.ingest import ingest, locate
from fatescore.ingest.locate import read_raw
from fatescore.ingest.matrix import Raw
from fatescore.ingest.readers import layout_of

ARRAY: dict[str, Any] = {"dataset": "d", "organism": "human", "assay": "array", "scale": "log2"}
PLATFORM = """^PLATFORM = {name}
!Platform_title = an array
#ID = probe
!platform_table_begin
ID\t{column}
p1\tRUNX2
p2\tRUNX2
p3\tPMF1-BGLAP /// PMF1 /// BGLAP
p4\t
!platform_table_end
"""
SAMPLE = """^SAMPLE = GSM{n}
!Sample_title = sample {n}
!Sample_platform_id = {platform}
!Sample_characteristics_ch1 = age: 8{n}
"""
TABLE = "!sample_table_begin\nID_REF\tVALUE\tCALL\n{rows}!sample_table_end\n"


def sample(n: int, platform: str = "GPL7", rows: str = "p1\t{n}.5\tP\np2\t1\tA\np3\t{n}\tP\np4\t2.25\tP\n") -> str:
    return SAMPLE.format(n=n, platform=platform) + (TABLE.format(rows=rows.format(n=n)) if rows else "")


def family(*samples: str, platforms: tuple[str, ...] = ("GPL7",), column: str = "Gene Symbol") -> bytes:
    head = "^DATABASE = GeoMiame\n^SERIES = GSE5\n!Series_title = Arrays\n!Series_geo_accession = GSE5\n"
    tables = "".join(PLATFORM.format(name=name, column=column) for name in platforms)
    return gzip.compress((head + tables + "".join(samples)).encode(), mtime=0)


def put(folder: Path, data: bytes) -> Path:
    (folder / "soft").mkdir(parents=True, exist_ok=True)
    (folder / "soft" / "GSE5_family.soft.gz").write_bytes(data)
    return folder


def read(source: Path, layout: str = "auto", file: str = "") -> Raw:
    return read_raw(locate(source, layout, file), "human")


ALL = [sample(n) for n in range(1, 5)]


def test_values_fields_and_genes(tmp_path: Path, samples: pd.DataFrame) -> None:
    folder = put(tmp_path / "GSE5", family(*ALL))
    for source in (folder, folder / "soft" / "GSE5_family.soft.gz"):
        result = ingest(source, samples=samples, **ARRAY)
        assert result.adata.to_df().to_dict("list") == {"RUNX2": [1.5, 2.5, 3.5, 4.5], "BGLAP": [1, 2, 3, 4]}
        assert result.adata.var["original_id"].tolist() == ["p1", "p3"]
        assert result.sample_fields["characteristics: age"].tolist() == ["81", "82", "83", "84"]
        assert (result.facts["title"], result.facts["accession"]) == ("Arrays", "GSE5")


def test_the_series_matrix_goes_first_and_soft_before_the_supplement(series: Callable[..., Path]) -> None:
    folder = put(series(**{"GSE5_counts.tsv": b"gene\tGSM1\nRUNX2\t9\n"}), family(*ALL))
    assert locate(folder).layout == "series_matrix"
    assert locate(folder, "soft").layout == "soft"
    series(rows="")
    assert locate(folder).layout == "soft"
    assert locate(folder, "count_table").layout == "count_table"
    assert locate(folder, file="*counts*").layout == "count_table"


@pytest.mark.parametrize("rows", ["", "p1\t\tA\n"])
def test_a_family_of_metadata_falls_through(rows: str, series: Callable[..., Path]) -> None:
    table = b"gene\tGSM1\tGSM2\tGSM3\tGSM4\nRUNX2\t9\t9\t9\t9\n"
    bare = [sample(n, rows=rows) for n in (1, 2)]
    folder = put(series(rows="", **{"GSE5_counts.tsv": table}), family(*bare, platforms=()))
    assert read(folder).matrix.toarray().tolist() == [[9]] * 4
    with pytest.raises(
        InputError, match="has no sample table with values in a column VALUE; .*use the supplementary files"
    ):
        locate(folder, "soft")


def test_several_platforms_are_listed_and_chosen(tmp_path: Path) -> None:
    two = [sample(1), sample(2), sample(3, "GPL8", "p1\t7\tP\n"), sample(4, "GPL9", "")]
    folder = put(tmp_path / "GSE5", family(*two, platforms=("GPL7", "GPL8", "GPL9")))
    with pytest.raises(
        InputError, match=r"several platforms: GPL7 \(2 samples\), GPL8 \(1 samples\); .*set .file.*GPL7"
    ):
        read(folder)
    for layout in ("auto", "soft"):
        with pytest.raises(InputError, match=r'no platform that fits "GPL9": GPL7'):
            read(folder, layout, "GPL9")
    for source in (folder, folder / "soft" / "GSE5_family.soft.gz"):
        raw = read(source, file="GPL8")
        assert (raw.columns, raw.ids, raw.matrix.tolist()) == (["GSM3"], ["p1"], [[7]])
        assert raw.fields is not None
        assert list(raw.fields.index) == ["GSM3"]
        assert read(source, file="GPL7").columns == ["GSM1", "GSM2"]


def test_a_sample_without_a_table_is_named(tmp_path: Path) -> None:
    folder = put(tmp_path / "GSE5", family(*ALL[:2], sample(3, rows="")))
    raw = read(folder)
    assert raw.columns == ["GSM1", "GSM2"]
    assert "1 samples of the series have no values in the data: GSM3" in raw.notes


def test_the_platform_folder_serves_where_the_platform_names_no_symbols(tmp_path: Path) -> None:
    text = gzip.decompress(family(*ALL, column="GB_ACC")).decode()
    for n, gene in enumerate(("RUNX2", "PMF1-BGLAP /// PMF1 /// BGLAP")):
        text = text.replace(f"\t{gene}\n", f"\tNM_{n}\n")
    folder = put(tmp_path / "GSE5", gzip.compress(text.encode()))
    with pytest.raises(InputError, match=r'platform\'s table: .* no known genes; .*GB_ACC \("NM_0"\)') as error:
        read(folder)
    assert "fatescore fetch" not in str(error.value)
    (folder / "platform").mkdir()
    annotation = "^Annotation\n!platform_table_begin\nID\tGene symbol\np1\tSP7\np2\tALPL\n!platform_table_end\n"
    (folder / "platform" / "GPL7.annot.gz").write_bytes(gzip.compress(annotation.encode()))
    for source in (folder, folder / "soft", folder / "soft" / "GSE5_family.soft.gz"):
        raw = read(source)
        assert raw.annotation is not None
        assert raw.annotation.tolist() == ["SP7", "ALPL", "", ""]
        assert raw.notes == ["2 probes are not in GPL7.annot.gz"]
        assert [path.name for path in raw.inputs] == ["GSE5_family.soft.gz", "GPL7.annot.gz"]


def test_characteristics_go_by_key_and_keep_their_marks(tmp_path: Path) -> None:
    one = sample(1).replace("age: 81", "dose: 5: high = x\n!Sample_characteristics_ch1 = age: 81")
    fields = read(put(tmp_path / "GSE5", family(one, sample(2)))).fields
    assert fields is not None
    assert fields["characteristics: age"].tolist() == ["81", "82"]
    assert fields["characteristics: dose"].tolist() == ["5: high = x", ""]


def test_names() -> None:
    names = ["GSE5_family.soft", "GSE5_family.soft.gz", "x.SOFT.txt", "software.txt"]
    found = [name for name in names if (layout := layout_of(Path(name))) and layout.name == "soft"]
    assert found == names[:-1]


def test_damage_is_one_line(tmp_path: Path) -> None:
    whole = family(*ALL)
    folder = put(tmp_path / "GSE5", whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"cannot be read .*fetch it again"):
        locate(folder)


def plain_values(path: Path) -> dict[str, dict[str, float]]:
    """Read the tables of samples by nothing but the ends of lines and tabs."""
    found: dict[str, dict[str, float]] = {}
    name, inside, place = "", False, -1
    for line in gzip.decompress(path.read_bytes()).decode("latin-1").split("\n"):
        if line.startswith("^SAMPLE"):
            name = line.split("=")[1].strip()
        elif line.startswith("!sample_table_begin"):
            inside, place, found[name] = True, -1, {}
        elif line.startswith("!sample_table_end"):
            inside = False
        elif inside and place < 0:
            place = line.split("\t").index("VALUE")
        elif inside:
            cells = line.split("\t")
            found[name][cells[0]] = float(cells[place]) if cells[place] not in ("", "null") else float("nan")
    return found


@pytest.mark.realdata
def test_every_value_of_a_real_family(real_data: Path) -> None:
    folder = real_data / "geo/series/GSEnnn/GSE781"
    with pytest.raises(InputError, match=r"GPL96 \(17 samples\), GPL97 \(17 samples\)"):
        locate(folder)
    plain = plain_values(folder / "soft" / "GSE781_family.soft.gz")
    columns: set[str] = set()
    for platform, shape in (("GPL96", (17, 22_283)), ("GPL97", (17, 22_645))):
        raw = read(folder, file=platform)
        assert raw.matrix.shape == shape
        for name, row in zip(raw.columns, raw.matrix, strict=True):
            assert set(plain[name]) == set(raw.ids)
            assert np.array_equal(row, [plain[name][probe] for probe in raw.ids], equal_nan=True)
        columns |= set(raw.columns)
        assert raw.fields is not None
        assert set(raw.fields["platform_id"]) == {platform}
    assert columns == set(plain)


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("platform", "genes"),
    [
        ("GPL96", {"221283_at": "RUNX2", "208510_s_at": "PPARG", "215783_s_at": "ALPL", "206956_at": "BGLAP"}),
        ("GPL97", {"225575_at": "LIFR", "225424_at": "GPAM"}),
    ],
)
def test_genes_of_real_probes(platform: str, genes: dict[str, str], real_data: Path) -> None:
    folder = real_data / "geo/series/GSEnnn/GSE781"
    text = gzip.decompress((folder / "soft" / "GSE781_family.soft.gz").read_bytes()).decode("latin-1")
    block = (
        text.split(f"^PLATFORM = {platform}\n")[1].split("!platform_table_begin\n")[1].split("!platform_table_end")[0]
    )
    lines = [line.split("\t") for line in block.strip("\n").split("\n")]
    place = lines[0].index("Gene Symbol")
    plain = {cells[0]: cells[place].strip() for cells in lines[1:]}
    raw = read(folder, file=platform)
    assert raw.annotation is not None
    assert raw.annotation.to_dict() == {probe: plain[probe] for probe in raw.ids}
    assert {probe: plain[probe] for probe in genes} == genes
    names = raw.columns
    table = pd.DataFrame({"sample": names, "donor": names, "condition": "kidney"})
    how: dict[str, Any] = {**ARRAY, "scale": "linear", "file": platform}
    adata = ingest(folder, samples=table, **how).adata
    assert set(genes.values()) <= set(adata.var_names)
    best = max(
        (p for p in raw.ids if plain[p] == next(iter(genes.values()))),
        key=lambda p: raw.matrix[:, raw.ids.index(p)].mean(),
    )
    assert adata.var.loc[next(iter(genes.values())), "original_id"] == best


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("GPL20814_family.soft.gz", "has no sample table"),
        ("GSE105845_family.soft.gz", "has no sample table"),
        ("GPL4133.txt.gz", "has no sample table"),
        ("GPL4134.txt.gz", "has no sample table"),
        ("GSM2795971.txt.gz", "has no sample table"),
        ("GSM32878.txt.gz", r"probes such as 1, 9182, and there is no annotation file"),
    ],
)
def test_odd_files_end_in_one_line(name: str, message: str, real_data: Path) -> None:
    with pytest.raises(InputError, match=message):
        read(real_data / "geo" / "odd" / name)


@pytest.mark.realdata
def test_gene_sym_names_genes(real_data: Path) -> None:
    raw = read(real_data / "geo" / "odd" / "soft_ex_family.txt.gz")
    assert raw.matrix.shape == (3, 20)
    assert raw.annotation is not None
    assert raw.annotation.to_dict().items() >= {"1": "Nfatc2", "2": "Gpr3"}.items()

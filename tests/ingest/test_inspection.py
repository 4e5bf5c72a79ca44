"""What files seem to hold: the evidence is quoted, and what is not known is a question mark."""

from __future__ import annotations

import gzip
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import fatescore as fs
from fatescore import organisms
from fatescore.errors import InputError
from fatescore.gene_sets import symbols
from fatescore.ingest import ingest, read_expression
from fatescore.ingest.inspection import inspect

MATRIX = (
    '!Series_title\t"Marrow cells of donors with osteoporosis"\n!Series_geo_accession\t"GSE5"\n'
    '!Series_platform_id\t"GPL7"\n\n'
    '!Sample_title\t"op 1"\t"op 2"\t"c 1"\t"c 2"\n!Sample_geo_accession\t"GSM1"\t"GSM2"\t"GSM3"\t"GSM4"\n'
    '!Sample_organism_ch1\t"Homo sapiens"\t"Homo sapiens"\t"Homo sapiens"\t"Homo sapiens"\n'
    '!Sample_characteristics_ch1\t"diagnosis: osteoporosis"\t"diagnosis: osteoporosis"\t"donor: C"\t"donor: D"\n'
    '!Sample_characteristics_ch1\t"donor: A"\t"donor: A"\t""\t""\n'
    '!Sample_characteristics_ch1\t"batch: 1"\t"batch: 2"\t"batch: 1"\t"batch: 2"\n'
    '!series_matrix_table_begin\n"ID_REF"\t"GSM1"\t"GSM2"\t"GSM3"\t"GSM4"\n'
    '"RUNX2"\t8.5\t8.1\t7.7\t7.9\n"PPARG"\t4.5\t5.1\t6.7\t3.9\n"ALPL"\t2.5\t1.1\t2.7\t2.9\n!series_matrix_table_end\n'
)


@pytest.fixture
def series(tmp_path: Path) -> Path:
    folder = tmp_path / "resources" / "geo" / "GSE5"  # as fatescore fetch leaves it
    (folder / "matrix").mkdir(parents=True)
    (folder / "matrix" / "GSE5_series_matrix.txt.gz").write_bytes(gzip.compress(MATRIX.encode()))
    (folder / "manifest.json").write_text("{}")
    return folder


def test_a_series_is_read_with_its_evidence(series: Path) -> None:
    found = inspect(series)
    assert found.dataset | {"population": "", "path": ""} == {
        "dataset": "GSE5", "title": "Marrow cells of donors with osteoporosis", "source": "geo", "accession": "GSE5",
        "path": "", "assay": "array", "organism": "human", "scale": "log2", "layout": "series_matrix", "file": "",
        "population": "", "sample_key": "",
    }  # fmt: skip
    assert 'organism_ch1 = "Homo sapiens"' in found.reasons["organism"]
    assert "GPL7" in found.reasons["assay"]
    assert "log2: 4 samples (GSM1: values 2.5 to 8.5" in found.reasons["scale"]
    assert "intensity" not in found.reasons["scale"]


@pytest.mark.parametrize(
    ("species", "organism", "reason"),
    [
        ("Mus musculus", "mouse", 'organism_ch1 = "Mus musculus"'),  # what the samples say goes before the names
        ("Rattus norvegicus", "rat", 'organism_ch1 = "Rattus norvegicus"'),
        ("Felis catus", "?", f"of which there are no data ({', '.join(organisms.names())})"),
    ],
)
def test_the_samples_say_the_organism(series: Path, species: str, organism: str, reason: str) -> None:
    path = next(series.rglob("*.gz"))
    path.write_bytes(gzip.compress(MATRIX.replace("Homo sapiens", species).encode()))
    found = inspect(series)
    assert found.dataset["organism"] == organism
    assert reason in found.reasons["organism"]


def test_of_samples_of_several_species_the_names_tell(series: Path) -> None:
    path = next(series.rglob("*.gz"))
    path.write_bytes(gzip.compress(MATRIX.replace('"Homo sapiens"\n', '"Mus musculus"\n').encode()))
    found = inspect(series)
    assert found.dataset["organism"] == "human"
    assert "known in human" in found.reasons["organism"]


def test_of_linear_arrays_the_owner_must_say_whether_they_are_normalised(series: Path) -> None:
    path = next(series.rglob("*.gz"))
    path.write_bytes(gzip.compress(MATRIX.replace("8.5", "812.5").replace("8.1", "801.4").replace("7.7", "777.7")
                                   .replace("7.9", "709.9").encode()))  # fmt: skip
    found = inspect(series)
    assert found.dataset["scale"] == "linear"
    assert found.reasons["scale"].endswith("arrays that nobody normalised are declared intensity")


def test_groups_that_name_a_condition_come_first_and_absent_values_are_a_group(series: Path) -> None:
    groups = inspect(series).groups
    assert next(iter(groups)) == "characteristics: diagnosis"
    assert groups["characteristics: diagnosis"] == {"osteoporosis": 2, "(not given)": 2}
    assert groups["characteristics: batch"] == {"1": 2, "2": 2}


def test_the_draft_names_donors_by_key_and_proposes_what_fields_or_titles_show(series: Path) -> None:
    found = inspect(series)
    assert found.samples["donor"].tolist() == ["A", "A", "C", "D"]
    assert found.samples["sample"].tolist() == ["GSM1", "GSM2", "GSM3", "GSM4"]
    assert found.samples["condition"].tolist() == ["op", "op", "c", "c"]  # the field diagnosis says nothing of two
    assert "from the titles of the samples (op 1, op 2, c 1 and 1 more)" in found.reasons["condition"]
    assert found.samples["diagnosis"].tolist() == ["osteoporosis", "osteoporosis", "", ""]
    assert 'the field "characteristics: donor", 3 donors' in found.reasons["donors"]


@pytest.mark.parametrize(
    ("field", "expected", "reason"),
    [
        ("sham", ["OVX", "OVX", "sham", "sham"], 'from the field "characteristics: operation"'),
        ("ovx again", ["op", "op", "c", "c"], "from the titles"),  # of OVX and "ovx again" no word is a control
    ],
)
def test_a_field_that_tells_case_and_control_goes_before_titles(
    series: Path, field: str, expected: list[str], reason: str
) -> None:
    row = (
        f'!Sample_characteristics_ch1\t"operation: OVX"\t"operation: OVX"\t"operation: {field}"\t"operation: {field}"\n'
    )
    path = next(series.rglob("*.gz"))
    path.write_bytes(
        gzip.compress(MATRIX.replace("!series_matrix_table_begin", row + "!series_matrix_table_begin").encode())
    )
    found = inspect(series)
    assert found.samples["condition"].tolist() == expected
    assert reason in found.reasons["condition"]
    assert ("operation" in found.samples) == (expected[0] == "op")  # the condition itself stands once


def test_fields_that_tell_different_conditions_are_named_and_none_is_taken(series: Path) -> None:
    rows = "".join(
        "!Sample_characteristics_ch1\t" + "\t".join(f'"{key}: {value}"' for value in values) + "\n"
        for key, values in {"operation": ["OVX", "sham"] * 2, "genotype": ["KO", "KO", "WT", "WT"]}.items()
    )
    path = next(series.rglob("*.gz"))
    path.write_bytes(
        gzip.compress(MATRIX.replace("!series_matrix_table_begin", rows + "!series_matrix_table_begin").encode())
    )
    found = inspect(series)
    assert set(found.samples["condition"]) == {"?"}
    assert "operation" in found.reasons["condition"]
    assert "genotype" in found.reasons["condition"]


def test_a_series_elsewhere_is_local_and_keeps_its_accession(series: Path, tmp_path: Path) -> None:
    moved = series.rename(tmp_path / "mine")
    row = inspect(moved).dataset
    assert (row["dataset"], row["source"], row["accession"], row["path"]) == ("GSE5", "local", "GSE5", str(moved))


@pytest.mark.parametrize("cells", ["CD14+ monocytes", "primary osteoblasts"])
def test_other_cells_than_stromal_ones_are_not_taken_for_such(series: Path, cells: str) -> None:
    path = next(series.rglob("*.gz"))
    path.write_bytes(gzip.compress(MATRIX.replace("Marrow cells", cells).encode()))
    found = inspect(series)
    assert found.dataset["population"] == "?"
    assert cells in found.reasons["population"]


def test_a_matrix_of_sequencing_is_no_array(series: Path) -> None:
    kind = '!Series_type\t"Expression profiling by high throughput sequencing"\n'
    path = next(series.rglob("*.gz"))
    path.write_bytes(gzip.compress((kind + MATRIX).encode()))
    found = inspect(series)
    assert found.dataset["assay"] == "bulk"
    assert "high throughput sequencing" in found.reasons["assay"]


def test_rounded_intensities_are_no_counts(series: Path) -> None:
    path = next(series.rglob("*.gz"))
    head, mark, _ = MATRIX.partition('"RUNX2"')
    rows = f'{mark}\t812\t801\t777\t709\n"PPARG"\t45\t51\t67\t39\n!series_matrix_table_end\n'
    path.write_bytes(gzip.compress((head + rows).encode()))
    assert inspect(series).dataset["scale"] == "linear"


@pytest.mark.parametrize(("name", "expected"), [("_my counts", "my_counts"), ("数据", "data"), ("a.b", "a")])
def test_a_name_is_one_that_the_tables_take(tmp_path: Path, name: str, expected: str) -> None:
    (tmp_path / f"{name}.tsv").write_text("gene\ts1\ts2\nRUNX2\t4\t5\n")
    assert inspect(tmp_path / f"{name}.tsv").dataset["dataset"] == expected


def test_columns_named_by_barcodes_are_cells(tmp_path: Path) -> None:
    names = ["ACGTACGTACGTACGA-1", "ACGTACGTACGTACGC-1"]
    pd.DataFrame([[4, 0], [0, 7]], index=["RUNX2", "PPARG"], columns=names).to_csv(tmp_path / "dge.csv")
    assert inspect(tmp_path / "dge.csv").dataset["assay"] == "single_cell"


@pytest.mark.parametrize(
    ("genes", "organism"),
    [
        (["Runx2", "Pparg", "Bglap2"], "mouse"),
        (["Runx2", "Pparg", "Tp53"], "rat"),
        (["Runx2", "Pparg", "Alpl"], "?"),  # symbols of mouse and rat alike
        (["RUNX2", "PPARG"], "human"),
    ],
)
def test_a_table_of_counts(tmp_path: Path, genes: list[str], organism: str) -> None:
    path = tmp_path / "my counts.tsv"
    pd.DataFrame(np.arange(2 * len(genes)).reshape(-1, 2) * 7, index=genes, columns=["s1", "s2"]).to_csv(path, sep="\t")
    found = inspect(path)
    assert (found.dataset["organism"], found.dataset["scale"], found.dataset["assay"]) == (organism, "counts", "bulk")
    assert found.dataset["dataset"] == "my_counts"
    assert found.dataset["path"] == str(path)
    assert found.samples["donor"].tolist() == ["s1", "s2"]


def test_what_is_not_known_is_a_question_mark(tmp_path: Path) -> None:
    path = tmp_path / "odd.tsv"
    pd.DataFrame({"s1": [3.0, 1200.0, 4.0], "s2": [1.25, 7.5, 2.25]}, index=["x1", "x2", "x3"]).to_csv(path, sep="\t")
    found = inspect(path)
    assert found.dataset["organism"] == "?"
    assert found.dataset["scale"] == "?"
    assert "counts: 1 samples (s1" in found.reasons["scale"]
    assert "log2: 1 samples (s2" in found.reasons["scale"]


def test_cells_differ_from_samples(tmp_path: Path) -> None:
    adata = fs.simulate.single_cell(n_donors=2, cells_per_donor=20, n_genes=300, seed=0)
    cells = ad.AnnData(sp.csr_matrix(adata.layers["counts"]), obs=adata.obs[["sample"]].astype(str), var=adata.var[[]])
    cells.write_h5ad(tmp_path / "cells.h5ad")
    found = inspect(tmp_path / "cells.h5ad")
    assert found.dataset["assay"] == "single_cell"
    assert found.reasons["assay"].startswith("40 cells in 2 samples")
    assert found.dataset["scale"] == "counts"


def test_an_unknown_layout_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.xyz").write_text("what is this")
    with pytest.raises(InputError, match=r"layout"):
        inspect(tmp_path / "x.xyz")


def scale_of(values: np.ndarray, tmp_path: Path) -> tuple[str, str]:
    genes = sorted(symbols.approved_symbols("human"))[: len(values)]
    table = pd.DataFrame(values, index=genes, columns=[f"s{n}" for n in range(values.shape[1])])
    table.to_csv(tmp_path / "x.tsv", sep="\t")
    found = inspect(tmp_path / "x.tsv")
    return found.dataset["scale"], found.reasons["scale"]


def test_values_that_are_no_counts_or_no_levels_are_not_taken_for_such(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    counts = rng.poisson(rng.lognormal(5, 1, (300, 1)), (300, 4)) * np.array([1, 2, 3, 4])
    assert scale_of(counts, tmp_path)[0] == "counts"
    scale, why = scale_of(np.rint(counts / counts.sum(0) * 1e6).astype(int), tmp_path)
    assert scale == "?"
    assert "every sample sums to 1,000,000, give or take" in why
    scale, why = scale_of(
        np.stack([rng.multinomial(9_000, counts[:, 0] / counts[:, 0].sum()) for _ in "abc"]).T, tmp_path
    )
    assert scale == "counts"
    assert why.endswith("every sample sums to exactly 9,000: drawn to equal depth, or scaled")
    centred = np.log2(counts + 1) - np.log2(counts + 1).mean(axis=1, keepdims=True)
    scale, why = scale_of(centred, tmp_path)
    assert (scale, why) == (
        "?", "100% of the genes have mean or median 0 over the samples: values centred per gene, such as z-scores, no "
        "levels of expression",
    )  # fmt: skip


def test_log_ratios_have_no_scale(series: Path) -> None:
    path = series / "matrix" / "GSE5_series_matrix.txt.gz"
    two = MATRIX.replace("!Sample_organism", '!Sample_channel_count\t"2"\t"2"\t"2"\t"2"\n!Sample_organism', 1)
    for value in ("8.5", "8.1", "7.7", "7.9", "4.5", "5.1", "6.7", "3.9"):
        two = two.replace(f"\t{value}", f"\t-0.{value[0]}")
    path.write_bytes(gzip.compress(two.encode()))
    found = inspect(series)
    assert found.dataset["scale"] == "?"
    assert found.reasons["scale"].startswith(
        "GSM1, GSM2, GSM3, GSM4 are log ratios, no levels of expression: GSM1 has chan"
    )
    with pytest.raises(InputError, match="are log ratios"):
        read_expression(series, "human")
    samples = pd.DataFrame({"sample": [f"GSM{n}" for n in range(1, 5)], "donor": list("abcd"), "condition": "x"})
    with pytest.raises(InputError, match="are log ratios"):
        ingest(series, samples=samples, dataset="d", organism="human", assay="array", scale="log2")


def test_cells_without_barcodes_are_drafted_by_what_their_names_begin_with(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    genes = sorted(symbols.approved_symbols("human"))[2000:2200]
    names = [f"{sample}_cell{n}" for sample in ("control_1", "OP_1") for n in range(15)]
    counts = pd.DataFrame(rng.poisson(0.3, (200, 30)), index=genes, columns=names)
    counts.to_csv(tmp_path / "cells.csv")
    found = inspect(tmp_path / "cells.csv")
    assert found.dataset["assay"] == "single_cell"
    assert found.samples["sample"].tolist() == ["control_1", "OP_1"]
    assert any("control_1_cell0 is a cell of control_1" in note for note in found.raw.notes)
    rows = found.samples.assign(condition=["control", "OP"])
    made = ingest(tmp_path / "cells.csv", samples=rows, dataset="cells", organism="human", assay="single_cell",
                  scale="counts")  # fmt: skip
    assert made.adata.obs["sample"].value_counts().to_dict() == {"control_1": 15, "OP_1": 15}
    counts.set_axis([f"c{n}" for n in range(30)], axis=1).to_csv(tmp_path / "cells.csv")
    found = inspect(tmp_path / "cells.csv")
    assert found.dataset["assay"] == "single_cell"
    assert "nothing says of which sample" in found.reasons["assay"]


def test_the_reason_says_which_sample_of_geo_a_column_is(series: Path) -> None:
    (series / "suppl").mkdir()
    path = series / "suppl" / "GSE5_counts.txt"
    head = MATRIX.split('"RUNX2"')[0] + "!series_matrix_table_end\n"
    next(series.rglob("*matrix.txt.gz")).write_bytes(gzip.compress(head.encode()))
    path.write_text("gene\top.1\top.2\tc.1\tc.2\nRUNX2\t1\t2\t3\t4\nPPARG\t5\t6\t7\t8\nALPL\t1\t2\t3\t4\n")
    assert 'op.1 is GSM1 (title "op 1")' in inspect(series).reasons["samples"]
    path.write_text(path.read_text().replace("op.2", "op..1"))
    assert "could be GSM1" in inspect(series).reasons["samples"]


@pytest.mark.parametrize("pattern", ["hg38_{}", "{}__chr6", "gene-{}"])
def test_the_organism_is_read_from_joined_names(tmp_path: Path, pattern: str) -> None:
    names = [pattern.format(gene) for gene in ("RUNX2", "ALPL", "SP7", "HLA-A")]
    pd.DataFrame({"a": [1, 2, 3, 40], "b": [5, 6, 7, 8]}, index=names).to_csv(path := tmp_path / "t.csv")
    assert inspect(path).dataset["organism"] == "human"

"""The sample as a part of every cell's name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from fatescore.errors import InputError
from fatescore.ingest import cell_names, ingest, read_expression
from fatescore.ingest.cell_names import assign_samples, likely_samples, look_like_cells
from fatescore.ingest.inspection import inspect
from fatescore.ingest.matrix import Raw

BARCODES = ["AAACCTGAGAAACCAT", "AAACCTGAGAAACCGC", "TTTGTCACACGTTGGC", "CGATTGACATGCATGT"]
CELLS: dict[str, Any] = {"dataset": "d", "organism": "human", "assay": "single_cell", "scale": "counts"}
BEFORE = ["{s}_{b}", "{s}_{b}-1", "{s}:{b}x", "{s}#{b}-1", "{s}.{b}.1", "{s}-{b}", "{s}__{b}", "{s}|{b}-1"]
BEHIND = ["{b}_{s}", "{b}-1_{s}", "{b}-1-{s}", "{b}.1.{s}", "{b}__{s}"]


def of(names: list[str], library: str | None = None, fields: pd.DataFrame | None = None) -> Raw:
    """Cells as a dense table gives them, each a column, or as the barcodes of one library."""
    columns = names if library is None else [library] * len(names)
    matrix = np.ones((len(names), 1))
    return Raw(matrix, ["RUNX2"], list(columns), barcodes=[] if library is None else list(names), fields=fields)


def named(style: str, samples: list[str], barcodes: list[str] = BARCODES) -> tuple[list[str], list[str]]:
    pairs = [(sample, barcode) for sample in samples for barcode in barcodes]
    return [style.format(s=sample, b=barcode) for sample, barcode in pairs], [sample for sample, _ in pairs]


def rows(*samples: str, **columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"dataset": "d", "sample": samples, "donor": samples, "condition": "x", **columns})


@pytest.mark.parametrize("library", [None, "GSE9", ""])
@pytest.mark.parametrize("style", [*BEFORE, *BEHIND, "{b}-{s}", "GSM{s}_{b}-1", "{b}_{s}"])
def test_styles(style: str, library: str | None) -> None:
    samples = ["1", "2", "3"] if style in ("{b}-{s}", "GSM{s}_{b}-1") else ["CT1", "CT2", "a_b"]
    names, truth = named(style, samples)
    raw = of(names, library)
    assign_samples(raw)
    assert raw.columns == ([f"GSM{sample}" for sample in truth] if "GSM" in style else truth)
    assert [barcode[:16] for barcode in raw.barcodes] == BARCODES * 3
    assert raw.cell_names == names
    assert "samples were read from the names of the cells" in raw.notes[0]


NAME = st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,5}([ _.+/-][A-Za-z0-9+]{1,3})?", fullmatch=True)


@given(
    st.lists(NAME, min_size=2, max_size=5, unique=True),
    st.lists(st.text("ACGT", min_size=12, max_size=18), min_size=2, max_size=5, unique=True),
    st.sampled_from([*BEFORE, *BEHIND]),
    st.booleans(),
    st.randoms(use_true_random=False),
)
def test_samples_and_barcodes_come_back(
    samples: list[str], barcodes: list[str], style: str, listed: bool, shuffle: Any
) -> None:
    pairs = list(zip(*named(style, samples, barcodes), strict=True))
    shuffle.shuffle(pairs)
    raw = of([name for name, _ in pairs], "lib" if listed else None)
    assign_samples(raw)
    assert raw.columns == [sample for _, sample in pairs]
    assert [style.format(s=s, b=b) for s, b in zip(raw.columns, map(_core, raw.barcodes), strict=True)] == [
        name for name, _ in pairs
    ]


def _core(barcode: str) -> str:
    return barcode.split("-")[0]


@given(
    st.lists(NAME, min_size=1, max_size=5, unique=True),
    st.sampled_from(["{s}_A{n:02}", "{s}.cell{n}", "w{n}_{s}", "{s}-{n}"]),
    st.integers(2, 5),
)
def test_other_names_are_taken_apart_at_declared_samples_only(samples: list[str], style: str, n: int) -> None:
    pairs = [(style.format(s=sample, n=cell), sample) for sample in samples for cell in range(n)]
    raw = of([name for name, _ in pairs])
    assign_samples(raw, samples)
    assert raw.columns == [sample for _, sample in pairs]
    unknown = of([name for name, _ in pairs])
    assign_samples(unknown, ["another"])
    assert (unknown.columns, unknown.barcodes, unknown.notes) == ([name for name, _ in pairs], [], [])


@pytest.mark.parametrize(
    ("names", "declared"),
    [
        (["CT1", "CT2", "OP1"], ()),  # bulk
        (["CT1_ACGTACGT", "CT2_TTGCAAGC"], ()),  # an index of Illumina's behind, one column each
        (["ACGTACGT", "TTGCAAGC"], ()),  # or alone
        (BARCODES, BARCODES),  # samples that are called by a barcode (BRB-seq)
        (["CT_1", "CT_2", "OP_1", "OP_2"], ["CT_1", "CT_2", "OP_1", "OP_2"]),
        (["CT_1", "OP_1"], ["CT", "OP"]),  # one column each
    ],
)
def test_columns_that_are_no_cells_stay(names: list[str], declared: list[str]) -> None:
    raw = of(names)
    assign_samples(raw, declared)
    assert (raw.columns, raw.barcodes, raw.notes) == (names, [], [])


@pytest.mark.parametrize(
    "names",
    [
        [f"{b}-1" for b in BARCODES], [f"{b}-{n}" for n, b in enumerate(BARCODES)], BARCODES,
        [f"cell{n}_{b}" for n, b in enumerate(BARCODES)], [*BARCODES, f"{BARCODES[0]}.1"],
    ],
)  # fmt: skip
def test_barcodes_that_name_no_sample_are_of_one(names: list[str]) -> None:
    raw = of(names, "CT1")
    assign_samples(raw)
    assert (raw.columns, raw.barcodes) == (["CT1"] * len(names), names)
    table = of(names)
    assign_samples(table, (), "one")
    assert table.columns == ["one"] * len(names)
    assert len(table.barcodes) == len(names)


def test_a_prefix_that_all_share_is_the_one_sample() -> None:
    raw = of(named("CT1_{b}-1", [""])[0])
    assign_samples(raw, (), "file")
    assert raw.columns == ["CT1"] * 4


def test_two_parts_are_both_the_sample_unless_one_is_declared() -> None:
    pairs = [("WT", 1), ("WT", 2), ("KO", 1), ("KO", 2)]
    names = [f"{group}_{b}-{lane}" for group, lane in pairs for b in BARCODES]
    raw = of(names)
    assign_samples(raw)
    assert raw.sample_names == ["WT-1", "WT-2", "KO-1", "KO-2"]
    raw = of(names)
    assign_samples(raw, ["WT", "KO"])
    assert raw.sample_names == ["WT", "KO"]
    nested = [f"{group}_{b}-{n}" for group, n in [("WT", 1), ("KO", 2)] for b in BARCODES]
    raw = of(nested)
    assign_samples(raw)
    assert raw.sample_names == ["WT", "KO"]  # the number says no more


def test_files_that_name_their_sample_keep_it_and_say_what_else_differs() -> None:
    names = named("{b}-{s}", ["1", "2"])[0]
    raw = of(names, "GSM5")
    assign_samples(raw)
    assert raw.sample_names == ["GSM5"]
    assert "GSM5 (1, 2)" in raw.notes[0]
    raw = of(names, "GSM5")
    assign_samples(raw, ["1", "2"])
    assert raw.sample_names == ["1", "2"]
    raw = of(names)
    raw.barcodes, raw.columns = names, ["GSM1"] * 4 + ["GSM2"] * 4
    assign_samples(raw)
    assert (raw.sample_names, raw.notes) == (["GSM1", "GSM2"], [])


def test_accessions_of_the_series_are_declared() -> None:
    fields = pd.DataFrame({"title": ["a", "b"]}, index=["GSM1", "GSM2"])
    raw = of(["GSM1_A01", "GSM1_A02", "GSM2_A01", "GSM2_A02"], fields=fields)
    assign_samples(raw)
    assert raw.columns == ["GSM1", "GSM1", "GSM2", "GSM2"]


def test_a_cell_without_a_declared_sample_is_refused() -> None:
    names = ["CT1_A01", "CT1_A02", "CT2_A01", "CT2_A02", "OP_A01"]
    with pytest.raises(InputError, match=r'4 columns .* 1 have none: OP_A01.*"use"'):
        assign_samples(of(names), ["CT1", "CT2"])


def test_a_part_before_that_is_called_as_a_sample_does_not_hide_the_samples_behind() -> None:
    raw = of(["w0_A", "w1_A", "w0_w0", "w1_w0"])
    assign_samples(raw, ["A", "w0"])
    assert raw.columns == ["A", "A", "w0", "w0"]


def test_wells_are_no_samples() -> None:
    names = [f"0{n}_02_{m:02}__s{1 + m % 2}" for n in range(3) for m in range(4)]
    raw = of(names)
    assign_samples(raw, (), "one")
    assert raw.sample_names == ["one"]
    assert "sublibraries: s1, s2" in raw.notes[0]
    assert "sample_key" in raw.notes[0]
    raw = of(names)
    assign_samples(raw, ["s1", "s2"])
    assert raw.sample_names == ["s1", "s2"]


def test_a_column_of_samples_comes_first() -> None:
    raw = of(named("{s}_{b}", ["CT1", "OP1"])[0], "x")
    raw.obs = pd.DataFrame({"sample": ["x"] * 8})
    assign_samples(raw)
    assert raw.sample_names == ["x"]


def test_a_declared_sample_goes_before_the_whole_prefix() -> None:
    names = [f"{sample}_c{n % 2}_{b}" for sample in ("CT1", "GSM7_OP") for n, b in enumerate(BARCODES)]
    raw = of(names)
    assign_samples(raw)
    assert raw.sample_names == ["CT1_c0", "CT1_c1", "GSM7_OP_c0", "GSM7_OP_c1"]
    raw = of(names)
    assign_samples(raw, ["CT1", "GSM7"])
    assert raw.sample_names == ["CT1", "GSM7"]
    assert raw.columns.count("GSM7") == 4
    raw = of(names)
    assign_samples(raw, ["CT1", "OP9"])  # of the other cells nothing is said
    assert len(raw.sample_names) == 4


@pytest.mark.parametrize("style", ["{s}_{b}", "{b}_{s}", "{b}-{s}"])
@pytest.mark.parametrize("library", [None, "GSE9"])
def test_cells_of_which_some_name_no_sample_are_never_pooled(style: str, library: str | None) -> None:
    names = [*named(style, ["1", "2"] if style == "{b}-{s}" else ["CT1", "CT2"])[0], *BARCODES]
    with pytest.raises(InputError, match=rf"8 names of cells hold .*2, and 4 nothing, such as {BARCODES[0]}.*only row"):
        assign_samples(of(names, library), (), "one")
    raw = of(names, library)
    assign_samples(raw, ["one"], "one")  # as the refusal says
    assert raw.sample_names == [library or "one"]
    several = of(names, "x")
    several.columns = ["x"] * 6 + ["y"] * 6
    assign_samples(several)
    assert several.sample_names == ["x", "y"]  # the files tell


def test_of_declared_samples_the_longest_counts() -> None:
    for style in ("{s}_w{n}", "w{n}_{s}"):
        for samples in (["CT", "CT_1"], ["1_CT", "CT"]):
            names = [style.format(s=sample, n=n) for sample in samples for n in (2, 3)]
            raw = of(names)
            assign_samples(raw, samples)
            assert raw.columns == [samples[0]] * 2 + [samples[1]] * 2, names


def test_a_number_that_all_share_is_no_name() -> None:
    raw = of(named("7_{b}", [""])[0])
    assign_samples(raw, (), "file")
    assert raw.sample_names == ["file"]


def test_names_that_repeat_are_no_samples() -> None:
    barcodes = [f"{BARCODES[0][:-2]}{a}{b}" for a in "ACGT" for b in "ACGT"]
    raw = of([*barcodes, f"{barcodes[0]}.1"])  # make.unique
    assign_samples(raw, (), "one")
    assert raw.sample_names == ["one"]
    assert raw.notes == [
        f"the names of the cells do not tell samples: all are taken for one; {barcodes[0]} is a cell of one"
    ]


@pytest.mark.parametrize(
    ("names", "samples"),
    [
        (["CT1_cell1", "CT1_cell2", "OP_1_A01", "OP_1_A02"], ["CT1", "OP_1"]),
        (["CT1.8", "CT1.9", "OP1.8", "OP1.9"], ["CT1", "OP1"]),
        (["CT_1", "CT_2", "OP_1"], []),  # one cell
        (["CT1", "CT2"], []),
        (["CT_a", "CT_b"], []),
    ],
)
def test_samples_that_names_of_cells_begin_with(names: list[str], samples: list[str]) -> None:
    assert likely_samples(names) == samples


def test_few_genes_make_cells() -> None:
    rng = np.random.default_rng(1)
    cells, bulk = rng.poisson(0.2, (30, 500)).astype(float), rng.poisson(3, (30, 500)).astype(float)
    bulk[:, :300] = 0  # genes that nobody has
    bulk *= 100
    names = [f"CT1_{n}" for n in range(30)]
    umis = rng.poisson(9, (30, 500)).astype(float)  # few counts of many genes
    levels = ((cells * 1e5, True), (umis, True), (umis * 9, False), (umis + 0.5, False))
    for values, answer in ((cells, True), (bulk, False), (cells[:23], False), *levels):
        for matrix in (values, sp.csr_matrix(values)):
            raw = Raw(matrix, [f"g{n}" for n in range(500)], names[: len(values)])
            assert look_like_cells(raw) is answer


# --- through the readers ------------------------------------------------------------------------------------


@pytest.fixture
def dense(tmp_path: Path) -> Path:
    names = named("{s}_{b}-1", ["CT1", "CT2", "OP1"])[0]
    path = tmp_path / "GSE9_umi.csv"
    genes = ["RUNX2", "SP7", "PPARG"]
    lines = [f"{gene},{','.join(str((n + 3 * g) % 7) for n in range(len(names)))}" for g, gene in enumerate(genes)]
    path.write_text("\n".join([f",{','.join(names)}", *lines, ""]))
    return path


def test_a_table_of_cells(dense: Path) -> None:
    result = ingest(dense, samples=rows("CT1", "CT2", "OP1"), **CELLS)
    assert result.adata.obs["sample"].astype(str).tolist() == ["CT1"] * 4 + ["CT2"] * 4 + ["OP1"] * 4
    assert result.adata.obs_names[4] == f"CT2_{BARCODES[0]}-1"
    assert result.adata[:, "SP7"].X.toarray().ravel().tolist() == [(n + 3) % 7 for n in range(12)]
    found = inspect(dense)
    assert (found.dataset["assay"], found.samples["sample"].tolist()) == ("single_cell", ["CT1", "CT2", "OP1"])
    scored = read_expression(dense, "human")
    assert scored.obs_names[4] == f"CT2_{BARCODES[0]}-1"
    with pytest.raises(InputError, match=r"not in the data: CT1, CT2, OP1; expected names in the data: CT1_"):
        ingest(dense, samples=rows("CT1", "CT2", "OP1"), **{**CELLS, "assay": "bulk"})


def test_numbers_of_aggr_are_named_by_the_sample_table(
    tmp_path: Path, triplet: Callable[..., dict[str, bytes]]
) -> None:
    names = named("{b}-{s}", ["1", "2", "3"])[0]
    parts = triplet(["g1\tRUNX2", "g2\tSP7", "g3\tPPARG"], names, [[1] * 12, [0, 2] * 6, [3] * 12])
    for name, data in parts.items():
        (tmp_path / f"GSE9_{name}").write_bytes(data)
    assert inspect(tmp_path).samples["sample"].tolist() == ["1", "2", "3"]
    with pytest.raises(InputError, match=r"expected names in the data: 1, 2, 3; .*name_in_data"):
        ingest(tmp_path, samples=rows("CT1", "CT2", "OP1"), **CELLS)
    table = rows("CT1", "CT2", "OP1", name_in_data=["3", "1", "2"])
    result = ingest(tmp_path, samples=table, **CELLS)
    assert result.adata.obs["sample"].astype(str).tolist() == ["CT2"] * 4 + ["OP1"] * 4 + ["CT1"] * 4
    assert result.adata.obs_names[0] == f"CT2_{BARCODES[0]}-1"


def test_an_h5ad_keeps_the_names_of_its_cells(tmp_path: Path) -> None:
    names = named("{s}:{b}x", ["CT1", "OP1"])[0]
    adata = ad.AnnData(
        sp.csr_matrix(np.ones((8, 2), dtype=np.float32)), obs=pd.DataFrame({"depth": range(8)}, index=names),
        var=pd.DataFrame(index=["RUNX2", "PPARG"]),
    )  # fmt: skip
    adata.write_h5ad(tmp_path / "x.h5ad")
    result = ingest(tmp_path / "x.h5ad", samples=rows("CT1", "OP1"), **CELLS)
    assert result.adata.obs["sample"].astype(str).tolist() == ["CT1"] * 4 + ["OP1"] * 4
    assert result.adata.obs_names.tolist() == names
    assert result.adata.obs["depth"].tolist() == list(range(8))


def test_long_names_are_looked_at_near_their_ends_only() -> None:
    names = [f"{n}a: b" * 100_000 for n in range(3)]  # minutes, where every place is tried
    assert cell_names._at_declared(names, {"CT1"}, complain=False) is None
    found = cell_names._at_declared([f"{sample}_{n}" for sample in ("CT1", "OP10") for n in range(3)], {"CT1", "OP10"},
                                    complain=False)  # fmt: skip
    assert found is not None
    assert found[1] == ["CT1"] * 3 + ["OP10"] * 3

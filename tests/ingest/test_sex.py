"""The sex that expression shows: known truth for every assay, and silence where nothing can be known."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from fatescore import organisms
from fatescore.errors import InputError
from fatescore.gene_sets.symbols import approved_symbols
from fatescore.ingest.sex import expressed_sex, sex_notes

SEXES = ("female", "male")
N_GENES = 3000
HUMAN = organisms.get("human")


def put(table: pd.DataFrame, organism: str, assay: str, scale: str, samples: Iterable[str] | None = None) -> ad.AnnData:
    """Put observations x genes into an AnnData as ingest writes it."""
    obs = pd.DataFrame({"sample": list(table.index if samples is None else samples)}, index=table.index.astype(str))
    X = table.to_numpy(dtype=np.float64)
    adata = ad.AnnData(sp.csr_matrix(X) if scale == "counts" else X, obs=obs, var=pd.DataFrame(index=table.columns))
    adata.uns["fatescore"] = {"organism": organism, "assay": assay, "scale": scale}
    return adata


def expected_reads(organism: str, xist: float, y: float, *, depth: float) -> pd.Series[float]:
    """Return the expected reads of a sample: filler genes, X copies near the middle, and the sex genes as told."""
    rng, facts = np.random.default_rng(1), organisms.get(organism)
    filler = pd.Series(np.exp2(rng.normal(0, 2.5, N_GENES)), index=[f"g{i}" for i in range(N_GENES)])
    x = pd.Series(np.exp2(rng.normal(2, 0.7, len(facts.x_genes))), index=facts.x_genes)
    ys = pd.Series(x.mean() * y * np.exp2(rng.normal(0, 0.7, len(facts.y_genes))), index=facts.y_genes)
    whole = pd.concat([filler, x, ys, pd.Series({facts.xist: xist * x.mean()})])
    return whole / whole.sum() * depth


LEVELS = {
    "female": (2.0, 0.002),
    "male": (0.001, 0.4),
    "mixed": (1.0, 0.2),
    "one in five cells": (2.0, 0.08),
    "xist lost": (0.01, 0.002),
}


def library(organism: str, kinds: Iterable[str], *, depth: float, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = [rng.poisson(expected_reads(organism, *LEVELS[kind], depth=depth)) for kind in kinds]
    columns = expected_reads(organism, 1, 1, depth=1).index
    return pd.DataFrame(rows, index=[f"s{i}" for i in range(len(rows))], columns=columns).astype(float)


def arrays(kinds: Iterable[str], seed: int = 0) -> pd.DataFrame:
    """Return linear intensities: expression, and under it a background of every probe's own."""
    rng = np.random.default_rng(seed)
    signal = library("human", kinds, depth=2e6, seed=seed)
    background = np.exp2(rng.normal(6, 1, signal.shape[1]))
    background[[signal.columns.get_loc(gene) for gene in (*HUMAN.y_genes, "XIST")]] = 2.0**5.3
    absent = rng.random(signal.shape[1]) < 0.5
    absent[-len(HUMAN.y_genes) - 1 - len(HUMAN.x_genes) :] = False
    return (signal * ~absent) + background * np.exp2(rng.normal(0, 0.3, signal.shape))


def answer(kind: str) -> str:
    return kind if kind in SEXES else "unclear"


@pytest.mark.parametrize("organism", organisms.names())
def test_the_genes_are_current_symbols(organism: str) -> None:
    facts = organisms.get(organism)
    assert {facts.xist, *facts.y_genes, *facts.x_genes} <= approved_symbols(organism)


@pytest.mark.parametrize("organism", organisms.names())
@pytest.mark.parametrize("scale", ["counts", "tpm", "log2", "log2 of much more", "linear"])
def test_bulk(organism: str, scale: str) -> None:
    reads = library(organism, LEVELS, depth=2e6)
    per_million = reads.div(reads.sum(axis=1), axis=0) * 1e6
    table = {
        "counts": reads, "tpm": per_million, "log2": np.log2(per_million + 1), "linear": per_million / 7,
        "log2 of much more": np.log2(per_million + 60),
    }[scale]  # fmt: skip
    found = expressed_sex(put(table, organism, "bulk", scale.split()[0]))
    assert found["sex_expressed"].tolist() == [answer(kind) for kind in LEVELS]
    assert (found["y_genes_found"] == len(organisms.get(organism).y_genes)).all()
    np.testing.assert_allclose(found["xist"], [2, 0.001, 1, 2, 0.01], rtol=0.25, atol=0.003)
    assert set(found["unit"]) == {"x copies"}


@pytest.mark.parametrize("scale", ["linear", "log2"])
def test_arrays(scale: str) -> None:
    table = arrays(["female", "male", "mixed", "xist lost"])
    found = expressed_sex(put(np.log2(table) if scale == "log2" else table, "human", "array", scale))
    assert found["sex_expressed"].tolist() == ["female", "male", "unclear", "unclear"]
    assert found["xist"].between(0, 100).all()
    assert set(found["unit"]) == {"percentile"}


def test_deaf_probes() -> None:
    table = arrays(["male", "female"])
    table[["UTY", "ZFY", "KDM5D"]] = table.min().min()
    found = expressed_sex(put(table, "human", "array", "linear"))
    assert found["sex_expressed"].tolist() == ["male", "female"]


@pytest.mark.parametrize(
    ("x", "y", "n_y", "xist", "call"),
    [
        (10, 0, 7, 30, "female"),
        (9, 0, 7, 30, "unclear"),  # 54 reads on the X copies: no yardstick
        (16, 10, 7, 0, "male"),
        (14, 10, 7, 0, "unclear"),  # XIST of a few cells could have been missed
        (50, 0, 1, 100, "female"),
        (40, 0, 1, 100, "unclear"),  # so could a Y gene where only one is measured
        (18, 1, 7, 100, "unclear"),
        (40, 0, 7, 5, "female"),
        (40, 0, 7, 4, "unclear"),  # four reads are no voice
        (1000, 20, 7, 2000, "female"),  # reads of the X copies placed on Y
        (1000, 50, 7, 2000, "unclear"),
        (1000, 500, 7, 20, "male"),
        (1000, 500, 7, 50, "unclear"),
    ],
)
def test_how_many_reads_are_needed(x: int, y: int, n_y: int, xist: int, call: str) -> None:
    reads = {"XIST": xist, **dict.fromkeys(HUMAN.y_genes[:n_y], y), **dict.fromkeys(HUMAN.x_genes, x)}
    table = pd.DataFrame({**reads, **dict.fromkeys("abc", 1)}, index=["s"])
    for factor in (1, 0.3):
        assert expressed_sex(put(table * factor, "human", "bulk", "counts"))["sex_expressed"].tolist() == [call]


def test_single_cells_are_summed_by_sample_in_order_of_appearance() -> None:
    kinds = ["male", "female"] * 150 + ["mixed"] * 150
    cells = library("mouse", kinds, depth=3000)
    samples = [{"male": "z", "female": "a", "mixed": "m"}[kind] for kind in kinds]
    adata = put(cells, "mouse", "single_cell", "counts", samples)
    adata.obs["sample"] = adata.obs["sample"].astype("category")
    found = expressed_sex(adata)
    assert found["sex_expressed"].to_dict() == {"z": "male", "a": "female", "m": "unclear"}
    assert list(found.index) == ["z", "a", "m"]
    adata.X = adata.X.toarray()
    pd.testing.assert_frame_equal(expressed_sex(adata), found)


@pytest.mark.parametrize("kind", ["female", "male", "mixed", "xist lost"])
@pytest.mark.parametrize("depth", [1e3, 1e4, 3e4, 1e5, 1e6])
def test_no_depth_gives_a_wrong_call(kind: str, depth: float) -> None:
    reads = library("human", [kind] * 40, depth=depth, seed=int(depth))
    for table, scale in ((reads, "counts"), (reads.div(reads.sum(axis=1), axis=0) * 1e6, "tpm")):
        calls = set(expressed_sex(put(table, "human", "bulk", scale))["sex_expressed"])
        assert calls <= {answer(kind), "unclear"}
        if depth == 1e3:
            assert calls == {"unclear"}
        if depth == 1e6:
            assert calls == {answer(kind)}


@pytest.mark.parametrize("assay", ["bulk", "array"])
def test_one_side_only(assay: str) -> None:
    """A voice counts alone, a silence does not."""
    table = arrays(SEXES) if assay == "array" else library("human", SEXES, depth=2e6)
    scale = "linear" if assay == "array" else "counts"
    no_xist = expressed_sex(put(table.drop(columns="XIST"), "human", assay, scale))
    assert no_xist["sex_expressed"].tolist() == ["unclear", "male"]
    assert no_xist["xist"].isna().all()
    no_y = expressed_sex(put(table.drop(columns=[*HUMAN.y_genes]), "human", assay, scale))
    assert no_y["sex_expressed"].tolist() == ["female", "unclear"]
    assert no_y["y_genes_found"].tolist() == [0, 0]
    neither = expressed_sex(put(table.drop(columns=["XIST", *HUMAN.y_genes]), "human", assay, scale))
    assert set(neither["sex_expressed"]) == {"not measured"}


def test_what_cannot_be_compared() -> None:
    """No yardstick, a panel, log ratios, flat or missing values."""
    reads, intensities = library("human", SEXES, depth=2e6), arrays(SEXES)
    no_x = expressed_sex(put(reads.drop(columns=[*HUMAN.x_genes]), "human", "bulk", "counts"))
    panel = expressed_sex(put(intensities.iloc[:, -500:], "human", "array", "linear"))
    flat = expressed_sex(put(intensities * 0 + 5, "human", "array", "linear"))
    zero = expressed_sex(put(reads * 0, "human", "bulk", "counts"))
    for found in (no_x, panel, flat, zero):
        assert set(found["sex_expressed"]) == {"unclear"}
    log2 = np.log2(intensities)
    ratios = expressed_sex(put(log2 - log2.mean(), "human", "array", "log2"))
    assert set(ratios["sex_expressed"]) == {"not measured"}
    gaps = intensities.copy()
    gaps.loc["s0", ["DDX3Y", "g1"]] = np.nan
    found = expressed_sex(put(gaps, "human", "array", "linear"))
    assert found["sex_expressed"].tolist() == list(SEXES)
    assert found["y_genes_found"].tolist() == [6, 7]


TABLES = {
    ("array", "linear"): arrays(["female", "male", "mixed", "xist lost"]),
    ("array", "log2"): np.log2(arrays(["female", "male", "mixed", "xist lost"])),
    ("bulk", "counts"): library("human", LEVELS, depth=3e5),
    ("single_cell", "counts"): library("human", ["female", "male", "mixed"] * 4, depth=4e4),
}


@given(st.sampled_from(sorted(TABLES)), st.integers(0, 10**6), st.floats(1e-3, 1e3))
@settings(max_examples=60, deadline=None)
def test_order_and_scaling_change_nothing(how: tuple[str, str], seed: int, factor: float) -> None:
    assay, scale = how
    table = TABLES[how]
    samples = [f"d{i % 3}" for i in range(len(table))] if assay == "single_cell" else list(table.index)
    before = expressed_sex(put(table, "human", assay, scale, samples))
    rng = np.random.default_rng(seed)
    rows, columns = rng.permutation(len(table)), rng.permutation(table.shape[1])
    mixed = table.iloc[rows, columns]
    mixed = mixed + np.log2(factor) if scale == "log2" else mixed * factor
    after = expressed_sex(put(mixed, "human", assay, scale, [samples[i] for i in rows]))
    pd.testing.assert_frame_equal(after.loc[before.index], before, rtol=1e-9)


def test_undeclared_data_are_refused() -> None:
    adata = put(arrays(SEXES), "human", "array", "linear")
    adata.uns["fatescore"]["organism"] = "humen"
    with pytest.raises(InputError, match='did you mean "human"'):
        expressed_sex(adata)
    del adata.uns["fatescore"]
    with pytest.raises(InputError, match="organism"):
        expressed_sex(adata)
    del adata.obs["sample"]
    with pytest.raises(InputError, match="sample"):
        expressed_sex(adata)


def rows(**calls: str) -> pd.DataFrame:
    row = {"xist": 0.002, "y_genes": 0.76, "y_genes_found": 4, "unit": "x copies"}
    return pd.DataFrame({name: {"sex_expressed": call, **row} for name, call in calls.items()}).T


@pytest.mark.parametrize("word", ["f", "F", " female ", "Female", "woman", "Sex: female", "72 years, female", "Women"])
def test_declared_words(word: str) -> None:
    assert sex_notes(pd.Series({"a": word}), rows(a="female")) == []
    (note,) = sex_notes(pd.Series({"a": word}), rows(a="male"))
    assert note == (
        "sample a is female in the sample table, its expression says male "
        "(XIST at 0.002 and 4 Y genes at 0.76 times the level of the Y genes' X copies)"
    )


@pytest.mark.parametrize("word", ["m", "M", "male", "MALE", "man", "gender: Male"])
def test_a_declared_man(word: str) -> None:
    assert sex_notes(pd.Series({"a": word}), rows(a="male")) == []
    assert len(sex_notes(pd.Series({"a": word}), rows(a="female"))) == 1


@pytest.mark.parametrize("word", ["", "?", "unknown", "male and female", "3 m", "2", "postmenopausal", np.nan, None])
def test_other_words_are_ignored(word: object) -> None:
    assert sex_notes(pd.Series({"a": word}, dtype=object), rows(a="male")) == []
    assert sex_notes(pd.Series({"a": word}, dtype=object), rows(a="female")) == []


def test_what_is_unclear_contradicts_nobody() -> None:
    declared = pd.Series({"a": "f", "b": "m", "c": "f", "d": "m"})
    assert sex_notes(declared, rows(a="unclear", b="not measured", c="female")) == []


def test_evidence_names_what_was_not_measured() -> None:
    found = rows(a="male")
    found["xist"] = np.nan
    (note,) = sex_notes(pd.Series({"a": "f"}), found)
    assert note.endswith("(4 Y genes at 0.76 times the level of the Y genes' X copies, XIST not measured)")
    found = rows(a="female").assign(y_genes=np.nan, y_genes_found=0, xist=97.2, unit="percentile")
    (note,) = sex_notes(pd.Series({"a": "m"}), found)
    assert note.endswith("(XIST at percentile 97 of its genes, Y genes not measured)")


def test_numbers_as_names() -> None:
    assert len(sex_notes(pd.Series({1: "f"}), rows(**{"1": "male"}))) == 1


def read(path: Path, names: Mapping[str, str] | None = None) -> pd.DataFrame:
    table = pd.read_csv(path, sep="\t", index_col=0)
    if names:
        table.index = table.index.str.split(".").str[0]
        table = table.rename(index=names)
    return table[~table.index.duplicated()].T


MOUSE_IDS = {
    "ENSMUSG00000086503": "Xist", "ENSMUSG00000069045": "Ddx3y", "ENSMUSG00000056673": "Kdm5d",
    "ENSMUSG00000069049": "Eif2s3y", "ENSMUSG00000068457": "Uty", "ENSMUSG00000000787": "Ddx3x",
    "ENSMUSG00000025332": "Kdm5c", "ENSMUSG00000037369": "Kdm6a", "ENSMUSG00000035150": "Eif2s3x",
    "ENSMUSG00000079509": "Zfx", "ENSMUSG00000031010": "Usp9x",
}  # fmt: skip
HUMAN_IDS = {
    "ENSG00000229807": "XIST", "ENSG00000129824": "RPS4Y1", "ENSG00000067048": "DDX3Y", "ENSG00000012817": "KDM5D",
    "ENSG00000183878": "UTY", "ENSG00000198692": "EIF1AY", "ENSG00000114374": "USP9Y", "ENSG00000067646": "ZFY",
    "ENSG00000215301": "DDX3X", "ENSG00000126012": "KDM5C", "ENSG00000147050": "KDM6A", "ENSG00000173674": "EIF1AX",
    "ENSG00000124486": "USP9X", "ENSG00000005889": "ZFX",
}  # fmt: skip


@pytest.mark.realdata
def test_the_osteoporosis_arrays(real_data: Path) -> None:
    """GSE35958: eight women and the man GSM878101, as its submitters say."""
    folder = real_data / "geo/series/GSE35nnn/GSE35958/matrix"
    text = gzip.decompress((folder / "GSE35958_series_matrix.txt.gz").read_bytes()).decode()
    lines = {
        line.split("\t")[0]: line.replace('"', "").split("\t")[1:] for line in text.splitlines() if "gender" in line
    }
    declared = [re.sub("gender: ", "", value) for value in lines["!Sample_characteristics_ch1"]]
    table = read(real_data / "gse35958/expression_log2.tsv.gz")
    found = expressed_sex(put(table, "human", "array", "log2"))
    assert found["sex_expressed"].tolist() == declared
    assert found.index[found["sex_expressed"] == "male"].tolist() == ["GSM878101"]
    assert expressed_sex(put(np.exp2(table), "human", "array", "linear"))["sex_expressed"].tolist() == declared
    swapped = pd.Series(declared, index=table.index).replace({"male": "female"})
    (note,) = sex_notes(swapped, found)
    assert note.startswith("sample GSM878101 is female in the sample table, its expression says male")


@pytest.mark.realdata
@pytest.mark.parametrize(
    "file", ["mouse_bone_emtab5533/rsem_expected_counts.tsv.gz", "mouse_inguinal_fat/counts.tsv.gz"]
)
def test_mouse_tissue(real_data: Path, file: str) -> None:
    """Bone has Xist at 0 to 4 reads and hundreds on every Y gene; the table of fat has no row for Xist."""
    table = read(real_data / file, MOUSE_IDS).round()
    assert set(expressed_sex(put(table, "mouse", "bulk", "counts"))["sex_expressed"]) == {"male"}
    rng = np.random.default_rng(0)
    for share in (0.5, 0.1, 0.01, 0.001):
        thin = pd.DataFrame(rng.binomial(table.astype(int), share), index=table.index, columns=table.columns)
        calls = set(expressed_sex(put(thin, "mouse", "bulk", "counts"))["sex_expressed"])
        assert calls <= ({"male"} if share >= 0.1 else {"unclear"} if share == 0.001 else {"male", "unclear"})


@pytest.mark.realdata
def test_mouse_cells_of_both_sexes_are_unclear(real_data: Path) -> None:
    adata = ad.read_h5ad(real_data / "matsushita2023/matsushita2023_250cells.h5ad")
    adata.X = adata.layers["counts"]
    adata.uns["fatescore"] = {"organism": "mouse", "assay": "single_cell", "scale": "counts"}
    for samples in (["all"] * adata.n_obs, adata.obs["cluster"].astype(str)):
        adata.obs["sample"] = list(samples)
        assert set(expressed_sex(adata)["sex_expressed"]) == {"unclear"}


@pytest.mark.realdata
def test_shallow_libraries_are_unclear_in_every_sample_of_a_donor(real_data: Path) -> None:
    """About six reads on all X copies together: no call, and so none that contradicts another of its donor."""
    table = read(real_data / "msc_osteogenic_lowdepth/counts.tsv.gz", HUMAN_IDS)
    donors = table.index.str.replace(r"\.(48h|10d)\..*", "", regex=True)
    assert set(expressed_sex(put(table, "human", "bulk", "counts"))["sex_expressed"]) == {"unclear"}
    pooled = expressed_sex(put(table, "human", "single_cell", "counts", donors))
    assert len(pooled) == 18
    assert set(pooled["sex_expressed"]) == {"unclear"}

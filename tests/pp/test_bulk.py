"""Bulk quality: closed forms, planted faults, and what the real data show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import fatescore as fs
from fatescore import organisms
from fatescore.errors import InputError, NotScorable
from fatescore.ingest import ingest
from fatescore.ingest.locate import locate, read_raw
from fatescore.pp.bulk import bulk_metrics, scale_of, strand
from fatescore.pp.cell_type import MARKERS
from fatescore.pp.qc.samples import metrics_and_flags
from fatescore.pp.tissue import contamination, foreign_tissue, no_stroma
from fatescore.tables.notes import Note, join_notes, parse_notes, split_names


def counted(counts: np.ndarray, genes: list[str]) -> ad.AnnData:
    names = [f"s{i}" for i in range(len(counts))]
    adata = ad.AnnData(sp.csr_matrix(np.asarray(counts, dtype=np.float64)), var=pd.DataFrame(index=genes))
    adata.obs_names = names
    adata.obs["sample"] = names
    adata.layers["counts"] = adata.X.copy()
    return adata


def without_stroma(adata: ad.AnnData) -> dict[str, Note]:
    return no_stroma(foreign_tissue(adata, "human", scale_of(adata)))


def calls(table: pd.DataFrame, kind: str) -> list[str]:
    return list(table.loc[table["type"] == kind, "call"])


def test_the_numbers() -> None:
    genes = ["MT-CO1", "RPL3", "RPS6KA1", "RPLP0", "A", "B"]
    table = bulk_metrics(counted(np.array([[50, 20, 10, 10, 7.5, 2.5]]), genes), "human")
    row = table.iloc[0]
    assert row[["library_size", "n_genes", "genes_to_half"]].tolist() == [100, 6, 1]
    assert row[["top_1", "top_10", "top_100"]].tolist() == [0.5, 1, 1]
    assert row[["mitochondrial", "ribosomal"]].tolist() == [0.5, 0.3]  # RPS6KA1 is a kinase
    assert row["fractional"] == pytest.approx(2 / 6)
    assert row["outlier"] == ""


def test_even_counts_are_complex() -> None:
    table = bulk_metrics(counted(np.ones((1, 100)), [f"g{i}" for i in range(100)]), "human")
    assert table["genes_to_half"].tolist() == [50]


def test_planted_faults_are_named_and_no_good_sample() -> None:
    false = 0
    for seed in range(5):
        adata = fs.simulate.bulk(n_donors=12, n_genes=1500, seed=seed)
        false += (bulk_metrics(adata, "human")["outlier"] != "").sum()
        counts = adata.layers["counts"].toarray()
        rng = np.random.default_rng(seed)
        counts[2] = rng.binomial(counts[2].astype(int), 0.05)
        counts[5, 100] += counts[5].sum()
        counts[8] += 0.3 * (counts[8] > 0)
        mt = adata.var_names.str.startswith("MT-")
        counts[10, mt] = counts[10, mt] * 8
        adata.layers["counts"] = sp.csr_matrix(counts)
        outlier = bulk_metrics(adata, "human")["outlier"]
        for place, metric, side in (
            (2, "library_size", "low"),
            (5, "top_1", "high"),
            (8, "fractional", "high"),
            (10, "mitochondrial", "high"),
        ):
            notes = parse_notes(outlier.iloc[place])
            assert ((metric,), (side,)) in [(note.names("metric"), note.names("side")) for note in notes]
        false += (outlier.drop(outlier.index[[2, 5, 8, 10]]) != "").sum()
    assert false == 0


def test_an_empty_sample_is_no_error_and_the_input_stays() -> None:
    adata = counted(np.array([[0.0, 0], [1, 2]]), ["A", "B"])
    bulk_metrics(adata, "human")
    strand(adata, "human")
    assert calls(foreign_tissue(adata, "human", "counts"), "muscle") == ["not measured"] * 2
    np.testing.assert_array_equal(adata.layers["counts"].toarray(), [[0, 0], [1, 2]])
    del adata.layers["counts"]
    with pytest.raises(InputError, match="counts.*missing"):
        bulk_metrics(adata, "human")


def blood_in_stroma(shares: list[float], organism: str = "human", seed: int = 3) -> ad.AnnData:
    cells = fs.simulate.single_cell(
        organism=organism, n_donors=2, cells_per_donor=300, n_genes=3000, ambient=0.0, seed=seed
    )
    profile = {kind: np.asarray(cells[(cells.obs["true_cell_type"] == kind).to_numpy()].X.sum(axis=0)).ravel()
               for kind in ("stromal", "haematopoietic")}  # fmt: skip
    stroma, blood = (profile[kind] / profile[kind].sum() for kind in ("stromal", "haematopoietic"))
    mixed = np.array([(1 - share) * stroma + share * blood for share in shares]) * 3e6
    return counted(mixed, list(cells.var_names))


def test_blood_in_a_culture_is_seen_from_one_part_in_twenty() -> None:
    table = foreign_tissue(blood_in_stroma([0, 0.05, 0.2, 0.9]), "human", "counts")
    assert calls(table, "haematopoietic") == ["absent", "present", "present", "dominant"]
    relative = table.loc[table["type"] == "haematopoietic", "relative"]
    assert relative.is_monotonic_increasing


@pytest.mark.parametrize("organism", organisms.names())
@pytest.mark.parametrize("seed", [3, 4])
def test_the_share_of_blood_is_near_what_was_mixed(organism: str, seed: int) -> None:
    shares = np.array([0.05, 0.2, 0.5, 0.8, 0.95])
    table = contamination(foreign_tissue(blood_in_stroma([0, *shares], organism, seed), organism, "counts"))
    found = table["contamination_haematopoietic"].to_numpy()
    assert found[0] == 0
    odds = found[1:] / (1 - found[1:]) / (shares / (1 - shares))
    assert (np.abs(np.log2(odds)) < 1).all()  # within a factor of two
    assert table["contamination"].iloc[0] == ""
    assert all("haematopoietic" in split_names(names) for names in table["contamination"][1:])
    assert (table["contamination_muscle"] == 0).all()  # no muscle in the simulated world


def test_only_blood_without_stroma_is_not_stromal() -> None:
    adata = blood_in_stroma([0, 0.2, 0.5, 0.8, 0.85, 0.98, 1])
    named = without_stroma(adata)
    assert list(named) == ["s5", "s6"]
    assert (named["s6"].code, named["s6"].names("type")) == ("no_stromal_signal", ("haematopoietic",))
    assert named["s6"].number("relative") >= 4
    assert without_stroma(fs.simulate.bulk(n_donors=6, seed=0)) == {}
    bare = adata[:, ~adata.var_names.isin(MARKERS["stromal"])].copy()
    assert without_stroma(bare) == {}  # without stromal genes in the table stroma has no level
    assert contamination(foreign_tissue(bare, "human", "counts")).filter(like="contamination_").isna().all(axis=None)


def test_quality_control_does_not_score_blood() -> None:
    adata = blood_in_stroma([0, 0.5, 1])
    for column in ("dataset", "donor", "condition"):
        adata.obs[column] = adata.obs["sample"]
    table = fs.pp.qc(adata, assay="bulk", organism="human").samples
    assert table["verdict"].tolist() == ["ok", "ok", "not scorable"]
    assert table["n_kept"].tolist() == [1, 1, 0]
    assert table["qc_fail_reason"].str.split(":").str[0].tolist() == ["", "", "no_stromal_signal"]
    message = r"\(s2: no stromal signal: haematopoietic markers above those of stroma by 2\^\d+\.\d\)$"
    with pytest.raises(NotScorable, match=message) as raised:
        fs.pp.qc(adata[2:].copy(), assay="bulk", organism="human")
    assert raised.value.reason == f"none_scorable:samples=1,sample=s2;{table['qc_fail_reason'].iloc[2]}"
    ungated = fs.pp.qc(adata, assay="bulk", organism="human", limits=fs.pp.QcLimits(gate="none"))
    assert ungated.adata.n_obs == 3


def test_muscle_in_a_culture_is_named() -> None:
    stroma = dict.fromkeys(MARKERS["stromal"], 400.0)
    muscle = dict.fromkeys(MARKERS["muscle"][:7], 400.0)  # fibres; satellite cells are few
    genes = [gene for genes in MARKERS.values() for gene in genes]
    rows = [[(1 - x) * stroma.get(g, 0) + x * muscle.get(g, 0) for g in genes] + [1e6] for x in (0, 0.3, 1)]
    table = contamination(foreign_tissue(counted(np.array(rows), [*genes, "OTHER"]), "human", "counts"))
    assert table["contamination"].tolist() == ["", "muscle", "muscle"]
    assert table["contamination_muscle"].round(2).tolist() == [0, 0.3, 1]
    assert table["contamination_schwann"].tolist() == [0, 0, 0]


def test_blood_on_an_array_is_not_stromal() -> None:
    rng = np.random.default_rng(0)
    genes = [gene for genes in MARKERS.values() for gene in genes]
    values = rng.normal(7, 2, (2, 3000 + len(genes)))
    values[:, : len(genes)] = rng.normal(4.5, 0.3, (2, len(genes)))  # silent genes glow
    for row, kind in enumerate(("haematopoietic", "stromal")):
        values[row, [genes.index(gene) for gene in MARKERS[kind]]] = rng.normal(11, 0.5, len(MARKERS[kind]))
    adata = ad.AnnData(values, var=pd.DataFrame(index=[*genes, *(f"G{i}" for i in range(3000))]))
    adata.uns["fatescore"] = {"scale": "log2"}
    assert list(without_stroma(adata)) == ["0"]


def test_the_metrics_of_samples_hold_their_contamination() -> None:
    metrics, flags = metrics_and_flags(blood_in_stroma([0, 0.2, 0.9]), "human", 5)
    assert {"contamination", "contamination_haematopoietic", "haematopoietic_relative"} <= set(metrics)
    assert metrics["contamination"].tolist()[0] == ""
    assert {name: join_notes(notes) for name, notes in flags.items()} == {
        "s0": "", "s1": "", "s2": "other_tissue:type=haematopoietic;other_tissue:type=erythroid"
    }  # fmt: skip


def test_a_missing_marker_is_left_out() -> None:
    genes = [gene for genes in MARKERS.values() for gene in genes]
    values = np.tile(np.linspace(4, 14, len(genes)), (2, 1))
    values[1, genes.index("PTPRC")] = np.nan
    table = foreign_tissue(ad.AnnData(values, var=pd.DataFrame(index=genes)), "human", "log2")
    assert np.isfinite(table["level"]).all()


def test_reads_on_the_wrong_strand() -> None:
    names = [f"G{i}" for i in range(12)]
    genes = [*names, *(f"{name}-AS1" for name in names)]
    right = np.tile([100.0] * 12 + [3.0] * 12, (2, 1))
    right[1] = right[1][::-1]
    table = strand(counted(right, genes), "human")
    assert table["wrong_strand"].tolist() == [False, True]
    assert table["antisense_leads"].tolist() == [0, 1]
    assert table["evidence"].iloc[0] == ""
    (note,) = parse_notes(table["evidence"].iloc[1])
    assert (note.code, note.number("pairs"), note.number("share")) == ("wrong_strand", 12, 1)
    assert (note.names("antisense")[0], note.names("sense")[0]) == ("G0-AS1", "G0")
    assert (note.names("antisense_counts"), note.names("sense_counts")) == (("100",) * 3, ("3",) * 3)
    few = strand(counted(right[:, [0, 1, 12, 13]], [genes[i] for i in (0, 1, 12, 13)]), "human")
    assert not few["wrong_strand"].any()  # two pairs prove nothing


def real(source: Path, organism: str, assay: str = "bulk", scale: str = "counts", file: str = "") -> ad.AnnData:
    names = read_raw(locate(source, "auto", file), organism).columns
    samples = pd.DataFrame({"sample": names, "donor": names, "condition": "x"})
    how: dict[str, Any] = {"organism": organism, "assay": assay, "scale": scale, "file": file}
    return ingest(source, samples=samples, dataset="d", **how).adata


@pytest.mark.realdata
def test_log_ratios_have_no_levels(real_data: Path) -> None:
    table = pd.read_csv(real_data / "3t3l1_timecourse" / "log2_ratio_to_t0.tsv.gz", sep="\t", index_col=0).T
    adata = ad.AnnData(table.loc[:, ~table.columns.duplicated()].rename(columns=str.capitalize))
    before = adata.X.copy()
    assert set(foreign_tissue(adata, "mouse", "log2")["call"]) == {"", "not measured"}
    np.testing.assert_array_equal(adata.X, before)


@pytest.mark.realdata
def test_marrow_in_mouse_bone(real_data: Path) -> None:
    adata = real(real_data / "mouse_bone_emtab5533/rsem_expected_counts.tsv.gz", "mouse")
    table = foreign_tissue(adata, "mouse", "counts")
    assert calls(table, "haematopoietic") == ["present"] * 5 + ["dominant"] * 5
    assert calls(table, "erythroid") == ["present"] * 5 + ["dominant"] * 5
    assert calls(table, "schwann") == ["absent"] * 10
    assert no_stroma(table) == {}  # bone with marrow stays
    held = contamination(table)
    assert (
        held["contamination_haematopoietic"].iloc[:5].max()
        < 0.3
        < 0.7
        < held["contamination_haematopoietic"].iloc[5:].min()
    )
    assert ["muscle" in split_names(names) for names in held["contamination"]] == [True] * 5 + [False] * 3 + [
        True,
        False,
    ]
    assert not strand(adata, "mouse")["wrong_strand"].any()
    assert bulk_metrics(adata, "mouse")["fractional"].between(0.05, 0.1).all()


@pytest.mark.realdata
def test_fat_holds_macrophages_and_its_strand_is_right(real_data: Path) -> None:
    adata = real(real_data / "mouse_inguinal_fat/counts.tsv.gz", "mouse")
    table = foreign_tissue(adata, "mouse", "counts")
    assert "absent" not in calls(table, "haematopoietic")
    assert calls(table, "muscle").count("absent") == 13
    assert no_stroma(table) == {}
    assert not strand(adata, "mouse")["wrong_strand"].any()
    assert (bulk_metrics(adata, "mouse")["outlier"] == "").all()


@pytest.mark.realdata
def test_the_shallow_set_was_counted_on_the_wrong_strand(real_data: Path) -> None:
    table = strand(real(real_data / "msc_osteogenic_lowdepth/counts.tsv.gz", "human"), "human")
    assert table["wrong_strand"].all()
    assert table["antisense_leads"].min() > 0.7
    (note,) = parse_notes(table["evidence"].iloc[0])
    shown = ("antisense", "antisense_counts", "sense", "sense_counts")
    assert ("BEST1", "2709", "FTH1", "8") in zip(*map(note.names, shown), strict=True)


@pytest.mark.realdata
def test_cultures_on_arrays_are_pure_and_kidneys_are_not(real_data: Path) -> None:
    path = "geo/series/GSE35nnn/GSE35958/matrix/GSE35958_series_matrix.txt.gz"
    table = foreign_tissue(real(real_data / path, "human", "array", "log2"), "human", "log2")
    assert set(table["call"]) == {"", "absent"}
    assert (contamination(table)["contamination"] == "").all()
    kidney = real(real_data / "geo/series/GSEnnn/GSE781", "human", "array", "linear", "GPL96")
    table = foreign_tissue(kidney, "human", "linear")
    assert calls(table, "haematopoietic").count("absent") == 5  # of 17
    assert set(calls(table, "muscle")) == set(calls(table, "schwann")) == {"absent"}


def test_the_largest_share_is_named_first_and_what_is_not_expressed_is_no_blood() -> None:
    kinds = ["stromal", "haematopoietic", "muscle", "schwann"]
    tissue = pd.DataFrame({
        "sample": "s", "type": kinds, "relative": [0.0, 5.0, 1.0, -1.0], "share": [np.nan, 0.0, 0.6, 0.3],
        "call": ["", "absent", "dominant", "present"],
    })  # fmt: skip
    for order in ([0, 1, 2, 3], [3, 2, 1, 0]):
        assert contamination(tissue.iloc[order]).loc["s", "contamination"] == "muscle;schwann"
    assert no_stroma(tissue) == {}  # blood at the background of a dim array


def test_two_stromal_markers_are_too_few_to_miss_stroma_by() -> None:
    genes = [*MARKERS["stromal"][:2], *MARKERS["haematopoietic"]]
    blood = counted(np.array([[0.0, 0.0] + [1e5] * 10]), genes)
    table = foreign_tissue(blood, "human", "counts")
    assert calls(table, "haematopoietic") == ["not measured"]
    assert no_stroma(table) == {}

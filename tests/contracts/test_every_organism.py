"""What holds for every organism: a study with a planted effect gives its sign, from the table of counts to the pool."""

from __future__ import annotations

from pathlib import Path

import anndata as ad
import pandas as pd
import pytest

import fatescore as fs
from fatescore import gene_sets, organisms
from fatescore.errors import InputError
from fatescore.tables.codes import NoteCode
from fatescore.typing import Assay, Scale

EFFECT = -3.0


def counts_of(folder: Path, organism: str, dataset: str) -> tuple[Path, pd.DataFrame]:
    """Write a simulated bulk study as a submitter would: a table of genes x samples and a sheet of samples."""
    study = fs.simulate.bulk(organism=organism, n_donors=10, n_genes=1500, effect=EFFECT, seed=4)
    path = folder / f"{dataset}_counts.tsv.gz"
    study.to_df().T.astype(int).rename_axis("gene").to_csv(path, sep="\t")
    return path, study.obs.assign(dataset=dataset)[["dataset", "sample", "donor", "condition", "sex"]]


def contrast_of(adata: ad.AnnData, organism: str, assay: Assay, scale: Scale, dataset: str) -> pd.DataFrame:
    """Take a data set through quality control, normalisation, scores and the contrast."""
    kept = fs.pp.qc(adata, assay=assay, organism=organism, limits=fs.pp.QcLimits(min_genes=50)).adata
    cells = assay == "single_cell"
    normalised = fs.pp.normalise(kept, assay=assay, scale=scale)
    samples = fs.pp.pseudobulk(normalised) if cells else normalised
    scored = fs.tl.sample_scores(samples, organism=organism, unit="pseudobulk" if cells else "sample")
    names = organisms.get(organism).simulation
    return fs.stats.contrast(
        scored.scores, case=names["case"], control=names["control"], measures=["fate_bias"], dataset=dataset,
        contrast="loss", kind="disease", expected="-",
    )  # fmt: skip


def bulk_contrast(folder: Path, organism: str) -> pd.DataFrame:
    dataset = f"{organism}_bulk"
    path, samples = counts_of(folder, organism, dataset)
    ingested = fs.ingest.ingest(path, samples=samples, dataset=dataset, organism=organism, assay="bulk", scale="counts")
    return contrast_of(ingested.adata, organism, "bulk", "counts", dataset)


@pytest.mark.parametrize("organism", organisms.names())
def test_bulk_gives_the_planted_sign(tmp_path: Path, organism: str) -> None:
    (row,) = bulk_contrast(tmp_path, organism).to_dict("records")
    assert row["difference"] < 0
    assert row["p_value"] < 0.05
    assert (row["n_case"], row["n_control"]) == (5, 5)


@pytest.mark.parametrize("organism", organisms.names())
def test_cells_give_the_planted_sign(organism: str) -> None:
    cells = fs.simulate.single_cell(
        organism=organism, n_donors=6, cells_per_donor=150, n_genes=1500, effect=EFFECT, seed=2
    )
    cells.uns["fatescore"] = {"organism": organism, "assay": "single_cell", "scale": "counts"}
    (row,) = contrast_of(cells, organism, "single_cell", "counts", "cells").to_dict("records")
    assert row["difference"] < 0
    assert (row["n_case"], row["n_control"]) == (3, 3)


@pytest.mark.parametrize("organism", organisms.names())
def test_arrays_give_the_planted_sign(organism: str) -> None:
    study = fs.simulate.array(organism=organism, n_donors=10, n_genes=1500, effect=EFFECT, seed=3)
    one = study.probes["gene_symbol"].eq(study.probes["true_gene"])
    table = study.signal[one].groupby(study.probes.loc[one, "true_gene"]).max().T
    scores = fs.tl.fate_bias(table, organism=organism)["fate_bias"]
    means = scores.groupby(study.samples.set_index("sample")["condition"]).mean()
    assert means[study.truth["case"]] < means[study.truth["control"]]


def test_organisms_are_pooled_and_what_that_loses_is_said(tmp_path: Path) -> None:
    contrasts = pd.concat([bulk_contrast(tmp_path, organism) for organism in ("human", "rat")], ignore_index=True)
    (pooled,) = fs.stats.meta(contrasts).to_dict("records")
    assert pooled["k"] == 2
    assert pooled["effect"] < 0
    assert "human_bulk" in pooled["datasets"]
    assert "rat_bulk" in pooled["datasets"]
    (lost,) = gene_sets.loss_between(["human", "rat"], "review")
    assert lost.code == NoteCode.ORTHOLOG_LOSS
    assert lost.names("human") == ("CASC2", "CYTOR", "MALAT1", "UCA1", "ZNF350")


def test_genes_of_a_rat_declared_human_are_refused(tmp_path: Path) -> None:
    path, samples = counts_of(tmp_path, "rat", "wrong")
    with pytest.raises(InputError, match="the names are rat genes.*set organism to rat"):
        fs.ingest.ingest(path, samples=samples, dataset="wrong", organism="human", assay="bulk", scale="counts")
    with pytest.raises(InputError, match='organism "rats" is not known.*did you mean "rat"'):
        fs.ingest.ingest(path, samples=samples, dataset="wrong", organism="rats", assay="bulk", scale="counts")

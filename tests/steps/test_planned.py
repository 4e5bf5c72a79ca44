"""Steps with the settings of their run."""

from __future__ import annotations

import importlib
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import fatescore as fs
from fatescore.config import Contrast, Dataset, Plan, Sample, default_plan, write_plan
from fatescore.errors import InputError
from fatescore.steps import across_names, arguments, dataset_names, ingest_described, plan_of, run_step
from fatescore.tables import CONFOUNDING, CONTRASTS, EMBEDDING, QC, SAMPLE_FIELDS
from fatescore.tables.folder import DatasetFolder, RunFolder


def local(name: str, path: Path) -> Dataset:
    return Dataset(name, "local", "bulk", "human", "counts", path=path.name, layout="count_table")


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A run of two bulk data sets, with a contrast within and one across."""
    settings = dict(default_plan().settings)
    settings |= {"local_root": str(tmp_path), "seed": 3, "qc": settings["qc"] | {"min_counts_bulk": 1.0}}
    datasets, samples = {}, []
    for seed, name in enumerate("AB"):
        adata = fs.simulate.bulk(n_donors=8, n_genes=400, seed=seed)
        adata.to_df().T.to_csv(tmp_path / f"{name}.tsv", sep="\t")
        datasets[name] = local(name, tmp_path / f"{name}.tsv")
        for sample, condition in zip(adata.obs["sample"], adata.obs["condition"], strict=True):
            samples.append(Sample(name, str(sample), f"{name}{sample}", str(condition), "", {"batch": "", "age": "70"}))
    contrasts = (
        Contrast("op", "osteoporosis", "control", ("A", "B"), expected="-"),
        Contrast("both", "osteoporosis", "control", ("A", "B"), kind="other", across=True),
    )
    found = RunFolder(tmp_path / "results")
    write_plan(Plan(settings, datasets, tuple(samples), contrasts), found.settings_file)
    return found


def test_a_run_from_files_to_contrasts(run: RunFolder) -> None:
    for name in dataset_names(run, plan_of(run)):
        for step in ("ingest", "fingerprint", "qc", "embed", "normalise", "score", "contrast", "export"):
            outcome = run_step(step, run.dataset(name).path)
            assert (outcome.status, outcome.dataset) == ("ok", name), outcome
    (across,) = across_names(plan_of(run))
    assert run_step("contrast", run.across(across).path).status == "ok"
    first = run.dataset("A")
    assert list(first.read(SAMPLE_FIELDS))[:6] == ["dataset", "sample", "donor", "condition", "batch", "age"]
    assert first.outcome("qc").facts["limits"]["min_counts_bulk"] == 1
    assert first.outcome("qc").facts["seed"] == 3
    assert set(first.read(CONTRASTS)["contrast"]) == {"op"}
    assert set(run.across(across).read(CONTRASTS)["dataset"]) == {"A+B"}
    assert "all genes" not in set(run.across(across).read(CONFOUNDING)["field"])
    assert first.read(EMBEDDING).empty
    colours = ad.read_h5ad(first.file("scored.h5ad")).uns["condition_colors"]
    assert len(set(colours)) == 2


def test_a_data_set_without_settings_has_the_defaults(tmp_path: Path) -> None:
    adata = fs.simulate.bulk(n_donors=6, n_genes=400, seed=0)
    adata.to_df().T.to_csv(tmp_path / "A.tsv", sep="\t")
    names = adata.obs["sample"].astype(str)
    samples = pd.DataFrame({"sample": names, "donor": names, "condition": adata.obs["condition"].astype(str)})
    folder = tmp_path / "mine"
    dataset = Dataset("mine", "local", "bulk", "human", "counts", path=str(tmp_path / "A.tsv"))
    assert ingest_described(folder, dataset, samples).status == "ok"
    found = run_step("qc", folder)
    assert (found.status, found.facts["limits"]["min_counts_bulk"]) == ("ok", 500_000)
    assert len(DatasetFolder(folder).read(QC)) == 6


def test_without_a_plan_the_data_sets_are_the_folders(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    for name in ("B", "A"):
        run.dataset(name).path.mkdir(parents=True)
    assert dataset_names(run, plan_of(run)) == ["A", "B"]


def test_folders_of_an_earlier_run_are_passed_over(run: RunFolder) -> None:
    run.dataset("old").path.mkdir(parents=True)
    assert dataset_names(run, plan_of(run)) == ["A", "B"]


def test_what_the_settings_do_not_describe(run: RunFolder) -> None:
    with pytest.raises(InputError, match="no settings describe the data set C"):
        run_step("ingest", run.dataset("C").path)
    assert not run.dataset("C").path.exists()
    with pytest.raises(InputError, match="have no contrast x across data sets; expected both"):
        run_step("contrast", run.across("x").path)


def test_arguments_change_with_what_the_step_depends_on(run: RunFolder) -> None:
    """As the workflow asks, which runs a step again when they change."""
    plan = plan_of(run)
    other = plan.settings | {"seed": 4}
    changed = Plan(other, plan.datasets, plan.samples[:-1], plan.contrasts)  # the last sample is of B
    steps = ("ingest", "fingerprint", "qc", "embed", "normalise", "score", "export", "contrast")
    given = {step: arguments(step, "A", plan) == arguments(step, "A", changed) for step in steps}
    assert {step for step, same in given.items() if not same} == {"qc", "embed", "score", "contrast"}
    assert arguments("ingest", "B", plan) != arguments("ingest", "B", changed)


def test_threads_are_those_that_were_asked_for(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {}
    monkeypatch.setattr(
        importlib.import_module("fatescore.steps.score"), "score", lambda _, **how: given.update(how) or {}
    )
    for step in ("ingest", "qc", "normalise", "score"):
        assert run_step(step, run.dataset("A").path, n_jobs=2).status == "ok"
    assert (given["n_jobs"], given["seed"]) == (2, 3)


def test_settings_that_cannot_be_read(run: RunFolder) -> None:
    run.settings_file.write_text("{}")
    with pytest.raises(InputError, match="holds no settings of a run"):
        run_step("qc", run.dataset("A").path)


def test_a_step_that_is_not_scorable_stops_the_later_ones(run: RunFolder) -> None:
    plan = plan_of(run)
    settings = dict(plan.settings) | {"qc": plan.settings["qc"] | {"min_counts_bulk": 1e12}}
    write_plan(Plan(settings, plan.datasets, plan.samples, plan.contrasts), run.settings_file)
    folder = run.dataset("A")
    for step in ("ingest", "qc", "normalise", "score", "contrast"):
        outcome = run_step(step, folder.path)
    assert (outcome.status, outcome.step) == ("not scorable", "qc")
    assert folder.file(CONTRASTS).read_bytes() == b""
    assert np.unique(folder.read(QC)["verdict"]).tolist() == ["not scorable"]

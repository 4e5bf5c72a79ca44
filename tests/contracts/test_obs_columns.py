"""Whatever type a column of labels or numbers has, every public function gives the numbers of plain text and floats."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import fatescore as fs
from fatescore import stats
from fatescore.stats._labels import label, label_column
from fatescore.tables import columns as col

NAMES = ["sample", "donor", "condition"]
COMPARED: dict[str, Any] = {"case": "2", "control": "1"}
SEX = ["f", "m", "m", "f", "m", "f", "f", "m", "f", "m"]
AGE = [82, 75, 91, 68, 77, 60, 71, 65, 80, 58]

LABELS: dict[str, Callable[[pd.Series], pd.Series]] = {
    "text": lambda text: text.astype(object),
    "category": lambda text: pd.Series(pd.Categorical(text, categories=[*sorted(set(text)), "unused"])),
    "string": lambda text: text.astype("string"),
    "padded": lambda text: " " + text + "  ",
    "int": lambda text: text.astype(int),
    "float": lambda text: text.astype(float),
    "Int64": lambda text: text.astype(int).astype("Int64"),
    "ints in objects": lambda text: text.astype(int).astype(object),
    "ints in categories": lambda text: text.astype(int).astype("category").cat.add_categories([99]),
}
NUMBERS: dict[str, Callable[[pd.Series], pd.Series]] = {
    "float": lambda values: values,
    "Float64": lambda values: values.astype("Float64"),
    "objects": lambda values: values.astype(object),
    "text": lambda values: values.map(repr),
}
INDEX: dict[str, Callable[[int], Any]] = {
    "numbers": lambda n: pd.RangeIndex(n),
    "names": lambda n: pd.Index([f"row{i}" for i in range(n)]),
    "repeated": lambda n: pd.Index([0] * n),
    "called as a column": lambda n: pd.Index(range(n), name="donor"),
}
WAYS = st.fixed_dictionaries(
    {
        **{name: st.sampled_from(sorted(LABELS)) for name in ("sample", "donor", "condition", "batch")},
        "numbers": st.sampled_from(sorted(NUMBERS)),
        "index": st.sampled_from(sorted(INDEX)),
        "scalar": st.sampled_from([str, int, float, np.int64]),
    }
)
SETTINGS = settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))


def plain(levels: int = 2) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    n = 10
    values = rng.normal(size=(n, 3)).round(3)
    return pd.DataFrame(
        {
            "sample": [str(100 + i) for i in range(n)],
            "donor": [str(1 + i) for i in range(n)],
            "condition": [str(1 + i % levels) for i in range(n)],
            "batch": [str(1 + i // 5) for i in range(n)],
            "fate_bias": values[:, 0],
            "osteogenic": values[:, 1],
            "stroma": (rng.random(n) * 0.5).round(3),
            "sex": SEX,
            "age": AGE,
        }
    ).assign(other=lambda table: 1 - table["stroma"])


def dressed(table: pd.DataFrame, way: dict[str, Any]) -> pd.DataFrame:
    out = table.copy()
    for name in ("sample", "donor", "condition", "batch"):
        out[name] = LABELS[way[name]](out[name])
    for name in ("fate_bias", "osteogenic", "stroma", "other", "age"):
        if name in out:
            out[name] = NUMBERS[way["numbers"]](out[name])
    if way["donor"] == "category":
        out["sex"] = pd.Categorical(out["sex"], categories=["f", "m", "unknown"])
    return out.set_axis(INDEX[way["index"]](len(out)), axis=0)


def compare(table: pd.DataFrame, case: Any, control: Any) -> dict[str, pd.DataFrame]:
    """Call every function that compares donors."""
    arms = {"case": case, "control": control}
    method = pd.Categorical(["rank_log"] * len(table), categories=["rank_log", "ucell"])
    audit = stats.confounding(table, **arms)
    found = {
        "confounding": audit,
        "means": stats.donor_means(table, ["fate_bias"]),
        "contrast": stats.contrast(
            table, **arms, measures=["fate_bias", "osteogenic"], fields=table, covariates=["age", "sex"],
            audit=stats.audit_summary(audit), known_conditions=[case],
        ),
        "block": stats.contrast(table, **arms, measures=["fate_bias"], fields=table, block="batch"),
        "contributions": stats.contributions(table[[*NAMES, "fate_bias", "osteogenic"]], **arms),
        "adjusted": stats.adjusted_differences(table, **arms, covariates=["stroma"]),
        "composition": stats.composition(table, **arms, shares={"stroma": "stroma", "other": "other"}),
        "specification": stats.specification(table.assign(method=method, index="core", unit="sample"), **arms),
    }  # fmt: skip
    donors = table["donor"]
    shift = stats.expression_shift(np.random.default_rng(1).normal(size=(10, 40)), [True, False] * 5, donors)
    found["shift"] = stats.add_evidence(audit, shift)
    return found


@given(way=WAYS)
@SETTINGS
def test_donors_are_compared_alike_whatever_their_columns_are(way: dict[str, Any]) -> None:
    wanted = compare(plain(), "2", "1")
    found = compare(dressed(plain(), way), way["scalar"](2), way["scalar"](1))
    for name, table in wanted.items():
        pd.testing.assert_frame_equal(found[name], table, check_dtype=False, obj=f"{name} of {way}")


@given(way=WAYS)
@SETTINGS
def test_levels_are_compared_alike(way: dict[str, Any]) -> None:
    wanted = stats.trend(plain(3), levels=["1", "2", "3"], measures=["fate_bias"])
    found = stats.trend(dressed(plain(3), way), levels=[way["scalar"](n) for n in (1, 2, 3)], measures=["fate_bias"])
    pd.testing.assert_frame_equal(found, wanted, check_dtype=False)


@pytest.mark.parametrize("kind", ["category", "string", "text"])
def test_data_sets_are_pooled_alike(kind: str) -> None:
    rows = pd.concat(
        [
            stats.contrast(
                plain().assign(fate_bias=lambda table, n=n: table["fate_bias"] + n * (table["condition"] == "2")),
                **COMPARED, measures=["fate_bias"], dataset=name, contrast="op", kind="disease",
            )
            for n, name in enumerate("ABC")
        ],
        ignore_index=True,
    )  # fmt: skip
    combined = rows.assign(method="rank_log", index="core", unit="sample")
    names = ("dataset", "contrast", "kind", "measure", "audit_verdict", "method", "index", "unit")

    def pooled(table: pd.DataFrame) -> list[pd.DataFrame]:
        of = {"populations": dict.fromkeys("ABC", "bmsc"), "overlap_groups": {"A": "x", "B": "x"}}
        return [
            stats.meta(table, **of),
            stats.meta_robustness(table, facts={"assay": {"A": "bulk", "B": "array", "C": "array"}}),
            stats.meta_specification(table, **of),
        ]

    changed = combined.assign(**{name: LABELS[kind](combined[name]) for name in names})
    for found, wanted in zip(pooled(changed.set_axis([0, 0, 0])), pooled(combined), strict=True):
        pd.testing.assert_frame_equal(found, wanted, check_dtype=False)


@pytest.fixture(scope="module")
def cells() -> ad.AnnData:
    made = fs.simulate.single_cell(n_donors=4, cells_per_donor=60, n_genes=800, seed=0)
    for name in ("sample", "donor", "condition"):
        codes = {text: str(1 + n) for n, text in enumerate(sorted(set(made.obs[name])))}
        made.obs[name] = made.obs[name].astype(str).map(codes)
    made.obs["batch"] = made.obs["donor"]
    made.obs["total_counts"] = np.asarray(made.layers["counts"].sum(axis=1)).ravel()
    return made


def of_cells(adata: ad.AnnData) -> dict[str, pd.DataFrame]:
    """Call every function that groups cells by a column of ``obs``."""
    scored = fs.pp.normalise(adata.copy(), assay="single_cell", scale="counts")
    sums = fs.pp.pseudobulk(adata, by=["donor", "condition", "sample"])
    sums = fs.pp.normalise(sums, assay="bulk", scale="counts")
    of_cells = fs.tl.observation_scores(scored, organism="human")
    samples = fs.tl.sample_scores(sums, organism="human", unit="pseudobulk", cells=scored, cell_scores=of_cells)
    fs.tl.fate_bias(scored, organism="human", inflation_by="sample")
    intervals = fs.tl.cell_intervals(scored, organism="human", by="donor", n_bootstrap=20)
    matched = fs.pp.match_depth(adata, rng=0)
    found = fs.pp.qc(adata.copy(), assay="single_cell", organism="human")
    return {
        "pseudobulk": sums.to_df(layer="counts"),
        "expressed": sums.var[[col.EXPRESSED]],
        "scores": samples.scores,
        "contributions": samples.contributions,
        "by group": fs.tl.gene_contributions(scored, organism="human", groupby="condition").rename(index=label),
        "cells": of_cells.assign(**{name: label_column(of_cells[name]) for name in NAMES}),
        "z": scored.obs[["fate_bias", "fate_bias_z"]].astype(float),
        "intervals": intervals,
        "specification": fs.tl.specification_scores(sums, organism="human", unit="pseudobulk", cells=scored),
        "matched": pd.DataFrame(np.asarray(matched.layers["counts"].sum(axis=1))),
        "qc": found.samples,
        "fingerprint": fs.pp.fingerprint(sums).samples,
        "donors": stats.contrast(samples.scores, **COMPARED, measures=["fate_bias"]),
        "auroc": pd.DataFrame([stats.auroc_of_cells(of_cells, **COMPARED, measures=["fate_bias"])]),
    }


@pytest.fixture(scope="module")
def wanted(cells: ad.AnnData) -> dict[str, pd.DataFrame]:
    return of_cells(cells)


@pytest.mark.parametrize("kind", ["Int64", "category", "float", "ints in categories", "ints in objects", "string"])
def test_cells_are_grouped_alike_whatever_their_columns_are(
    cells: ad.AnnData, wanted: dict[str, pd.DataFrame], kind: str
) -> None:
    changed = cells.copy()
    for name in (*NAMES, "batch"):
        text = changed.obs[name].astype(str).reset_index(drop=True)
        changed.obs[name] = LABELS[kind](text).set_axis(changed.obs_names)
    for name, table in of_cells(changed).items():
        pd.testing.assert_frame_equal(
            table, wanted[name], check_dtype=False, check_categorical=False, check_index_type=False,
            obj=f"{name} of {kind}",
        )  # fmt: skip

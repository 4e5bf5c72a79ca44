"""Rows of every table that a page shows, made without the other rooms; some names are hostile."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from fatescore.tables import CONTRASTS, SPECIFICATION
from fatescore.tables import columns as col
from fatescore.tables.codes import Agreement, QcFailReason, Status, Test
from fatescore.tables.folder import Outcome

EVIL = "<script>alert(1)</script>"
FORMULA = "=cmd()"
DROPPED = (
    QcFailReason.LOW_DEPTH, QcFailReason.HIGH_MITOCHONDRIAL, QcFailReason.DOUBLET, QcFailReason.NOT_STROMAL,
)  # fmt: skip
SETS = ("bmp_smad", "wnt", "hedgehog", "nf_kb", "epigenetic", "mir_204")
GENES = {
    **dict.fromkeys(
        ["RUNX2", "SP7", "ALPL", "BGLAP", "COL1A1", "IBSP", "SPP1", "DLX5", "MSX2", "SATB2", "BMP2"], "osteogenic"
    ),
    **dict.fromkeys(
        ["PPARG", "CEBPA", "FABP4", "LPL", "ADIPOQ", "PLIN1", "CEBPB", "CD36", "KLF5", "LEP", "ZFP423", "EBF1"],
        "adipogenic",
    ),
}


def status(dataset: str, step: str, state: str = "ok", reason: str = "", **facts: Any) -> Outcome:
    return Outcome(dataset, step, Status(state), reason, facts)


def make_samples(
    rng: np.random.Generator, dataset: str, arms: dict[str, int], shift: float, names: list[str]
) -> pd.DataFrame:
    rows = []
    for condition, n in arms.items():
        for index in range(n):
            name = names.pop() if names else f"{condition[:2]}{index + 1}"
            bias = rng.normal(shift if condition == next(iter(arms)) else 0.0, 0.25)
            bone = rng.normal(0.5, 0.05)
            rows.append(
                {
                    "dataset": dataset,
                    "sample": f"{dataset}_{name}",
                    "donor": name,
                    "condition": condition,
                    "unit": "sample",
                    "n_obs": 1,
                    "total_counts": float(rng.integers(1_000_000, 3_000_000)),
                    "osteogenic": bone,
                    "adipogenic": bone - bias / 4,
                    "fate_bias": bias,
                    "commitment": rng.normal(1, 0.1),
                    "maturation": rng.normal(0, 0.1),
                    "fate_bias_z": bias * 4,
                    "fate_bias_pval": 0.02,
                    "fate_bias_padj": 0.05,
                    "fate_call": "osteogenic" if bias > 0.2 else "adipogenic" if bias < -0.2 else "uncommitted",
                    **{f"set:{name}": rng.normal(0, 0.2) for name in SETS},
                }
            )
    return pd.DataFrame(rows)


def make_contrasts(
    samples: pd.DataFrame, spec: dict[str, str], audit: tuple[str, str], rng: np.random.Generator
) -> pd.DataFrame:
    case, control = (samples[samples["condition"] == spec[side]] for side in ("case", "control"))
    enough = min(len(case), len(control)) >= 3
    rows = []
    for measure in [*col.INDEX_MEASURES, *(f"set:{name}" for name in SETS)]:
        a, b = case[measure], control[measure]
        difference = a.mean() - b.mean()
        spread = np.sqrt((a.var() + b.var()) / 2) if enough else np.nan
        g = difference / spread
        p = rng.uniform(0.0079, 0.05) if abs(g) > 1.2 else rng.uniform(0.06, 0.9)
        rows.append(
            {
                "dataset": samples["dataset"].iloc[0],
                "contrast": spec["id"],
                "kind": spec["kind"],
                "case": spec["case"],
                "control": spec["control"],
                "measure": measure,
                "unit": "sample",
                "n_case": len(a),
                "n_control": len(b),
                "mean_case": a.mean(),
                "mean_control": b.mean(),
                "difference": difference,
                "difference_low": difference - 0.3,
                "difference_high": difference + 0.3,
                "g": g,
                "g_low": g - 1.1,
                "g_high": g + 1.1,
                "g_var": 0.3,
                "p_value": p if enough else np.nan,
                "p_method": f"{Test.EXACT_PERMUTATION}:arrangements=126" if enough else str(Test.NOT_TESTED),
                "p_smallest": 0.007936507937 if enough else np.nan,
                "padj": 0.4 if enough else np.nan,
                "p_welch": 0.2 if enough else np.nan,
                "loo_low": difference - 0.1,
                "loo_high": difference + 0.1,
                "auroc": (a.to_numpy()[:, None] > b.to_numpy()).mean(),
                "expected": spec["expected"] if measure == "fate_bias" else "",
                "agreement": _agreement(p, enough) if measure == "fate_bias" else "",
                "audit_verdict": audit[0],
                "audit_fields": audit[1],
                "note": "" if enough else "few_donors:case=1,control=1",
            }
        )
    return pd.DataFrame(rows).reindex(columns=list(CONTRASTS.names))


def _agreement(p: float, enough: bool) -> Agreement:
    return (Agreement.AGREES if p < 0.05 else Agreement.NOT_SIGNIFICANT) if enough else Agreement.NOT_TESTED


def make_cells(samples: pd.DataFrame, n: int, rng: np.random.Generator) -> pd.DataFrame:
    pick = rng.integers(0, len(samples), n)
    base = samples.iloc[pick][[*col.IDENTITY, "osteogenic", "adipogenic", "fate_bias"]].reset_index(drop=True)
    kind = rng.choice([-1.0, 0.0, 1.0], n)
    base["osteogenic"] += rng.normal(0, 0.08, n) + 0.1 * kind
    base["adipogenic"] += rng.normal(0, 0.08, n) - 0.1 * kind
    base["fate_bias"] = 4 * (base["osteogenic"] - base["adipogenic"])
    base.insert(0, "obs_name", [f"c{index}" for index in range(n)])
    base["fate_call"] = np.select(
        [base["fate_bias"] > 0.6, base["fate_bias"] < -0.6, base["osteogenic"] > 0.55],
        ["osteogenic", "adipogenic", "dual"],
        "uncommitted",
    )
    return base


def make_quality(samples: pd.DataFrame, cells: pd.DataFrame, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Return what quality control and the map say of cells: the kept ones, and others that were dropped."""
    kept = cells[["obs_name", *col.IDENTITY]].copy()
    others = kept.sample(frac=0.3, random_state=0).assign(obs_name=lambda table: "x" + table["obs_name"])
    why = pd.Series(rng.choice(list(map(str, DROPPED)), len(others)))
    every = pd.concat([kept, others], ignore_index=True)
    n = len(every)
    every["qc_fail_reason"] = ["" for _ in range(len(kept))] + list(why)
    every["total_counts"] = rng.lognormal(8, 0.5, n).round()
    every["n_genes_by_counts"] = rng.lognormal(7, 0.3, n).round()
    every["pct_counts_mt"] = rng.gamma(2, 2, n)
    every["doublet_score"] = rng.beta(1, 9, n)
    every["cell_type"] = np.where(every["qc_fail_reason"] == QcFailReason.NOT_STROMAL, "erythroid", "stromal")
    limits = {"limit_min_total_counts": 500.0, "limit_min_genes": 300.0, "limit_max_pct_mt": 12.5}
    shown = every[every["qc_fail_reason"].isin(["", QcFailReason.NOT_STROMAL])]
    embedding = shown[["obs_name", "sample", "donor", "condition", "cell_type", "total_counts"]].assign(
        umap_1=rng.normal(0, 3, len(shown)), umap_2=rng.normal(0, 3, len(shown))
    )
    metrics = pd.DataFrame({"sample": samples["sample"], "ambient_share": rng.uniform(0.02, 0.2, len(samples))})
    metrics["ambient_share_low"] = metrics["ambient_share"] - 0.01
    metrics["ambient_share_high"] = metrics["ambient_share"] + 0.01
    return {
        "qc_cells": every.drop(columns=["dataset", "donor", "condition"]).assign(**limits),
        "qc_metrics": metrics,
        "embedding": embedding.reset_index(drop=True),
    }


def make_metrics(samples: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the numbers of arrays; the first sample stands out."""
    n = len(samples)
    outlier = ["outlier:metric=rle_iqr,side=high,deviations=6", *[""] * (n - 1)]
    return pd.DataFrame({
        "sample": samples["sample"],
        "q50": rng.normal(8, 0.1, n),
        "rle_median": rng.normal(0, 0.02, n),
        "rle_iqr": [1.5, *rng.normal(0.4, 0.02, n - 1)],
        "near_background": rng.uniform(0.1, 0.3, n),
        "outlier": outlier,
    })  # fmt: skip


def make_pca(samples: pd.DataFrame, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Return two components of the samples, and the field (kit) that goes with the first."""
    identity = samples[list(col.IDENTITY)]
    parts = [
        identity.assign(component=name, score=rng.normal(0, 5, len(samples)), variance_ratio=share)
        for name, share in (("PC1", 0.42), ("PC2", 0.17))
    ]
    row = ("characteristics: kit", "text", "PC1", len(samples), 2, 0.8, 0.75, 0.01, 0.008, 0.04)
    columns = ("field", "kind", "component", "n", "groups", "r2", "adjusted_r2", "p_value", "p_smallest", "padj")
    return {"qc_pca": pd.concat(parts, ignore_index=True), "qc_components": pd.DataFrame([row], columns=list(columns))}


def make_specification(contrasts: pd.DataFrame, unit: str, rng: np.random.Generator) -> pd.DataFrame:
    """Return the contrast under four methods and three definitions of the index."""
    main = contrasts[contrasts["measure"] == "fate_bias"].iloc[0]
    rows = []
    for method in ("rank_log", "ucell", "zscore", "aucell"):
        for index in ("core", "review", "extended"):
            g = main["g"] + rng.normal(0, 0.3)
            values: dict[str, Any] = {
                key: main[key]
                for key in ("dataset", "contrast", "kind", "case", "control", "audit_verdict", "audit_fields")
            }
            values |= {"method": method, "index": index, "unit": unit, "g": g, "g_low": g - 1, "g_high": g + 1}
            rows.append(values | {"n_case": main["n_case"], "n_control": main["n_control"], "p_value": 0.1})
    return pd.DataFrame(rows).reindex(columns=list(SPECIFICATION.names))

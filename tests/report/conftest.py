"""A small results folder with one data set of every kind, made without the other rooms."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fatescore import _keys
from fatescore._files import write_json, write_text, write_tsv
from fatescore.report import DatasetTables, SummaryTables

EVIL = "<script>alert(1)</script>"
FORMULA = "=cmd()"
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


def status(dataset: str, step: str, state: str = "ok", reason: str = "", **facts: Any) -> dict[str, Any]:
    return {"dataset": dataset, "step": step, "status": state, "reason": reason, "facts": facts}


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


def make_contrasts(samples: pd.DataFrame, spec: dict[str, str], audit: str, rng: np.random.Generator) -> pd.DataFrame:
    case, control = (samples[samples["condition"] == spec[side]] for side in ("case", "control"))
    enough = min(len(case), len(control)) >= 3
    rows = []
    for measure in [*_keys.INDEX_MEASURES, *(f"set:{name}" for name in SETS)]:
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
                "p_method": "exact permutation" if enough else "",
                "p_smallest": 0.007936507937 if enough else np.nan,
                "padj": 0.4 if enough else np.nan,
                "p_welch": 0.2 if enough else np.nan,
                "loo_low": difference - 0.1,
                "loo_high": difference + 0.1,
                "auroc": (a.to_numpy()[:, None] > b.to_numpy()).mean(),
                "expected": spec["expected"] if measure == "fate_bias" else "",
                "agreement": (("agrees" if p < 0.05 else "not told apart from zero") if enough else "not tested")
                if measure == "fate_bias"
                else "",
                "audit": audit,
                "note": "" if enough else "described, not tested: n=1 against 1 donors",
            }
        )
    return pd.DataFrame(rows).reindex(columns=list(_keys.CONTRAST_COLUMNS))


def make_cells(samples: pd.DataFrame, n: int, rng: np.random.Generator) -> pd.DataFrame:
    pick = rng.integers(0, len(samples), n)
    base = samples.iloc[pick][[*_keys.IDENTITY, "osteogenic", "adipogenic", "fate_bias"]].reset_index(drop=True)
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


class Results:
    """A results folder and its tables."""

    def __init__(self, folder: Path, n_cells: int = 4000, seed: int = 0) -> None:
        self.folder = folder
        self.rng = np.random.default_rng(seed)
        self.tables: dict[str, DatasetTables] = {}
        disease = {
            "id": "osteoporosis",
            "kind": "disease",
            "case": "osteoporosis",
            "control": "control",
            "expected": "-",
        }
        known = {
            "id": "bone_fat",
            "kind": "known_fate",
            "case": "osteo medium",
            "control": "adipo medium",
            "expected": "+",
        }
        self.add("GSE1", disease, {"osteoporosis": 5, "control": 4}, -0.4, "clean", names=[EVIL, FORMULA])
        self.add(
            "sc",
            disease,
            {"osteoporosis": 3, "control": 3},
            -0.2,
            "partly confounded: passage",
            n_cells=n_cells,
            assay="single_cell",
        )
        self.add("kit", disease, {"osteoporosis": 4, "control": 4}, -0.9, "cannot be separated from kit")
        self.add("tiny", disease, {"osteoporosis": 1, "control": 1}, 0.1, "clean")
        self.add("fates", known, {"osteo medium": 4, "adipo medium": 4}, 1.5, "clean", simulated=True)
        self.stop(
            "lowdepth", "not scorable", "score", f"3 of 40 osteogenic genes detected in {EVIL}; expected at least 5"
        )
        self.stop("GSE404", "failed", "fetch", "file:///mirror/GSE404 does not exist; expected a series matrix")

    def add(
        self,
        name: str,
        spec: dict[str, str],
        arms: dict[str, int],
        shift: float,
        audit: str,
        *,
        names: list[str] | None = None,
        n_cells: int = 0,
        assay: str = "array",
        simulated: bool = False,
    ) -> None:
        samples = make_samples(self.rng, name, arms, shift, list(names or []))
        contrasts = make_contrasts(samples, spec, audit, self.rng)
        difference = float(contrasts.set_index("measure").loc["fate_bias", "difference"])
        parts = self.rng.normal(0, 0.03, len(GENES))
        parts += (difference - parts.sum()) / len(parts)
        fields = [
            (
                "characteristics: kit",
                "separates perfectly" if "kit" in audit else "clean",
                "v2",
                "v1" if "kit" in audit else "v2",
                1.0,
                0.01,
            ),
            (
                "characteristics: passage",
                "partly separates" if "passage" in audit else "clean",
                "3-5",
                "2-4",
                0.7,
                0.08,
            ),
            ("title", "states the condition", "osteopo_*", "old_*", 1.0, 0.01),
            ("total_counts", "clean", "1.1e6-2.9e6", "1.0e6-2.8e6", 0.55, 0.9),
        ]
        confounding = pd.DataFrame(
            [(name, spec["id"], *row) for row in fields], columns=list(_keys.CONFOUNDING_COLUMNS)
        )
        coverage = pd.DataFrame(
            [
                (name, "osteogenic", 40, 38, 1, 2, 0.95, "IBSP,BGLAP", True, ""),
                (name, "wnt", 20, 20, 0, 0, 1.0, "", True, "DVL1 (acts when phosphorylated)"),
            ],
            columns=list(_keys.COVERAGE_COLUMNS),
        )
        qc = samples[list(_keys.IDENTITY)].assign(
            n_obs=1,
            n_kept=1,
            total_counts=samples["total_counts"],
            n_genes_by_counts=15000,
            pct_counts_mt=np.nan,
            n_stromal=np.nan,
            fraction_stromal=np.nan,
            verdict="ok",
            reason="",
        )
        scores = (
            make_cells(samples, n_cells, self.rng)
            if n_cells
            else samples.rename(columns={"sample": "obs_name"}).assign(sample=samples["sample"])
        )
        self.tables[name] = DatasetTables(
            dataset=name,
            sample_scores=samples,
            scores=scores,
            coverage=coverage,
            contrasts=contrasts,
            confounding=confounding,
            qc=qc,
            contributions=pd.DataFrame(
                {
                    "dataset": name,
                    "contrast": spec["id"],
                    "gene": list(GENES),
                    "arm": list(GENES.values()),
                    "contribution": parts,
                }
            ),
            sample_fields=samples[list(_keys.IDENTITY)].assign(age=range(60, 60 + len(samples)), sex="f", note=FORMULA),
            files=[("sample_scores.tsv", "sample_scores.tsv")],
            statuses=[
                status(name, "fetch"),
                status(
                    name,
                    "ingest",
                    title=f"{'SIMULATED: ' if simulated else ''}Marrow stroma of {name}",
                    accession=name,
                    organism="human",
                    assay=assay,
                    scale="log2",
                    population="bmsc",
                    n_obs=max(n_cells, len(samples)),
                    n_samples=len(samples),
                    n_donors=len(samples),
                    n_genes=19876,
                    n_unmapped=120,
                    simulated=simulated,
                    input_files={f"{name}_series_matrix.txt.gz": "ab" * 32},
                    notes=["12 probes of several genes were left out"],
                ),
                status(name, "qc"),
                status(name, "normalise"),
                status(name, "score", method="rank_log"),
                status(name, "contrast"),
            ],
        )

    def stop(self, name: str, state: str, step: str, reason: str) -> None:
        done = _keys.STEPS[: _keys.STEPS.index(step)]
        facts = {
            "title": f"Data set {name}",
            "organism": "human",
            "assay": "bulk",
            "population": "bmsc",
            "n_samples": 6,
            "n_donors": 3,
        }
        statuses = [status(name, one, **(facts if one == "ingest" else {})) for one in done]
        statuses += [status(name, step, state, reason)] * (len(_keys.STEPS) - len(done))
        self.tables[name] = DatasetTables(dataset=name, statuses=statuses)

    def scoreboard(self) -> pd.DataFrame:
        from fatescore.report.tables import facts, outcome

        rows = []
        for name, tables in self.tables.items():
            known = facts(tables.statuses, "ingest")
            state, step, reason = outcome(tables.statuses)
            rows.append(
                {
                    "dataset": name,
                    **{
                        key: known.get(key, "")
                        for key in ("title", "organism", "assay", "population", "n_samples", "n_donors")
                    },
                    "status": state,
                    "step": step,
                    "reason": reason,
                }
            )
        return pd.DataFrame(rows)[list(_keys.SCOREBOARD_COLUMNS)]

    def meta(self) -> pd.DataFrame:
        rows = [
            (
                "osteoporosis",
                measure,
                2,
                -0.8,
                0.4,
                -1.9,
                0.3,
                -2.5,
                0.9,
                0.12,
                0.05,
                0.2,
                1.3,
                "Paule-Mandel, Hartung-Knapp",
                "GSE1, sc",
                "kit: cannot be separated from kit; tiny: described, not tested",
                "",
            )
            for measure in _keys.INDEX_MEASURES
        ]
        return pd.DataFrame(rows, columns=list(_keys.META_COLUMNS))

    def summary(self, **changes: Any) -> SummaryTables:
        from fatescore.report import stack

        every = list(self.tables.values())
        values: dict[str, Any] = {
            "scoreboard": self.scoreboard(),
            "meta": self.meta(),
            "title": "Osteoporosis and the fate of marrow stroma",
            "contrasts": stack([one.contrasts for one in every], _keys.CONTRAST_COLUMNS),
            "confounding": stack([one.confounding for one in every], _keys.CONFOUNDING_COLUMNS),
            "statuses": [status for one in every for status in one.statuses],
            "settings": {"score": {"method": "rank_log", "min_genes": 5}, "report": {"title": EVIL}},
        }
        return SummaryTables(**{**values, **changes})

    def write(self) -> None:
        """Write every table where the workflow would."""
        for name, tables in self.tables.items():
            folder = self.folder / "datasets" / name
            for index, one in enumerate(tables.statuses):
                write_json(folder / "status" / f"{_keys.STEPS[index]}.json", dict(one))
            for table in (
                "sample_scores",
                "coverage",
                "contributions",
                "contrasts",
                "confounding",
                "qc",
                "sample_fields",
            ):
                data = getattr(tables, table)
                write_tsv(folder / f"{table}.tsv", data) if len(data) else write_text(folder / f"{table}.tsv", "")
            if len(tables.scores):
                tables.scores.to_parquet(folder / "scores.parquet")
            else:
                write_text(folder / "scores.parquet", "")
        write_tsv(self.folder / "meta.tsv", self.meta())
        write_tsv(self.folder / "scoreboard.tsv", self.scoreboard())
        (self.folder / "config.json").write_text(json.dumps({"score": {"method": "rank_log"}}))

    def dataset_command(self, name: str) -> list[str]:
        folder = self.folder / "datasets" / name
        words = [
            "report",
            "dataset",
            "--dataset",
            name,
            "--status",
            *map(str, sorted((folder / "status").glob("*.json"))),
            "--scores",
            str(folder / "scores.parquet"),
            "--output",
            str(folder / "report.html"),
        ]
        for table in ("sample_scores", "coverage", "contributions", "contrasts", "confounding", "qc", "sample_fields"):
            words += [f"--{table.replace('_', '-')}", str(folder / f"{table}.tsv")]
        return words

    def summary_command(self) -> list[str]:
        def every(pattern: str) -> list[str]:
            return [str(path) for path in sorted(self.folder.glob(f"datasets/*/{pattern}"))]

        return [
            "report",
            "summary",
            "--status",
            *every("status/*.json"),
            "--contrasts",
            *every("contrasts.tsv"),
            "--confounding",
            *every("confounding.tsv"),
            "--meta",
            str(self.folder / "meta.tsv"),
            "--scoreboard",
            str(self.folder / "scoreboard.tsv"),
            "--title",
            "A run",
            "--settings",
            str(self.folder / "config.json"),
            "--output",
            str(self.folder / "report.html"),
            "--provenance",
            str(self.folder / "provenance.json"),
            "--answer",
            str(self.folder / "answer.txt"),
        ]


@pytest.fixture(scope="session")
def make_results() -> Callable[..., Results]:
    """Make another results folder."""
    return Results


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """One results folder for the tests that only read it."""
    made = Results(tmp_path_factory.mktemp("results"))
    made.write()
    return made

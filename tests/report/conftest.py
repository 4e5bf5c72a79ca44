"""A small results folder with one data set of every kind, made without the other rooms."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fatescore.files import write_json
from fatescore.report import DatasetTables, SummaryTables
from fatescore.tables import (
    CONFOUNDING,
    CONTRASTS,
    CONTRIBUTIONS,
    COVERAGE,
    EMBEDDING,
    META,
    META_SPECIFICATION,
    QC,
    QC_CELLS,
    QC_COMPONENTS,
    QC_METRICS,
    QC_PCA,
    SAMPLE_FIELDS,
    SAMPLE_SCORES,
    SCOREBOARD,
    SCORES,
    SPECIFICATION,
    Note,
    join_notes,
)
from fatescore.tables import columns as col
from fatescore.tables.codes import AuditVerdict, FieldVerdict, NoteCode
from fatescore.tables.folder import STEPS, RunFolder, failure
from fatescore.tables.io import write_tsv
from tests.report.made import (
    EVIL,
    FORMULA,
    GENES,
    make_cells,
    make_contrasts,
    make_metrics,
    make_pca,
    make_quality,
    make_samples,
    make_specification,
    status,
)

OF_DATASET = (
    SAMPLE_SCORES, SCORES, COVERAGE, CONTRIBUTIONS, CONTRASTS, CONFOUNDING, SPECIFICATION, QC, QC_CELLS, QC_METRICS,
    QC_COMPONENTS, QC_PCA, SAMPLE_FIELDS, EMBEDDING,
)  # fmt: skip


CLEAN = (AuditVerdict.CLEAN, "")
KIT = (AuditVerdict.COMPLETELY_CONFOUNDED, "characteristics: kit")


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
        self.add("GSE1", disease, {"osteoporosis": 5, "control": 4}, -0.4, CLEAN, names=[EVIL, FORMULA])
        self.add(
            "sc",
            disease,
            {"osteoporosis": 3, "control": 3},
            -0.2,
            (AuditVerdict.PARTIALLY_CONFOUNDED, "characteristics: passage"),
            n_cells=n_cells,
            assay="single_cell",
        )
        self.add("kit", disease, {"osteoporosis": 4, "control": 4}, -0.9, KIT)
        self.add("tiny", disease, {"osteoporosis": 1, "control": 1}, 0.1, CLEAN)
        self.add("fates", known, {"osteo medium": 4, "adipo medium": 4}, 1.5, CLEAN, simulated=True)
        few = {"arm": "osteogenic", "measured": 3, "size": 40, "needed": 5, "missing": [EVIL, "SP7"]}
        why = [Note(NoteCode.INDEX_NOT_DETECTED), Note(NoteCode.ARM_TOO_SMALL, few)]
        self.stop("lowdepth", "not scorable", "score", join_notes(why))
        gone = failure(NoteCode.ERROR, f"file:///mirror/{EVIL} does not exist; expected a series matrix")
        self.stop("GSE404", "failed", "fetch", gone)

    def add(
        self,
        name: str,
        spec: dict[str, str],
        arms: dict[str, int],
        shift: float,
        audit: tuple[str, str],
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
        kit, passage = ("characteristics: " + field in audit[1] for field in ("kit", "passage"))
        separated = FieldVerdict.COMPLETE_SEPARATION if kit else FieldVerdict.CLEAN
        partly = FieldVerdict.PARTIAL_SEPARATION if passage else FieldVerdict.CLEAN
        fields = [
            ("characteristics: kit", separated, "v2", "v1" if kit else "v2", None, 1.0, 0.01),
            ("characteristics: passage", partly, "4 [3, 5]", "3 [2, 4]", 0.7, 0.7, 0.08),
            ("title", FieldVerdict.CONDITION_LABEL, "osteopo_*", "old_*", None, 1.0, 0.01),
            ("total_counts", FieldVerdict.CLEAN, "2e6 [1e6, 3e6]", "2e6 [1e6, 3e6]", 0.1, 0.55, 0.9),
        ]
        confounding = CONFOUNDING.frame([(name, spec["id"], *row, "") for row in fields])
        coverage = pd.DataFrame(
            [
                (name, "osteogenic", 40, 38, 1, 2, 0.95, "IBSP;BGLAP", True, ""),
                (name, "wnt", 20, 20, 0, 0, 1.0, "", True, "DVL1 (acts when phosphorylated)"),
            ],
            columns=list(COVERAGE.names),
        )
        qc = samples[list(col.IDENTITY)].assign(
            n_obs=1,
            n_kept=1,
            total_counts=samples["total_counts"],
            n_genes_by_counts=15000,
            pct_counts_mt=np.nan,
            n_stromal=np.nan,
            fraction_stromal=np.nan,
            verdict="ok",
            qc_fail_reason="",
            qc_flags="",
        )
        scores = (
            make_cells(samples, n_cells, self.rng)
            if n_cells
            else samples.rename(columns={"sample": "obs_name"}).assign(sample=samples["sample"])
        )
        more: dict[str, pd.DataFrame] = make_pca(samples, self.rng) if len(samples) > 3 else {}
        if n_cells:
            more |= make_quality(samples, scores, self.rng)
        else:
            more["qc_metrics"] = make_metrics(samples, self.rng)
        if arms[next(iter(arms))] > 1:
            more["specification"] = make_specification(contrasts, "pseudobulk" if n_cells else "sample", self.rng)
        kits = ["A" if place % 2 else "B" for place in range(len(samples))]
        self.tables[name] = DatasetTables(
            dataset=name,
            **more,
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
                    "difference_without": difference - parts,
                }
            ),
            sample_fields=samples[list(col.IDENTITY)].assign(
                **{"age": range(60, 60 + len(samples)), "sex": "f", "note": FORMULA, "characteristics: kit": kits},
                sex_expressed="female",
            ),
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
                    inputs=[{"path": f"{name}_series_matrix.txt.gz", "sha256": "ab" * 32}],
                    notes=["12 probes of several genes were left out"],
                ),
                status(name, "qc"),
                status(name, "normalise"),
                status(name, "score", method="rank_log"),
                status(name, "contrast", contrasts=[spec["id"]]),
            ],
        )

    def stop(self, name: str, state: str, step: str, reason: str) -> None:
        done = STEPS[: STEPS.index(step)]
        facts = {
            "title": f"Data set {name}",
            "organism": "human",
            "assay": "bulk",
            "population": "bmsc",
            "n_samples": 6,
            "n_donors": 3,
        }
        statuses = [status(name, one, **(facts if one == "ingest" else {})) for one in done]
        statuses += [status(name, step, state, reason)] * (len(STEPS) - len(done))
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
        return pd.DataFrame(rows)[list(SCOREBOARD.names)]

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
                "random_effects:tau2=pm",
                "GSE1;sc",
                "confounded:dataset=kit,fields=characteristics%3A kit;few_donors:dataset=tiny,case=1,control=1",
                "",
            )
            for measure in col.INDEX_MEASURES
        ]
        return pd.DataFrame(rows, columns=list(META.names))

    def meta_specification(self) -> pd.DataFrame:
        rows = [
            ("osteoporosis", method, index, "sample", 2, effect, 0.4, effect - 0.9, effect + 0.9, "GSE1;sc")
            for effect, (method, index) in enumerate(
                [("zscore", "core"), ("rank_log", "extended"), ("ucell", "core")], -2
            )
        ]
        columns = ("contrast", "method", "index", "unit", "k", "effect", "se", "ci_low", "ci_high", "datasets")
        return pd.DataFrame(rows, columns=list(columns)).reindex(columns=list(META_SPECIFICATION.names))

    def summary(self, **changes: Any) -> SummaryTables:
        from fatescore.report import stack

        every = list(self.tables.values())
        values: dict[str, Any] = {
            "scoreboard": self.scoreboard(),
            "meta": self.meta(),
            "title": "Osteoporosis and the fate of marrow stroma",
            "contrasts": stack([one.contrasts for one in every], CONTRASTS.names),
            "confounding": stack([one.confounding for one in every], CONFOUNDING.names),
            "statuses": [status for one in every for status in one.statuses],
            "specification": stack([one.specification for one in every], SPECIFICATION.names),
            "meta_specification": self.meta_specification(),
            "files": [("tables/contrasts.tsv", "tables/contrasts.tsv")],
            "settings": {"score": {"method": "rank_log", "min_genes": 5}, "report": {"title": EVIL}},
        }
        return SummaryTables(**{**values, **changes})

    def write(self) -> RunFolder:
        """Write every table where the workflow would."""
        run = RunFolder(self.folder)
        for name, tables in self.tables.items():
            folder = run.dataset(name)
            for step, one in zip(STEPS, tables.statuses, strict=True):
                write_json(folder.status_file(step), vars(one))
            for table in OF_DATASET:
                data = getattr(tables, table.name)
                absent = [one for one in table.required or table.names if one not in data and len(data)]
                folder.write(table, data.assign(**dict.fromkeys(absent)))
        for table, data in ((META, self.meta()), (SCOREBOARD, self.scoreboard())):
            run.write(table, data)
            write_tsv(run.path / "tables" / table.file, data)
        return run


@pytest.fixture(scope="session")
def make_results() -> Callable[..., Results]:
    """Make another results folder."""
    return Results


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """One results folder for the tests that only read it."""
    return Results(tmp_path_factory.mktemp("results"))

"""The step contrast on tables of one data set, or of several."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fatescore import tables as tb
from fatescore.config import Contrast
from fatescore.errors import InputError
from fatescore.steps.contrast import contrast
from fatescore.steps.contrast_inputs import _join_fields, _loss_between_organisms
from fatescore.tables import columns as col
from fatescore.tables import parse_notes
from fatescore.tables.codes import Status
from fatescore.tables.folder import DatasetFolder, Outcome
from tests.steps.study import complete, study, write_study

OP = Contrast("op", "sick", "well", ("GSE1",), expected="-")
Run = Callable[..., DatasetFolder]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Make contrasts within a study, or across several; return the folder of the results."""

    def call(*studies: dict[tb.Table, pd.DataFrame], contrasts: tuple[Contrast, ...] = (OP,)) -> DatasetFolder:
        folders = [write_study(tmp_path / "datasets" / f"{place}", one) for place, one in enumerate(studies)]
        target = folders[0] if len(folders) == 1 else DatasetFolder(tmp_path / "across" / "x")
        contrast(target, contrasts, sources=folders)
        return target

    return call


def replace(one: Contrast, **changes: Any) -> Contrast:
    import dataclasses

    return dataclasses.replace(one, **changes)


def test_the_tables_that_are_written(run: Run) -> None:
    folder = run(study(), contrasts=(OP, replace(OP, id="mirror", case="well", control="sick")))
    result = folder.read(tb.CONTRASTS)
    assert list(result) == tb.CONTRASTS.names
    assert list(result["measure"][:6]) == [*col.INDEX_MEASURES, "set:bmp_smad"]
    assert list(result["contrast"].unique()) == ["op", "mirror"]
    assert set(result["dataset"]) == {"GSE1"}
    bias = result[result["measure"] == "fate_bias"].set_index("contrast")
    assert bias.loc["op", "difference"] == pytest.approx(-bias.loc["mirror", "difference"])
    parts = folder.read(tb.CONTRIBUTIONS)
    assert list(parts) == tb.CONTRIBUTIONS.names
    assert parts.groupby("contrast")["contribution"].sum()["op"] == pytest.approx(
        bias.loc["op", "difference"], abs=1e-8
    )
    # as the step score wrote them, whatever the index of the package holds
    assert dict(zip(parts["gene"], parts["arm"], strict=True)) == {"RUNX2": "osteogenic", "NOVEL": "adipogenic"}
    audit = folder.read(tb.CONFOUNDING)
    assert list(audit) == tb.CONFOUNDING.names
    assert set(audit["field"]) >= {"sex", "total_counts"}
    assert "title" not in set(audit["field"])


def test_same_input_same_bytes(run: Run) -> None:
    folder = run(study())
    first = {path.name: path.read_bytes() for path in folder.path.glob("*.tsv")}
    run(study())
    assert first == {path.name: path.read_bytes() for path in folder.path.glob("*.tsv")}
    assert folder.read(tb.CONTRASTS)["difference"].astype(str).str.len().max() < 16  # ten significant digits


def test_a_planted_kit_marks_every_row(run: Run) -> None:
    given = study()
    given[tb.SAMPLE_FIELDS]["kit"] = ["A"] * 5 + ["B"] * 5
    result = run(given).read(tb.CONTRASTS)
    assert set(result["audit_verdict"]) == {"completely_confounded"}
    assert set(result["audit_fields"]) == {"kit"}
    ignored = run(given, contrasts=(replace(OP, ignore=("kit",)),)).read(tb.CONTRASTS)
    assert "kit" not in str(ignored["audit_fields"].iloc[0])


def test_across_data_sets(run: Run) -> None:
    studies = study("A", condition=["sick"] * 10), study("B", condition=["well"] * 10)
    folder = run(*studies, contrasts=(replace(OP, id="bone_fat", kind="known_fate", across=True),))
    result = folder.read(tb.CONTRASTS)
    assert set(result["dataset"]) == {"A+B"}
    assert (result["n_case"].iloc[0], result["n_control"].iloc[0]) == (10, 10)  # donor 500 of A is not donor 500 of B
    assert result["audit_verdict"].iloc[0] == "completely_confounded"
    assert "dataset" in tb.split_names(result["audit_fields"].iloc[0])


def test_no_contrast_gives_tables_with_headers_only(run: Run) -> None:
    folder = run(study(), contrasts=())
    for table in (tb.CONTRASTS, tb.CONFOUNDING, tb.CONTRIBUTIONS, tb.ADJUSTED_DIFFERENCES, tb.SPECIFICATION):
        assert folder.file(table).read_text() == "\t".join(table.names) + "\n"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"case": "sik"}, 'condition "sik" of contrast "op" is not in the table; expected one of sick, well; did you'),
        ({"kind": "diseases"}, 'did you mean "disease"?'),
        ({"covariates": ("height",)}, 'no column "height" to adjust for'),
    ],
)
def test_wrong_contrasts(run: Run, tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message.replace("?", r"\?")):
        run(study(), contrasts=(replace(OP, **changes),))
    assert not (tmp_path / "datasets" / "0" / "contrasts.tsv").exists()


def test_wrong_tables(run: Run) -> None:
    with pytest.raises(InputError, match="'op' is given twice"):
        run(study(), contrasts=(OP, OP))
    given = study()
    with pytest.raises(InputError, match='sample "GSE1_S0" has scores but no row'):
        run(given | {tb.SAMPLE_FIELDS: given[tb.SAMPLE_FIELDS].iloc[1:]})
    with pytest.raises(InputError, match="cells are not replicates"):
        run(given | {tb.SAMPLE_SCORES: pd.concat([given[tb.SAMPLE_SCORES]] * 2)})
    for table, name in ((tb.SAMPLE_FIELDS, "sample fields"), (tb.QC, "QC")):
        with pytest.raises(InputError, match=f'sample "GSE1_S0" has several rows in the {name}'):
            run(given | {table: pd.concat([given[table]] * 2)})


def test_an_arm_emptied_by_quality_control_is_described(run: Run) -> None:
    given = study()
    left = {
        tb.SAMPLE_SCORES: given[tb.SAMPLE_SCORES].iloc[5:],
        tb.GENE_CONTRIBUTIONS: given[tb.GENE_CONTRIBUTIONS].iloc[5:],
    }
    result = run(given | left).read(tb.CONTRASTS)
    assert result["n_case"].tolist() == [0] * 6
    (note,) = [note for note in parse_notes(result["note"].iloc[0]) if note.code == "few_donors"]
    assert (note.number("case"), note.number("control")) == (0, 5)


def test_the_facts_name_contrasts_and_audits(tmp_path: Path) -> None:
    given = study()
    given[tb.SAMPLE_FIELDS]["kit"] = ["A"] * 5 + ["B"] * 5
    facts = contrast(write_study(tmp_path / "A", given), [OP])
    assert facts == {"contrasts": ["op"], "audits": {"op": {"verdict": "completely_confounded", "fields": "kit"}}}


@pytest.mark.parametrize(("blank", "verdict"), [(True, "no_fields"), (False, "clean")])
def test_an_audit_of_nothing_recorded_says_so(run: Run, blank: bool, verdict: str) -> None:
    given = study()
    described = given[tb.SAMPLE_FIELDS]
    measured = described[list(col.IDENTITY)].assign(sex_expressed="male", geo_accession=described[col.SAMPLE])
    measured["tissue"] = "" if blank else "marrow"
    rows = run(given | {tb.SAMPLE_FIELDS: measured}).read(tb.CONTRASTS).set_index("measure")
    assert rows.loc["fate_bias", "audit_verdict"] == verdict
    assert ("no_sample_fields" in str(rows.loc["fate_bias", "note"])) is blank


def test_judgements_of_qc_are_no_fields_of_the_audit() -> None:
    identity = {"dataset": "A", "sample": ["s1", "s2"], "donor": ["d1", "d2"], "condition": ["case", "control"]}
    judged = {"verdict": "ok", "qc_fail_reason": "", "qc_flags": ["outlier:metric=rle_iqr", ""]}
    qc = pd.DataFrame({**identity, "total_counts": [1.0, 2.0], **judged})
    joined = _join_fields(pd.DataFrame(identity), qc, pd.DataFrame(identity))
    assert "total_counts" in joined
    assert not set(judged) & set(joined)


def test_the_loss_between_organisms_is_noted(tmp_path: Path) -> None:
    folders = [DatasetFolder(tmp_path / name) for name in "AM"]
    for folder, organism in zip(folders, ("human", "mouse"), strict=True):
        facts = {"index": "review", "organism": organism}
        folder.record("score", Outcome(folder.name, "score", Status.OK, "", facts))
    (note,) = _loss_between_organisms(folders)
    assert note.code == "ortholog_loss"
    assert "CASC2" in str(note)
    assert _loss_between_organisms(folders[:1]) == _loss_between_organisms([]) == []


def shares_of(given: dict[tb.Table, pd.DataFrame], *, planted: float = 0.0) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    scores = given[tb.SAMPLE_SCORES]
    n = len(scores)
    stromal = 0.5 + rng.normal(0, 0.02, n) - planted * (scores["condition"] == "sick").to_numpy()
    table = pd.DataFrame({"sample": scores["sample"], "fraction_doublet": rng.random(n)})
    return table.assign(fraction_stromal=stromal, fraction_erythroid=1 - stromal, fraction_muscle=0.0)


def test_cell_types_are_compared_in_a_family_of_their_own(run: Run) -> None:
    given = study()
    without = run(given).read(tb.CONTRASTS)
    metrics = shares_of(given, planted=0.2)
    result = run(given | {tb.QC_METRICS: metrics}).read(tb.CONTRASTS)
    pd.testing.assert_frame_equal(result.iloc[: len(without)], without)  # the index, its FDR too, is as before
    added = result.iloc[len(without) :].set_index("measure")
    assert list(added.index) == ["composition:stromal", "composition:erythroid"]
    sick = given[tb.SAMPLE_SCORES]["condition"].to_numpy() == "sick"
    means = metrics.groupby(sick)["fraction_stromal"].mean()
    assert added.loc["composition:stromal", "difference"] == pytest.approx(means[True] - means[False], abs=1e-8)
    assert added["padj"].tolist() == pytest.approx([2 / 252, 2 / 252])  # 5 against 5, without overlap


def test_composition_is_not_confounded_by_itself(run: Run) -> None:
    given = study()
    metrics = shares_of(given, planted=0.3)
    given[tb.QC]["fraction_stromal"] = metrics["fraction_stromal"]
    given[tb.SAMPLE_FIELDS]["kit"] = ["A"] * 5 + ["B"] * 5
    fields = run(given | {tb.QC_METRICS: metrics}).read(tb.CONTRASTS).set_index("measure")["audit_fields"]
    assert "fraction_stromal" in tb.split_names(fields["fate_bias"])
    assert tb.split_names(fields["composition:stromal"]) == ["kit"]


def test_samples_that_were_not_scored_count_in_the_composition(run: Run) -> None:
    given = study() | {tb.QC_METRICS: shares_of(study())}
    left = {table: given[table].iloc[1:] for table in (tb.SAMPLE_SCORES, tb.GENE_CONTRIBUTIONS)}
    n_case = run(given | left).read(tb.CONTRASTS).set_index("measure")["n_case"]
    assert (n_case["fate_bias"], n_case["composition:stromal"]) == (4, 5)


def test_samples_without_cell_types_have_no_composition(run: Run) -> None:
    given = study()
    metrics = pd.DataFrame({"sample": given[tb.SAMPLE_SCORES]["sample"], "library_size": 1.0})
    result = run(given | {tb.QC_METRICS: metrics}).read(tb.CONTRASTS)
    assert not result["measure"].str.startswith("composition").any()


def test_covariates_and_what_explains_the_difference(run: Run) -> None:
    given = study()
    given[tb.SAMPLE_FIELDS]["age"] = np.arange(10) * 3 % 7
    given[tb.QC]["fraction_stromal"] = np.linspace(0.2, 0.9, 10)
    folder = run(given, contrasts=(replace(OP, covariates=("age", "sex")),))
    row = folder.read(tb.CONTRASTS).set_index("measure").loc["fate_bias"]
    assert parse_notes(row["adjusted_for"])[0].code == "linear_model"
    assert 0 < row["p_adjusted"] < 1
    found = folder.read(tb.ADJUSTED_DIFFERENCES)
    assert list(found) == tb.ADJUSTED_DIFFERENCES.names
    assert found["covariate"].tolist() == ["commitment", "maturation", "fraction_stromal"]
    assert parse_notes(found["note"][0])[0].code == "covariate_constant"
    assert found["difference"].to_numpy() == pytest.approx(row["difference"])


def test_what_bulk_samples_hold_may_explain_a_difference(run: Run) -> None:
    """The index follows the markers of blood, and so is gone once they are held constant."""
    given = study()
    scores = given[tb.SAMPLE_SCORES]
    blood = scores["fate_bias"] / 10 + 0.5 + np.random.default_rng(1).normal(0, 1e-3, 10)
    metrics = scores[["sample"]].assign(contamination_haematopoietic=blood, contamination_muscle=0.0)
    folder = run(given | {tb.QC_METRICS: metrics})
    found = folder.read(tb.ADJUSTED_DIFFERENCES).set_index("covariate")
    # the markers of muscle are the same for all
    assert list(found.index) == ["commitment", "maturation", "contamination_haematopoietic"]
    assert found.loc["contamination_haematopoietic", "proportion_explained"] == pytest.approx(1, abs=0.2)
    assert not folder.read(tb.CONTRASTS)["measure"].str.startswith("composition").any()


def test_between_data_sets_relative_scores_mean_nothing(run: Run) -> None:
    """A z-score is 0 on average in every data set: two of them cannot be compared by it."""
    studies = study("A", condition=["sick"] * 10), study("B", condition=["well"] * 10)
    for one in studies:
        rows = one[tb.SAMPLE_SCORES].assign(index="core", reason="")
        both = pd.concat([rows.assign(method="rank_log"), rows.assign(method="zscore")])
        one[tb.METHOD_SCORES] = complete(tb.METHOD_SCORES, both)[tb.METHOD_SCORES.names]
    found = run(*studies, contrasts=(replace(OP, across=True),)).read(tb.SPECIFICATION).set_index("method")
    assert pd.isna(found.loc["zscore", "g"])
    assert "relative_scores" in [note.code for note in parse_notes(found.loc["zscore", "note"])]
    assert pd.notna(found.loc["rank_log", "g"])


def test_the_default_method_is_the_contrast_of_the_index(run: Run) -> None:
    given = study()
    rows = given[tb.SAMPLE_SCORES].assign(index="extended", method="rank_log", reason="")
    folder = run(given | {tb.METHOD_SCORES: rows[tb.METHOD_SCORES.names]})
    same = ["dataset", "contrast", "kind", "expected", "audit_verdict", "n_case", "g", "g_low", "p_value", "auroc"]
    row = folder.read(tb.CONTRASTS).set_index("measure").loc["fate_bias"]
    assert folder.read(tb.SPECIFICATION).iloc[0][same].tolist() == row[same].tolist()


def test_cells_have_their_auroc_by_measure_and_method(run: Run) -> None:
    """Every fat cell below every bone cell: 0. Cells of a sample that was not scored do not count."""
    given = study()
    scores = given[tb.SAMPLE_SCORES].assign(unit="pseudobulk")
    cells = pd.concat([scores] * 3).assign(fate_bias=lambda table: np.where(table["condition"] == "sick", -1.0, 1.0))
    cells["obs_name"] = [f"c{i}" for i in range(len(cells))]
    stray = cells.iloc[:5].assign(sample="left out", fate_bias=9.0)
    by_method = pd.concat([cells.assign(method="ucell", index="core", unit="cell", reason="")])
    given |= {
        tb.SAMPLE_SCORES: scores, tb.SCORES: pd.concat([cells, stray]),
        tb.METHOD_SCORES: scores.assign(method="ucell", index="core", reason="")[tb.METHOD_SCORES.names],
        tb.CELL_METHOD_SCORES: by_method[tb.CELL_METHOD_SCORES.names],
    }  # fmt: skip
    folder = run(given)
    assert folder.read(tb.CONTRASTS).set_index("measure").loc["fate_bias", "auroc_cells"] == 0
    assert folder.read(tb.SPECIFICATION)["auroc_cells"].tolist() == [0]

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fatescore.tables import ADJUSTED_DIFFERENCES, CONFOUNDING, CONTRASTS, CONTRIBUTIONS
from fatescore.tables import columns as col
from fatescore.tables.io import read_tsv, write_tsv

Run = Callable[..., int]
OP = {"id": "op", "kind": "disease", "case": "sick", "control": "well", "expected": "-"}


def tables(
    name: str = "GSE1", *, n: int = 5, seed: int = 0, condition: list[str] | None = None
) -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    size = 2 * n
    identity = pd.DataFrame(
        {
            "dataset": name,
            "sample": [f"{name}_S{i}" for i in range(size)],
            "donor": [str(500 + i) for i in range(size)],
            "condition": condition or ["sick"] * n + ["well"] * n,
        }
    )
    genes = pd.DataFrame({"RUNX2": rng.normal(size=size), "PPARG": rng.normal(size=size)})
    scores = identity.assign(
        unit="sample", n_obs=1, osteogenic=rng.normal(size=size), adipogenic=rng.normal(size=size),
        fate_bias=genes.sum(axis=1), commitment=1.0, maturation=rng.normal(size=size), fate_call="dual",
        **{"set:bmp_smad": rng.normal(size=size)},
    )  # fmt: skip
    fields = identity.assign(sex=["f", "m"] * n, title=[f"t{i}" for i in range(size)])
    qc = identity.assign(total_counts=rng.integers(1000, 2000, size), verdict="keep", reason="")
    return {"scores": scores, "fields": fields, "qc": qc, "genes": pd.concat([identity, genes], axis=1)}


OPTIONS = {"scores": "sample-scores", "fields": "sample-fields", "qc": "qc", "genes": "gene-contributions"}


@pytest.fixture
def run(contrast_verb: Run) -> Run:
    def call(*inputs: dict[str, pd.DataFrame], contrasts=(OP,), more: tuple[str, ...] = ()) -> int:
        kinds = {option: [parts[kind] for parts in inputs if kind in parts] for kind, option in OPTIONS.items()}
        return contrast_verb(kinds, contrasts, more)

    return call


def test_three_tables_are_written(run: Run, tmp_path: Path) -> None:
    parts = tables()
    assert run(parts, contrasts=[OP, OP | {"id": "mirror", "case": "well", "control": "sick"}]) == 0
    result = read_tsv(tmp_path / "output.tsv")
    assert tuple(result.columns) == CONTRASTS.names
    assert list(result["measure"][:6]) == [*col.INDEX_MEASURES, "set:bmp_smad"]
    assert list(result["contrast"].unique()) == ["op", "mirror"]
    assert set(result["dataset"]) == {"GSE1"}
    bias = result[result["measure"] == "fate_bias"].set_index("contrast")
    assert bias.loc["op", "difference"] == pytest.approx(-bias.loc["mirror", "difference"])
    parts_of = read_tsv(tmp_path / "contributions.tsv")
    assert tuple(parts_of.columns) == CONTRIBUTIONS.names
    sums = parts_of.groupby("contrast")["contribution"].sum()
    assert sums["op"] == pytest.approx(bias.loc["op", "difference"], abs=1e-8)
    assert dict(zip(parts_of["gene"], parts_of["arm"], strict=True)) == {"RUNX2": "osteogenic", "PPARG": "adipogenic"}
    audit = read_tsv(tmp_path / "confounding.tsv")
    assert tuple(audit.columns) == CONFOUNDING.names
    assert set(audit["field"]) >= {"sex", "total_counts"}
    assert "title" not in set(audit["field"])


def test_same_input_same_bytes(run: Run, tmp_path: Path) -> None:
    run(tables())
    first = {path.name: path.read_bytes() for path in tmp_path.glob("*.tsv")}
    run(tables())
    assert first == {path.name: path.read_bytes() for path in tmp_path.glob("*.tsv")}
    number = read_tsv(tmp_path / "output.tsv")["difference"].astype(str).str.len().max()
    assert number < 16  # ten significant digits, not seventeen


def test_a_planted_kit_marks_every_row(run: Run, tmp_path: Path) -> None:
    parts = tables()
    parts["fields"]["kit"] = ["A"] * 5 + ["B"] * 5
    assert run(parts) == 0
    assert set(read_tsv(tmp_path / "output.tsv")["audit"]) == {"cannot be separated from kit"}
    assert run(parts, contrasts=[OP | {"ignore": ["kit"]}]) == 0
    assert "kit" not in read_tsv(tmp_path / "output.tsv")["audit"].iloc[0]


def test_across_data_sets(run: Run, tmp_path: Path) -> None:
    spec = OP | {"id": "bone_fat", "kind": "known_fate"}
    assert run(tables("A", condition=["sick"] * 10), tables("B", condition=["well"] * 10), contrasts=[spec]) == 0
    result = read_tsv(tmp_path / "output.tsv")
    assert set(result["dataset"]) == {"A+B"}
    assert (result["n_case"].iloc[0], result["n_control"].iloc[0]) == (10, 10)  # donor 500 of A is not donor 500 of B
    assert result["audit"].iloc[0].startswith("cannot be separated from dataset")


def test_no_contrast_gives_tables_with_headers_only(run: Run, tmp_path: Path) -> None:
    assert run(tables(), contrasts=[]) == 0
    assert (tmp_path / "output.tsv").read_text() == "\t".join(CONTRASTS.names) + "\n"
    assert read_tsv(tmp_path / "confounding.tsv").empty


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            OP | {"case": "sik"},
            'condition "sik" of contrast "op" is not in the table; expected one of sick, well; did you',
        ),
        (OP | {"kind": "diseases"}, 'did you mean "disease"?'),
        (OP | {"expect": "-"}, 'unknown key "expect"; did you mean "expected"?'),
        ("{", "is not JSON"),
        ("[]", "is not a contrast"),
        (OP | {"case": 1}, '"case" is 1; expected text'),
        (OP | {"ignore": "kit"}, "expected a list of texts"),
    ],
)
def test_bad_contrasts_are_one_line(
    run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path, spec, message
) -> None:
    assert run(tables(), contrasts=[spec]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "output.tsv").exists()


def test_bad_tables_are_one_line(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tables(), contrasts=[OP, OP]) == 2
    assert "'op' is given twice" in capsys.readouterr().err
    parts = tables()
    assert run(parts | {"scores": parts["scores"].drop(columns="fate_bias")}) == 2
    assert 'no column "fate_bias"' in capsys.readouterr().err
    assert run(parts | {"fields": parts["fields"].iloc[1:]}) == 2
    assert 'sample "GSE1_S0" has scores but no row' in capsys.readouterr().err
    cells = pd.concat([parts["scores"]] * 2)
    assert run(parts | {"scores": cells}) == 2
    assert "cells are not replicates" in capsys.readouterr().err


def test_an_arm_emptied_by_quality_control_is_described(run: Run, tmp_path: Path) -> None:
    parts = tables()
    left = parts | {"scores": parts["scores"].iloc[5:], "genes": parts["genes"].iloc[5:]}
    assert run(left) == 0
    result = read_tsv(tmp_path / "output.tsv")
    assert result["n_case"].tolist() == [0] * 6
    assert result["note"].iloc[0].startswith("described, not tested: n=0 against 5 donors")


def test_as_a_step_it_records_its_outcome(run: Run, tmp_path: Path) -> None:
    status = tmp_path / "contrast.json"
    assert run(tables(), more=("--dataset", "GSE1", "--status-out", str(status))) == 0
    outcome = json.loads(status.read_text())
    assert (outcome["status"], outcome["facts"]["contrasts"]) == ("ok", ["op"])
    assert run(tables(), contrasts=[OP | {"case": "x"}], more=("--dataset", "GSE1", "--status-out", str(status))) == 0
    assert json.loads(status.read_text())["status"] == "failed"
    assert (tmp_path / "output.tsv").read_bytes() == b""


def test_mistakes_of_files_are_one_line(run: Run, tmp_path: Path, capsys) -> None:
    parts = tables()
    for kind, name in (("fields", "sample fields"), ("qc", "QC")):
        assert run(parts | {kind: pd.concat([parts[kind]] * 2)}) == 2
        assert f'sample "GSE1_S0" has several rows in the {name}' in capsys.readouterr().err
    assert run(parts, contrasts=[OP | {"ignore": ["("]}]) == 2
    assert "expected regular expressions" in capsys.readouterr().err
    absent = tmp_path / "none.parquet"
    assert run(parts, more=("--cells", str(absent))) == 2
    assert "none.parquet does not exist" in capsys.readouterr().err
    absent.write_text("no parquet")
    assert run(parts, more=("--cells", str(absent))) == 2
    assert "none.parquet cannot be read" in capsys.readouterr().err
    pd.DataFrame({"condition": ["sick"]}).to_parquet(absent)
    assert run(parts, more=("--cells", str(absent))) == 2
    assert "none.parquet cannot be read" in capsys.readouterr().err


def test_what_qc_says_in_words_is_no_field_of_the_audit() -> None:
    from fatescore.cli._contrast_inputs import _fields

    identity = {"dataset": "A", "sample": ["s1", "s2"], "donor": ["d1", "d2"], "condition": ["case", "control"]}
    qc = pd.DataFrame({**identity, "total_counts": [1.0, 2.0], "verdict": "ok", "reason": ["stands out", ""]})
    joined = _fields(pd.DataFrame(identity), qc, pd.DataFrame(identity))
    assert "total_counts" in joined
    assert not {"verdict", "reason"} & set(joined)


def test_the_loss_between_organisms_is_said(tmp_path: Path) -> None:
    from fatescore.cli._contrast_inputs import _loss
    from fatescore.files import write_json

    paths = []
    for name, organism in (("A", "human"), ("M", "mouse")):
        facts = {"index": "review", "organism": organism}
        write_json(
            tmp_path / f"{name}.json", {"dataset": name, "step": "score", "status": "ok", "reason": "", "facts": facts}
        )
        paths.append(tmp_path / f"{name}.json")
    assert _loss(paths).endswith("of these 4 only in human (CASC2, CYTOR, UCA1, ZNF350)")
    assert _loss(paths[:1]) == _loss([]) == ""


def shares_of(parts: dict[str, pd.DataFrame], *, planted: float = 0.0) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    n = len(parts["scores"])
    stromal = 0.5 + rng.normal(0, 0.02, n) - planted * (parts["scores"]["condition"] == "sick").to_numpy()
    table = pd.DataFrame({"sample": parts["scores"]["sample"], "fraction_doublet": rng.random(n)})
    return table.assign(fraction_stromal=stromal, fraction_erythroid=1 - stromal, fraction_muscle=0.0)


def test_cell_types_are_compared_in_a_family_of_their_own(run: Run, tmp_path: Path) -> None:
    parts = tables()
    assert run(parts) == 0
    without = read_tsv(tmp_path / "output.tsv")
    metrics = shares_of(parts, planted=0.2)
    write_tsv(tmp_path / "metrics.tsv", metrics)
    assert run(parts, more=("--qc-metrics", str(tmp_path / "metrics.tsv"))) == 0
    result = read_tsv(tmp_path / "output.tsv")
    pd.testing.assert_frame_equal(result.iloc[: len(without)], without)  # the index, its FDR too, is as before
    added = result.iloc[len(without) :].set_index("measure")
    assert list(added.index) == ["composition:stromal", "composition:erythroid"]
    sick = parts["scores"]["condition"].to_numpy() == "sick"
    means = metrics.groupby(sick)["fraction_stromal"].mean()
    assert added.loc["composition:stromal", "difference"] == pytest.approx(means[True] - means[False], abs=1e-8)
    assert added["padj"].tolist() == pytest.approx([2 / 252, 2 / 252])  # 5 against 5, all apart


def test_composition_is_not_confounded_by_itself(run: Run, tmp_path: Path) -> None:
    parts = tables()
    metrics = shares_of(parts, planted=0.3)
    write_tsv(tmp_path / "metrics.tsv", metrics)
    parts["qc"]["fraction_stromal"] = metrics["fraction_stromal"]
    parts["fields"]["kit"] = ["A"] * 5 + ["B"] * 5
    assert run(parts, more=("--qc-metrics", str(tmp_path / "metrics.tsv"))) == 0
    audit = read_tsv(tmp_path / "output.tsv").set_index("measure")["audit"]
    assert "fraction_stromal" in audit["fate_bias"]
    assert audit["composition:stromal"] == "cannot be separated from kit"


def test_samples_that_were_not_scored_count_in_the_composition(run: Run, tmp_path: Path) -> None:
    parts = tables()
    write_tsv(tmp_path / "metrics.tsv", shares_of(parts))
    left = parts | {"scores": parts["scores"].iloc[1:], "genes": parts["genes"].iloc[1:]}
    assert run(left, more=("--qc-metrics", str(tmp_path / "metrics.tsv"))) == 0
    n_case = read_tsv(tmp_path / "output.tsv").set_index("measure")["n_case"]
    assert (n_case["fate_bias"], n_case["composition:stromal"]) == (4, 5)


def test_cell_types_of_several_data_sets_are_refused_and_bulk_has_none(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = tables()
    path = tmp_path / "metrics.tsv"
    write_tsv(path, shares_of(parts))
    assert run(parts, tables("B"), more=("--qc-metrics", str(path))) == 2
    assert "--qc-metrics with several data sets" in capsys.readouterr().err
    write_tsv(path, pd.DataFrame({"sample": parts["scores"]["sample"], "library_size": 1.0}))
    assert run(parts, more=("--qc-metrics", str(path))) == 0
    assert not read_tsv(tmp_path / "output.tsv")["measure"].str.startswith("composition").any()
    path.write_bytes(b"")
    assert run(parts, more=("--qc-metrics", str(path))) == 0


def test_covariates_and_what_accounts_for_the_difference(run: Run, tmp_path: Path) -> None:
    parts = tables()
    parts["fields"]["age"] = np.arange(10) * 3 % 7
    parts["qc"]["fraction_stromal"] = np.linspace(0.2, 0.9, 10)
    more = ("--explained", str(tmp_path / "explained.tsv"))
    assert run(parts, contrasts=[OP | {"covariates": ["age", "sex"]}], more=more) == 0
    row = read_tsv(tmp_path / "output.tsv").set_index("measure").loc["fate_bias"]
    assert row["adjusted_for"] == "linear model with age, sex[m]"
    assert 0 < row["p_adjusted"] < 1
    found = read_tsv(tmp_path / "explained.tsv")
    assert tuple(found.columns) == ADJUSTED_DIFFERENCES.names
    assert found["by"].tolist() == ["commitment", "maturation", "fraction_stromal"]
    assert found["note"][0] == "commitment does not vary"
    assert found["difference"].to_numpy() == pytest.approx(row["difference"])


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"covariates": "age"}, "\"covariates\" is 'age'; expected a list of texts"),
        ({"covariates": ["height"]}, 'no column "height" to adjust for'),
        ({"block": 3}, '"block" is 3; expected text'),
    ],
)
def test_wrong_models_are_refused(run: Run, capsys, more: dict[str, object], told: str) -> None:
    assert run(tables(), contrasts=[OP | more]) == 2
    assert told in capsys.readouterr().err


def test_what_bulk_samples_hold_may_account_for_a_difference(run: Run, tmp_path: Path) -> None:
    """The index follows the markers of blood, and so is gone once they are held constant."""
    parts = tables()
    blood = parts["scores"]["fate_bias"] / 10 + 0.5 + np.random.default_rng(1).normal(0, 1e-3, 10)
    metrics = parts["scores"][["sample"]].assign(contamination_haematopoietic=blood, contamination_muscle=0.0)
    write_tsv(tmp_path / "metrics.tsv", metrics)
    more = ("--qc-metrics", str(tmp_path / "metrics.tsv"), "--explained", str(tmp_path / "explained.tsv"))
    assert run(parts, more=more) == 0
    found = read_tsv(tmp_path / "explained.tsv").set_index("by")
    assert list(found.index) == [
        "commitment",
        "maturation",
        "contamination_haematopoietic",
    ]  # muscle is the same for all
    assert found.loc["contamination_haematopoietic", "accounted"] == pytest.approx(1, abs=0.2)
    assert "composition" not in "".join(read_tsv(tmp_path / "output.tsv")["measure"])

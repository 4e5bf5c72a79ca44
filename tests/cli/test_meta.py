from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from fatescore.cli import main
from fatescore.tables import CONTRASTS, META, META_ROBUSTNESS, META_SPECIFICATION, SCOREBOARD, SPECIFICATION
from fatescore.tables.io import read_tsv, write_tsv

FACTS = {"title": "A study", "organism": "human", "assay": "array", "n_samples": 9, "n_donors": 9}


def write_status(folder: Path, dataset: str, step: str, *, status="ok", origin="", reason="", **facts) -> str:
    path = folder / dataset / "status" / f"{step}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    outcome = {"dataset": dataset, "step": origin or step, "status": status, "reason": reason, "facts": facts}
    path.write_text(json.dumps(outcome))
    return str(path)


def write_contrasts(path: Path, dataset: str, g: float, audit: str = "clean") -> str:
    row = dict.fromkeys(CONTRASTS.names, 1.0) | {
        "dataset": dataset, "contrast": "op", "kind": "disease", "measure": "fate_bias", "g": g, "g_var": 0.3,
        "p_value": 0.1, "audit": audit, "n_case": 5, "n_control": 4,
    }  # fmt: skip
    write_tsv(path, pd.DataFrame([row]))
    return str(path)


def test_pool_and_scoreboard(tmp_path: Path) -> None:
    status = []
    for name, population in (("B", "bmsc"), ("A", "bmsc"), ("M", "other")):
        status.append(write_status(tmp_path, name, "ingest", **FACTS, population=population))
        status.append(write_status(tmp_path, name, "contrast"))
    low = {"status": "not scorable", "origin": "score", "reason": "too few counts"}
    status.append(write_status(tmp_path, "L", "contrast", **low))
    status.append(write_status(tmp_path, "L", "ingest", **FACTS, population="bmsc"))
    status.append(write_status(tmp_path, "L", "score", **low))
    (tmp_path / "L.tsv").write_bytes(b"")
    contrasts = [str(tmp_path / "L.tsv")]
    contrasts += [
        write_contrasts(tmp_path / f"{name}.tsv", name, g) for name, g in (("A", -1.0), ("B", 0.0), ("M", 5.0))
    ]
    words = ["meta", "--contrasts", *contrasts, "--status", *status]
    words += ["--output", str(tmp_path / "meta.tsv"), "--scoreboard", str(tmp_path / "board.tsv")]
    assert main(words) == 0
    pooled = read_tsv(tmp_path / "meta.tsv")
    assert tuple(pooled.columns) == META.names
    assert pooled.loc[0, ["k", "datasets", "left_out"]].tolist() == [2, "A, B", "M (population other)"]
    assert pooled.loc[0, "effect"] == pytest.approx(-0.5)
    board = read_tsv(tmp_path / "board.tsv")
    assert tuple(board.columns) == SCOREBOARD.names
    assert board["dataset"].tolist() == ["B", "A", "M", "L"]
    assert board["status"].tolist() == ["ok", "ok", "ok", "not scorable"]
    last = board.iloc[3]
    assert last[["step", "reason", "n_donors", "title"]].tolist() == ["score", "too few counts", 9, "A study"]


def test_other_cells_are_pooled_when_asked_and_shared_donors_once(tmp_path: Path) -> None:
    status, contrasts = [], []
    for name, population, group, g in (("A", "bmsc", "x", -1.0), ("B", "bmsc", "x", -2.0), ("M", "monocyte", "", 1.0)):
        facts = FACTS | {"population": population, "overlap_group": group}
        status.append(write_status(tmp_path, name, "ingest", **facts))
        contrasts.append(write_contrasts(tmp_path / f"{name}.tsv", name, g))
    words = ["meta", "--contrasts", *contrasts, "--status", *status, "--scoreboard", str(tmp_path / "board.tsv")]
    assert main([*words, "--output", str(tmp_path / "meta.tsv")]) == 0
    assert main([*words, "--pool-other", "--output", str(tmp_path / "all.tsv")]) == 0
    left_out = read_tsv(tmp_path / "meta.tsv").loc[0, "left_out"]
    assert left_out == "B (donors shared with A); M (population monocyte)"
    everything = read_tsv(tmp_path / "all.tsv").loc[0, ["datasets", "left_out"]].tolist()
    assert everything == ["A, M", "B (donors shared with A)"]


@pytest.mark.parametrize(
    ("index", "told"),
    [("extended", "every one has an ortholog"), ("review", "4 only in human (CASC2, CYTOR, UCA1, ZNF350)")],
)
def test_the_loss_of_comparing_organisms_is_told(tmp_path: Path, index: str, told: str) -> None:
    status, contrasts = [], []
    for name, organism in (("A", "human"), ("M", "mouse")):
        facts = FACTS | {"population": "bmsc", "organism": organism}
        status += [
            write_status(tmp_path, name, "ingest", **facts),
            write_status(tmp_path, name, "score", index=index),
        ]
        contrasts.append(write_contrasts(tmp_path / f"{name}.tsv", name, -1.0))
    words = ["meta", "--status", *status, "--scoreboard", str(tmp_path / "board.tsv")]
    assert main([*words, "--contrasts", *contrasts, "--output", str(tmp_path / "meta.tsv")]) == 0
    note = read_tsv(tmp_path / "meta.tsv").loc[0, "note"]
    assert note.endswith(f"human and mouse are each scored with their own genes of the index {index}; of these {told}")
    assert main([*words, "--contrasts", contrasts[0], "--output", str(tmp_path / "one.tsv")]) == 0
    assert "ortholog" not in read_tsv(tmp_path / "one.tsv").loc[0, "note"]


def test_a_data_set_that_was_never_read_is_on_the_scoreboard(tmp_path: Path) -> None:
    stopped = {"status": "failed", "origin": "fetch", "reason": "refused"}
    status = [write_status(tmp_path, "X", step, **stopped) for step in ("ingest", "fetch", "contrast")]
    words = ["meta", "--contrasts", "--status", *status]
    assert main([*words, "--output", str(tmp_path / "m.tsv"), "--scoreboard", str(tmp_path / "b.tsv")]) == 0
    row = read_tsv(tmp_path / "b.tsv").iloc[0]
    assert row[["status", "step", "reason"]].tolist() == ["failed", "fetch", "refused"]
    assert read_tsv(tmp_path / "m.tsv").empty


def test_confounded_data_sets_are_kept_on_request(tmp_path: Path) -> None:
    contrasts = [
        write_contrasts(tmp_path / "A.tsv", "A", -1.0, "cannot be separated from kit"),
        write_contrasts(tmp_path / "B.tsv", "B", 0.0),
    ]
    words = [
        "meta",
        "--contrasts",
        *contrasts,
        "--output",
        str(tmp_path / "m.tsv"),
        "--scoreboard",
        str(tmp_path / "b.tsv"),
    ]
    assert main(words) == 0
    assert read_tsv(tmp_path / "m.tsv").loc[0, "left_out"] == "A (cannot be separated from kit)"
    assert main([*words, "--keep-confounded"]) == 0
    assert read_tsv(tmp_path / "m.tsv").loc[0, "k"] == 2


def test_unreadable_input_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "s.json").write_text("{")
    outputs = ["--output", str(tmp_path / "m.tsv"), "--scoreboard", str(tmp_path / "b.tsv")]
    assert main(["meta", "--status", str(tmp_path / "s.json"), *outputs]) == 2
    assert "is not a status file" in capsys.readouterr().err
    assert not (tmp_path / "m.tsv").exists()


def test_what_the_result_hangs_on(tmp_path: Path) -> None:
    """Two assays, a population that is not pooled, and two methods of which one sees nothing."""
    status, contrasts, tables = [], [], []
    for name, assay, population, g in (
        ("A", "array", "bmsc", -1.0), ("B", "bulk", "bmsc", -2.0), ("C", "bulk", "bmsc", -1.5),
        ("M", "bulk", "bone", 4.0),
    ):  # fmt: skip
        status.append(write_status(tmp_path, name, "ingest", **FACTS | {"assay": assay, "population": population}))
        contrasts.append(write_contrasts(tmp_path / f"{name}.tsv", name, g))
        rows = read_tsv(tmp_path / f"{name}.tsv").assign(index="core", unit="sample")
        both = pd.concat([rows.assign(method="rank_log"), rows.assign(method="ucell", g=0.0)])
        tables.append(str(tmp_path / f"{name}_specification.tsv"))
        write_tsv(tables[-1], both.reindex(columns=list(SPECIFICATION.names)))
    paths = {name: tmp_path / f"{name}_out.tsv" for name in ("output", "scoreboard", "robustness", "specification")}
    words = ["meta", "--contrasts", *contrasts, "--status", *status, "--specification-tables", *tables]
    assert main([*words, *[word for name, path in paths.items() for word in (f"--{name}", str(path))]]) == 0
    robust = read_tsv(paths["robustness"])
    assert tuple(robust.columns) == META_ROBUSTNESS.names
    sizes = robust.groupby("analysis", sort=False)["k"].agg(list).to_dict()
    assert sizes == {"leave one out": [2, 2, 2], "tau2": [3, 3], "assay": [1, 2], "population": [3, 1]}
    assert robust.loc[robust["level"] == "bone", "effect"].tolist() == [4.0]
    assert robust.loc[robust["analysis"] == "assay", "p_between"].notna().all()
    methods = read_tsv(paths["specification"]).set_index("method")
    assert tuple(read_tsv(paths["specification"]).columns) == META_SPECIFICATION.names
    assert methods["k"].tolist() == [3, 3]
    assert methods["left_out"].tolist() == ["M (population bone)"] * 2
    assert methods.loc["rank_log", "effect"] == pytest.approx(read_tsv(paths["output"]).loc[0, "effect"])
    assert methods.loc["ucell", "effect"] == 0

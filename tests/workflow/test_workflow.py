"""The workflow as its users run it."""

from __future__ import annotations

import gzip
import hashlib
import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import anndata as ad
import numpy as np
import pytest
from scipy.io import mmwrite

import fatescore as fs
from fatescore.cli import main
from fatescore.tables.io import read_tsv
from tests.workflow.conftest import CONTRAST, Run

pytestmark = pytest.mark.workflow


def tables(results: Path) -> dict[str, bytes]:
    """Return the bytes of everything that a run controls: tables, pages, statuses.

    Hidden files are what a killed writer leaves; nothing reads them.
    """
    ends = {".tsv", ".html", ".json", ".txt", ".parquet"}
    kept = (path for path in results.rglob("*") if path.suffix in ends and not path.name.startswith(".part-"))
    skipped = {"benchmarks", "logs"}
    return {
        str(path.relative_to(results)): path.read_bytes()
        for path in sorted(kept)
        if not skipped & set(path.relative_to(results).parts)
    }


def test_one_data_set_that_fails_does_not_stop_the_others(make_run: Callable) -> None:
    run = make_run("run", datasets={"SIM_bulk": "", "SIM_cells": "", "SIM_array": "GSE999999999"})
    run.config["qc"]["min_stromal_cells"] = 10_000
    first = run.snakemake()
    assert first.returncode != 0
    assert "SIM_array: failed at fetch: " in first.stdout + first.stderr
    board = read_tsv(run.results / "scoreboard.tsv").set_index("dataset")
    assert board["status"].to_dict() == {"SIM_array": "failed", "SIM_bulk": "ok", "SIM_cells": "not scorable"}
    assert "GSE999999999" in board.loc["SIM_array", "reason"]
    assert "few_stromal_cells" in board.loc["SIM_cells", "reason"]
    assert not (run.results / "done.txt").exists()
    for name in board.index:
        page = (run.results / "datasets" / name / "report.html").read_text()
        assert board.loc[name, "status"] in page
        assert "SIMULATED" in page or name == "SIM_array"  # nothing is known of what could not be fetched
    assert (run.results / "answer.txt").read_text().count("\n") == 3
    assert read_tsv(run.results / "duplicates.tsv").empty
    log = (run.results / "logs" / "duplicates.log").read_text()
    assert "not compared: SIM_array: failed at fetch: " in log
    assert "SIM_cells" not in log  # what could not be scored was read, and is compared

    # corrected, it goes on where it stopped, makes only what is missing, and then has nothing left to do
    untouched = (run.results / "datasets" / "SIM_bulk" / "scores.parquet").stat().st_mtime_ns
    table = run.folder / "datasets.tsv"
    table.write_text(table.read_text().replace("GSE999999999", "GSE900000001"))
    second = run.snakemake()
    assert second.returncode == 0, second.stderr[-3000:]
    assert (run.results / "datasets" / "SIM_bulk" / "scores.parquet").stat().st_mtime_ns == untouched
    assert read_tsv(run.results / "scoreboard.tsv")["status"].tolist() == ["ok", "ok", "not scorable"]
    third = run.snakemake("--dry-run")
    assert "Nothing to be done" in third.stdout + third.stderr


def test_a_killed_run_finishes_and_equals_an_undisturbed_one(make_run: Callable) -> None:
    calm = make_run("calm", datasets={"SIM_bulk": ""})
    assert calm.snakemake().returncode == 0
    killed = make_run("killed", datasets={"SIM_bulk": ""})
    killed.kill_when(lambda: (killed.results / "datasets" / "SIM_bulk" / "qc.tsv").exists())
    assert not (killed.results / "done.txt").exists()
    assert killed.snakemake("--unlock").returncode == 0
    again = killed.snakemake()
    assert again.returncode == 0, again.stderr[-3000:]
    expected = tables(calm.results)
    assert len(expected) > 20
    assert tables(killed.results) == expected


def planned(run: Run) -> set[str]:
    """Return the rules that a run would do."""
    lines = run.snakemake("--dry-run").stdout.splitlines()
    return {line.split()[0] for line in lines if len(line.split()) == 2 and line.split()[1].isdigit()} - {"total"}


def test_changing_one_value_makes_again_only_what_depends_on_it(make_run: Callable) -> None:
    run = make_run("run", datasets={"SIM_bulk": ""})
    assert run.snakemake().returncode == 0
    run.config["title"] = "Another title"
    assert planned(run) == {"report_summary", "conclude", "all"}
    run.config["report"] = {"language": "zh"}
    assert planned(run) == {"report_dataset", "report_summary", "conclude", "all"}
    run.config["pool_other"] = True
    assert planned(run) >= {"meta", "tables", "report_summary"}
    assert not planned(run) & {"contrast", "score", "qc", "ingest", "fetch"}
    run.config["qc"]["min_counts_bulk"] = 2000
    assert planned(run) >= {"qc", "normalise", "score", "contrast"}
    assert not planned(run) & {"ingest", "fetch", "fingerprint"}


def test_own_gene_sets_reach_contrasts_meta_and_pages(make_run: Callable) -> None:
    run = make_run("run", datasets={"SIM_bulk": ""})
    sets = run.folder / "mine.gmt"
    sets.write_text("ECM/matrix\t\tCOL1A1\tSPARC\tno1\nsigned\t\tCBFA1\tPPARG-\n")
    run.config["gene_sets"] = "mine.gmt"
    first = run.snakemake()
    assert first.returncode == 0, first.stderr[-3000:]
    folder = run.results / "datasets" / "SIM_bulk"
    measures = {"set:ECM/matrix", "set:signed"}
    assert measures <= set(read_tsv(folder / "contrasts.tsv")["measure"])
    assert measures <= set(read_tsv(run.results / "tables" / "contrasts.tsv")["measure"])
    assert measures <= set(read_tsv(run.results / "meta.tsv")["measure"])
    assert "set:ECM|matrix" in ad.read_h5ad(folder / "scored.h5ad").obs
    facts = json.loads((folder / "status" / "score.json").read_text())["facts"]
    assert facts["own_gene_sets"] == {"mine.gmt": hashlib.sha256(sets.read_bytes()).hexdigest()}
    for page in (folder / "report.html", run.results / "report.html"):
        assert "ECM/matrix" in page.read_text()
    assert "Nothing to be done" in run.snakemake("--dry-run").stdout

    # only what is made of scores is made again, and none of the steps before
    sets.write_text(sets.read_text().replace("SPARC", "SPP1"))
    again = planned(run)
    assert again >= {"score", "export", "contrast", "meta", "tables", "report_dataset", "report_summary"}
    assert not again & {"fetch", "ingest", "qc", "normalise", "embed", "fingerprint", "duplicates"}
    run.config["gene_sets"] = []
    assert {"score", "contrast"} <= planned(run)
    run.config["gene_sets"] = "mine.gmt"
    sets.write_text("nfkb\t\tCOL1A1\n")
    refused = run.snakemake("--dry-run")
    assert refused.returncode != 0
    assert 'gene set "nfkb" is called as one of fatescore' in refused.stdout + refused.stderr


def test_a_sample_table_of_another_data_set_makes_nothing_again_here(make_run: Callable) -> None:
    run = make_run("run", datasets={"SIM_bulk": "", "SIM_array": ""})
    assert run.snakemake().returncode == 0
    table = run.folder / "samples.tsv"
    lines = table.read_text().splitlines()
    at = next(place for place, line in enumerate(lines) if line.startswith("SIM_array"))
    lines[at] = lines[at].rstrip("\n") + "x"
    table.write_text("\n".join(lines) + "\n")
    assert planned(run) >= {"ingest", "qc"}
    counts = [line.split() for line in run.snakemake("--dry-run").stdout.splitlines() if line.startswith("ingest ")]
    assert counts == [["ingest", "1"]] * len(counts)
    assert counts


def test_partial_targets(make_run: Callable) -> None:
    run = make_run("run", datasets={"SIM_bulk": ""})
    assert run.snakemake("qc_only").returncode == 0
    assert (run.results / "datasets" / "SIM_bulk" / "qc.tsv").stat().st_size > 0
    assert not (run.results / "scoreboard.tsv").exists()
    assert json.loads((run.results / "datasets/SIM_bulk/status/fetch.json").read_text())["status"] == "ok"


def test_a_sample_that_another_data_set_has_under_another_name(make_run: Callable) -> None:
    run = make_run("run", datasets={})
    run.config["contrasts"] = []
    study = fs.simulate.bulk(n_donors=4, n_genes=1500, seed=0).to_df().T
    other = fs.simulate.bulk(n_donors=2, n_genes=1500, seed=1).to_df().T
    other["renamed"] = study.iloc[:, 2]
    tables = {"study": ("counts", study), "other": ("log2", np.log2(1 + 1e6 * other / other.sum()))}
    samples = []
    for name, (scale, values) in tables.items():
        values.to_csv(run.folder / f"{name}.tsv", sep="\t")
        with (run.folder / "datasets.tsv").open("a") as rows:  # columns as in config/demo/datasets.tsv
            rows.write(f"{name}\t\tlocal\t\tcount_table\t\tbulk\thuman\t{scale}\tbmsc\t{name}.tsv\n")
        samples += [f"{name}\t{sample}\t{sample}\tcontrol\n" for sample in values.columns]
    header, *rows = (run.folder / "datasets.tsv").read_text().splitlines()
    (run.folder / "datasets.tsv").write_text("\n".join([f"{header}\tpath", *rows]) + "\n")
    (run.folder / "samples.tsv").write_text("dataset\tsample\tdonor\tcondition\n" + "".join(samples))
    result = run.snakemake("results/duplicates.tsv")
    assert result.returncode == 0, result.stderr[-3000:]
    duplicates = read_tsv(run.results / "duplicates.tsv")
    columns = ["dataset_a", "sample_a", "dataset_b", "sample_b", "kind", "declared"]
    expected = ["other", "renamed", "study", study.columns[2], "near-identical", "no"]
    assert duplicates[columns].to_numpy().tolist() == [expected]


def test_from_a_folder_and_a_sheet_to_a_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What `fatescore init` writes runs as the command that it prints, with nothing edited between."""
    cells = fs.simulate.single_cell(n_genes=1500, cells_per_donor=60, seed=0)
    rows = ["Sample ID,Patient,Group,Age,Sex"]
    for n, (name, part) in enumerate(cells.obs.groupby("sample", observed=True), start=1):
        label = f"{'CT' if n < 4 else 'OP'}{(n - 1) % 3 + 1}"
        write_triplet(cells[part.index], tmp_path / "data" / label / "filtered_feature_bc_matrix")
        group = {"control": "Control", "osteoporosis": "Osteoporosis"}[part["condition"].iloc[0]]
        rows.append(f"{label},{name},{group},{part['age'].iloc[0]},{part['sex'].iloc[0]}")
    (tmp_path / "sheet.csv").write_text("\n".join(rows) + "\n")
    assert (
        main(
            [
                "init",
                str(tmp_path / "data"),
                "--samples",
                str(tmp_path / "sheet.csv"),
                "--output",
                str(tmp_path / "run"),
            ]
        )
        == 0
    )
    command = shlex.split(capsys.readouterr().out.rpartition("next: ")[2])
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=tmp_path,
        env=Run.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    results = tmp_path / "run" / "results"
    assert read_tsv(results / "scoreboard.tsv")["status"].tolist() == ["ok"]
    assert "Osteoporosis than in Control (3 against 3 donors" in (results / "answer.txt").read_text()
    assert (results / "report.html").stat().st_size > 10_000
    fields = read_tsv(results / "datasets" / "data" / "sample_fields.tsv").set_index("sample")
    people = cells.obs.groupby("sample", observed=True)["age"].first()  # the sheet calls a donor so
    assert fields["age"].astype(float).tolist() == people.loc[fields["donor"]].astype(float).tolist()


def write_triplet(cells: ad.AnnData, folder: Path) -> None:
    """Write cells as CellRanger does."""
    folder.mkdir(parents=True)
    with gzip.open(folder / "matrix.mtx.gz", "wb", compresslevel=1) as out:
        mmwrite(out, cells.layers["counts"].T.astype(int), field="integer")
    features = [f"{ensembl}\t{symbol}\tGene Expression\n" for symbol, ensembl in cells.var["ensembl_id"].items()]
    for name, lines in (("features", features), ("barcodes", [f"{code}\n" for code in cells.obs["barcode"]])):
        with gzip.open(folder / f"{name}.tsv.gz", "wt") as out:
            out.writelines(lines)


def test_a_mistake_in_the_configuration_is_one_line(make_run: Callable) -> None:
    run = make_run("run", datasets={"SIM_bulk": ""})
    run.config["contrasts"][0]["case"] = "osteoporosys"
    result = run.snakemake("--dry-run")
    assert result.returncode != 0
    said = result.stdout + result.stderr
    assert 'did you mean "osteoporosis"?' in said
    assert "Traceback" not in said


def test_no_command_grows_with_the_number_of_data_sets(make_run: Callable) -> None:
    """Linux allows 131,072 bytes; 300 data sets once made a command of 162,294."""
    run = make_run("run", datasets={})
    names = [f"GSE{900000 + number}" for number in range(60)]
    header = (run.folder / "datasets.tsv").read_text().split("\n")[0].split("\t")
    with (run.folder / "datasets.tsv").open("a") as rows:
        for name in names:
            row = {"dataset": name, "source": "geo", "accession": name, "layout": "auto", "assay": "array"}
            row |= {"organism": "human", "scale": "log2", "population": "bmsc"}
            rows.write("\t".join(row.get(column, "") for column in header) + "\n")
    samples = [f"{name}\t{arm}{k}\td{k}\t{arm}" for name in names for arm in ("osteoporosis", "control") for k in "12"]
    (run.folder / "samples.tsv").write_text("dataset\tsample\tdonor\tcondition\n" + "\n".join(samples) + "\n")
    run.config["contrasts"] = [
        {**CONTRAST, "datasets": names},
        {**CONTRAST, "id": "x", "datasets": names, "across": True},
    ]
    command = run.command("--dry-run", "--printshellcmds")
    command[command.index("--workflow-profile") + 1] = "none"
    done = subprocess.run(command, cwd=run.folder, env=run.environment(), capture_output=True, text=True, check=False)
    commands = [line for line in done.stdout.splitlines() if "fatescore " in line]
    assert len(commands) > 60 * 10
    assert max(map(len, commands)) < 500


def test_rules_have_what_the_house_asks_of_them(root: Path) -> None:
    """Every rule that does work has log, benchmark and resources, and is one verb of the command."""
    for path in sorted((root / "workflow" / "rules").glob("*.smk")):
        for rule in path.read_text().split("\nrule ")[1:]:
            name = rule.split(":")[0]
            for part in ("log:", "benchmark:", "resources:", "shell:"):
                assert part in rule, f"{path.name}: rule {name} has no {part}"
            assert "run:" not in rule
            assert rule.count('"fatescore ') == 1

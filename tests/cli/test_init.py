"""fatescore init: a configuration, the command that runs it, or one line that helps."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
import yaml

import fatescore as fs
from fatescore.cli import main
from fatescore.config import load_plan

SHEET = "Sample ID,Patient,Group,Age,Sex\nC1,P1,Control,70,F\nC2,P2,Control,71,F\nO1,P3,OP,72,F\nO2,P4,OP,73,F\n"


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    table = fs.simulate.bulk(n_donors=4, n_genes=300, seed=0).to_df().T.set_axis(["C1", "C2", "O1", "O2"], axis=1)
    table.to_csv("counts.tsv", sep="\t")
    Path("sheet.csv").write_text(SHEET)
    return tmp_path


def plan(folder: Path):
    return load_plan(yaml.safe_load((folder / "config" / "config.yaml").read_text()), root=folder)


def test_what_was_read_is_said_and_the_next_command_printed(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "counts.tsv", "--samples", "sheet.csv", "--output", "my run"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[:4] == [
        "counts: human, bulk, counts, bmsc; 4 samples of 4 donors",
        'sheet: sample from "Sample ID", donor from "Patient", condition from "Group"',
        "contrast op (disease): case OP, control Control",
        "wrote my run/config",
    ]
    program, *options = shlex.split(out[4].removeprefix("next: "))
    assert program == "snakemake"
    assert options[::2] == ["--snakefile", "--directory"]
    assert Path(options[1]).is_file()
    assert Path(options[3]) == Path("my run")
    made = plan(data / "my run")
    assert Path(made.datasets["counts"].path) == data / "counts.tsv"  # wherever the run is
    assert [(one.sample, one.donor, one.condition, one.fields["age"]) for one in made.samples][2:] == [
        ("O1", "P3", "OP", "72"), ("O2", "P4", "OP", "73"),
    ]  # fmt: skip


def test_it_is_written_here_by_default_and_never_over_another(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["init", "counts.tsv", "--samples", "sheet.csv"]
    assert main(words) == 0
    before = {path: path.read_bytes() for path in Path("config").iterdir()}
    assert main([*words, "--kind", "other"]) == 2
    assert capsys.readouterr().err == (
        "fatescore init: error: config exists; expected a folder without one; give another with --output\n"
    )
    assert {path: path.read_bytes() for path in Path("config").iterdir()} == before


@pytest.mark.parametrize(
    ("change", "said", "options"),
    [
        ((",OP,", ",x,"), "", []),
        ((",Control,", ",y,"), '--case "OP"', ["--case", "OP"]),
    ],
)
def test_a_refusal_is_a_line_and_what_it_names_works(
    data: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, str], said: str, options: list[str]
) -> None:
    Path("sheet.csv").write_text(SHEET.replace(*change).replace(",OP,", ",d7,") if said else SHEET.replace(*change))
    words = ["init", "counts.tsv", "--samples", "sheet.csv", "--output", "run"]
    if not said:  # a control by its word makes the other the case
        assert main(words) == 0
        return
    assert main(words) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert not Path("run").exists()
    advice = shlex.split(error.rpartition("such as ")[2])
    assert main([*words, *advice]) == 0
    assert plan(data / "run").contrasts[0].case == "d7"


def test_options_reach_what_they_are_for(data: Path) -> None:
    words = ["init", "counts.tsv", "--samples", "sheet.csv", "--output", "run", "--population", "osteoblast"]
    assert (
        main([*words, "--case", "Control", "--kind", "known_fate", "--condition", "Group", "--donor", "Sample ID"]) == 0
    )
    made = plan(data / "run")
    assert made.datasets["counts"].population == "osteoblast"
    assert (made.contrasts[0].case, made.contrasts[0].kind) == ("Control", "known_fate")
    assert [one.donor for one in made.samples] == ["C1", "C2", "O1", "O2"]

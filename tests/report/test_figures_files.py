"""Charts as files for papers, and the language of the page, as `fatescore report` is asked for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fatescore.cli.main import main
from fatescore.report import dataset_figures, dataset_page, summary_figures, summary_page

MAGIC = {"svg": b"<svg", "pdf": b"%PDF", "png": b"\x89PNG\r\n\x1a\n"}


def to(folder: Path, command: list[str], *more: str) -> list[str]:
    """Return the command with another page to write."""
    place = command.index("--output") + 1
    return [*command[:place], str(folder / "page.html"), *command[place + 1 :], *more]


def written(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def test_every_chart_of_a_page_in_every_format(results: Any, tmp_path: Path) -> None:
    assert main(to(tmp_path, results.dataset_command("GSE1"), "--figures", "svg, pdf,png")) == 0
    charts = dataset_figures(results.tables["GSE1"])
    assert {"donors-1", "genes-1", "curve-1", "plane-chart", "pca-condition", "samples-q50"} <= set(charts)
    assert written(tmp_path / "figures") == {f"{chart}.{kind}" for chart in charts for kind in MAGIC}
    for path in (tmp_path / "figures").iterdir():
        data = path.read_bytes()
        assert data.startswith(MAGIC[path.suffix[1:]])
        assert len(data) > 2000
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert all(f'data-chart="{chart}"' in page for chart in charts)
    assert page.count("data-chart=") == len(charts)


def test_the_charts_of_the_summary_in_a_folder_of_choice(results: Any, tmp_path: Path) -> None:
    folder = tmp_path / "for the paper"
    command = to(tmp_path, results.summary_command(), "--figures", "svg", "--figures-dir", str(folder))
    assert main(command) == 0
    assert {"forest-chart", "heatmap-chart", "controls-chart"} <= set(summary_figures(results.summary()))
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert {"forest-chart.svg", "heatmap-chart.svg", "controls-chart.svg"} <= set(first)
    assert all(name.endswith(".svg") for name in first)
    assert not (tmp_path / "figures").exists()
    assert main(command) == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first


def test_no_figures_unless_asked_for(results: Any, tmp_path: Path) -> None:
    for more in ([], ["--figures", ""], ["--figures-dir", str(tmp_path / "figures")]):
        assert main(to(tmp_path, results.dataset_command("tiny"), *more)) == 0
        assert written(tmp_path) == {"page.html"}


def test_a_stopped_data_set_has_a_page_and_an_empty_folder(results: Any, tmp_path: Path) -> None:
    """The workflow waits for the folder, whatever became of the data set."""
    assert main(to(tmp_path, results.dataset_command("GSE404"), "--figures", "svg,png")) == 0
    assert written(tmp_path) == {"page.html", "figures"}
    assert written(tmp_path / "figures") == set()


def test_names_of_samples_are_text_in_figures(results: Any, tmp_path: Path) -> None:
    assert main(to(tmp_path, results.dataset_command("GSE1"), "--figures", "svg")) == 0
    text = (tmp_path / "figures" / "donors-1.svg").read_text(encoding="utf-8")
    assert "<script" not in text
    assert "&lt;script&gt;" in text


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--figures", "svg,<b>"], '"<b>" is no kind of figure'),
        (["--figures", "pgn"], 'did you mean "png"?'),
        (["--figures", "SVG"], '"SVG" is no kind of figure'),
        (["--language", "xx"], "invalid choice: 'xx'"),
    ],
)
@pytest.mark.parametrize("mode", ["dataset", "summary"])
def test_a_wrong_kind_is_one_line(
    results: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], mode: str, more: list[str], said: str
) -> None:
    command = results.dataset_command("tiny") if mode == "dataset" else results.summary_command()
    with pytest.raises(SystemExit) as stopped:
        main(to(tmp_path, command, *more))
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert written(tmp_path) == set()


@pytest.mark.parametrize(("code", "tag"), [("en", "en"), ("zh", "zh-CN")])
def test_the_language_of_a_page_is_the_one_asked_for(results: Any, tmp_path: Path, code: str, tag: str) -> None:
    for command in (results.dataset_command("tiny"), results.summary_command()):
        assert main(to(tmp_path, command, "--language", code)) == 0
        assert f'<html lang="{tag}">' in (tmp_path / "page.html").read_text(encoding="utf-8")
    # The language ends with the command: what the library makes next is English again.
    assert '<html lang="en">' in dataset_page(results.tables["tiny"])
    assert '<html lang="en">' in summary_page(results.summary())


def test_figures_speak_the_language_of_the_page(results: Any, tmp_path: Path) -> None:
    texts = {}
    for code in ("en", "zh"):
        folder = tmp_path / code
        folder.mkdir()
        assert main(to(folder, results.dataset_command("kit"), "--figures", "svg", "--language", code)) == 0
        texts[code] = (folder / "figures" / "genes-1.svg").read_text(encoding="utf-8")
        assert "RUNX2" in texts[code]
    assert ("\u9aa8" in texts["zh"], "\u9aa8" in texts["en"]) == (True, False)  # bone

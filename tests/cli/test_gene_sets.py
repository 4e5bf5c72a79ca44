"""The verb ``gene-sets``."""

from __future__ import annotations

from pathlib import Path

import pytest

import fatescore as fs
from fatescore.cli import main


def test_list_and_show(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gene-sets", "list"]) == 0
    assert "nfkb\t9\tNF-kB" in capsys.readouterr().out.splitlines()
    assert main(["gene-sets", "show", "wnt_canonical", "--organism", "mouse"]) == 0
    assert "Gsk3b\t-1" in capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("organism", ["human", "mouse"])
def test_export_reads_back(tmp_path: Path, organism: str) -> None:
    assert main(["gene-sets", "export", "--organism", organism, "--output", str(tmp_path / "x.gmt")]) == 0
    back = fs.gene_sets.as_weights(tmp_path / "x.gmt")
    loaded = fs.gene_sets.load(organism=organism)
    assert {name: set(genes) for name, genes in back.items()} == {name: set(genes) for name, genes in loaded.items()}


def test_unknown_set(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gene-sets", "show", "hedgehogs"]) == 2
    assert 'did you mean "hedgehog"' in capsys.readouterr().err

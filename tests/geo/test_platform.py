"""Probe to gene."""

from __future__ import annotations

import gzip
import random
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatescore.errors import InputError
from fatescore.geo import probe_symbols, read_annotation
from fatescore.geo.gene_column import split_symbols
from fatescore.geo.platform import best_rows, one_symbol


@pytest.mark.parametrize(
    ("cell", "gene"),
    [
        ("RUNX2", "RUNX2"),
        ("PMF1-BGLAP /// PMF1 /// BGLAP", "BGLAP"),
        ("PMF1-BGLAP///PMF1///BGLAP", "BGLAP"),
        ("PMF1-BGLAP///BGLAP", "BGLAP"),
        ("PMF1///BGLAP", ""),
        ("BGLAP///ALPL-X///ALPL", ""),
        ("PMF1-BGLAP///BGLAP///OTHER", ""),
        ("A1///A2", ""),
        ("A1 /// A1", "A1"),
        ("---", ""),
        ("", ""),
    ],
)
def test_gene_of_a_cell(cell: str, gene: str) -> None:
    assert one_symbol(split_symbols(cell), {"BGLAP", "ALPL"}) == gene


def test_a_cell_of_blanks_takes_no_time() -> None:
    start = time.monotonic()
    assert split_symbols("A" + " " * 200_000 + "B; C") == ["A" + " " * 200_000 + "B", "C"]
    assert time.monotonic() - start < 1


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(["A", "B", "C", "A /// B", "---"]), min_size=1, max_size=12),
    st.integers(0, 2**32 - 1),
)
def test_highest_mean_against_a_loop(cells: list[str], seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=(len(cells), 3))
    genes = pd.Series([one_symbol(split_symbols(cell)) for cell in cells], dtype=object)
    chosen, record = best_rows(values, genes)
    rows_of = {gene: [k for k, cell in enumerate(cells) if cell == gene] for gene in "ABC" if gene in cells}
    best = {max(rows, key=lambda k: values[k].mean()) for rows in rows_of.values()}
    assert chosen.tolist() == sorted(best)
    assert record.index.tolist() == [cells[row] for row in sorted(best)]
    assert record["n_probes"].to_dict() == {gene: len(rows) for gene, rows in rows_of.items()}


def test_choice_is_blind_to_the_order_of_samples() -> None:
    values = np.arange(12.0).reshape(4, 3) % 5
    genes = pd.Series(["X", "X", "Y", "Y"])
    assert best_rows(values, genes)[0].tolist() == best_rows(values[:, [2, 0, 1]], genes)[0].tolist()


def test_a_probe_without_missing_values_is_preferred() -> None:
    values = np.array([[9.0, np.nan], [1.0, 1.0]])
    assert best_rows(values, pd.Series(["X", "X"]))[0].tolist() == [1]


def test_real_annotation(real_data: Path) -> None:
    symbols = probe_symbols(read_annotation(real_data / "geo/platforms/GPLnnn/GPL97/annot/GPL97.annot.gz"))
    assert len(symbols) == 22_645
    assert symbols["200000_s_at"] == "PRPF8"
    assert symbols["200067_x_at"] == "SNX3///NR2E1"


def test_a_platform_of_a_family_is_read_without_the_samples(tmp_path: Path) -> None:
    head = "^SERIES = GSE5\n!Series_title = t\n"
    first, second = (
        f"^PLATFORM = {name}\n!platform_table_begin\nID\tORF\np1\t{gene}\n!platform_table_end\n"
        for name, gene in (("GPL7", "RUNX2"), ("GPL8", "PPARG"))
    )
    path = tmp_path / "GSE5_family.soft.gz"
    damaged = (
        gzip.compress((head + first + second).encode())
        + gzip.compress(b"^SAMPLE = GSM1\n" + random.Random(0).randbytes(9**7))[:-20]
    )
    path.write_bytes(damaged)
    assert probe_symbols(read_annotation(path, "GPL8")).to_dict() == {"p1": "PPARG"}
    assert probe_symbols(read_annotation(path)).to_dict() == {"p1": "RUNX2"}
    with pytest.raises(InputError, match="cannot be read"):
        read_annotation(path, "GPL9")
    path.write_text(head + first)
    with pytest.raises(InputError, match="has no platform table of GPL9"):
        read_annotation(path, "GPL9")


@pytest.mark.parametrize("comment", ["", "#ID = probe\n#Gene symbol = what it measures\n"])
def test_a_plain_table_is_an_annotation(tmp_path: Path, comment: str) -> None:
    path = tmp_path / "GPL7.txt"
    path.write_text(f"{comment}ID\tGene symbol\np1\tRUNX2\np2\tPMF1-BGLAP///BGLAP\n")
    assert probe_symbols(read_annotation(path)).to_dict() == {"p1": "RUNX2", "p2": "PMF1-BGLAP///BGLAP"}


@pytest.mark.parametrize("text", ["", "one column\nx\n", "# only comments\n", "a\t" * 5000 + "\n" + "b\t" * 5000])
def test_what_is_no_table_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "GPL7.txt").write_text(text)
    with pytest.raises(InputError, match="GPL7.txt has no platform table"):
        read_annotation(tmp_path / "GPL7.txt")

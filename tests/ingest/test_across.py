"""Tables of observations x genes, whole and per sample."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fatescore.gene_sets import symbols
from fatescore.ingest.gene_names import plain_names
from fatescore.ingest.locate import locate, read_raw
from fatescore.ingest.text_table import parse

RANDOM = np.random.default_rng(3)
GENES = ["RUNX2", "PPARG", "ALPL", *sorted(symbols.approved_symbols("human"))[2000:2057]]
JOINED = {"{g}": "plain", "{g}|ENSG{n:011d}": "pipe", "ENSG{n:011d}_{g}": "id first", "{g}|NM_{n}.2|chr{n}": "Rhapsody"}


def text(counts: pd.DataFrame, name: str = "{g}") -> bytes:
    columns = [name.format(g=gene, n=124813 + n) for n, gene in enumerate(counts.columns)]
    return counts.set_axis(columns, axis=1).to_csv().encode()


def counts(rows: list[str], genes: list[str] = GENES) -> pd.DataFrame:
    return pd.DataFrame(RANDOM.poisson(5, (len(rows), len(genes))), index=rows, columns=genes)


@pytest.mark.parametrize("name", JOINED)
def test_samples_x_genes(name: str, tmp_path: Path) -> None:
    whole = counts(["CT1", "CT2", "OP1"])
    (tmp_path / "t.csv").write_bytes(text(whole, name))
    raw = read_raw(locate(tmp_path / "t.csv"), "human")
    assert raw.columns == list(whole.index)
    assert raw.matrix.toarray().tolist() == whole.to_numpy().tolist()
    assert plain_names(raw.ids, "human")[0][:3] == GENES[:3]
    assert raw.notes == ["rows are observations and columns genes: the table was transposed"]


@pytest.mark.parametrize("name", JOINED)
def test_columns_before_and_behind_the_genes_describe_the_samples(name: str) -> None:
    whole = counts(["CT1", "CT2", "OP1"])
    columns = [name.format(g=gene, n=124813 + n) for n, gene in enumerate(GENES)]
    table = whole.set_axis(columns, axis=1)
    table.insert(0, "depth", [900, 800, 700])
    table["group"], table["rin"] = ["c", "c", "o"], [8.5, 9.0, 7.5]
    across = parse(table.to_csv().encode(), Path("t.csv")).across
    assert across is not None
    assert list(across.genes.columns) == columns
    assert across.obs.to_dict("list") == {"group": ["c", "c", "o"], "depth": [900, 800, 700], "rin": [8.5, 9.0, 7.5]}


def test_genes_x_genes_stays_as_it_is() -> None:
    assert parse(text(counts(GENES)), Path("t.csv")).across is None


def test_few_genes() -> None:
    few = counts(["CT1", "CT2", "OP1"], GENES[:5])
    across = parse(text(few), Path("t.csv")).across
    assert across is not None
    assert across.genes.to_numpy().tolist() == few.to_numpy().tolist()
    markers = counts(["RUNX2", "SP7", "IBSP"], ["CD4", "CD14", "CD34", "CD19"])
    assert parse(text(markers), Path("t.csv")).data.shape == (3, 4)
    mixed = counts(["CT1", "CT2", "OP1"], ["RUNX2", "SP7", "IBSP", "weight", "height"])
    assert parse(text(mixed), Path("t.csv")).across is None


@pytest.mark.parametrize("archived", [True, False])
@pytest.mark.parametrize("name", JOINED)
def test_a_table_of_cells_per_sample(name: str, archived: bool, tarred: Any, tmp_path: Path) -> None:
    cells = {
        sample: counts([f"ACGTACGTACGTAC{a}{b}-1" for a in "ACGT" for b in "AC"]) for sample in ("GSM1", "GSM2", "GSM3")
    }
    members = {f"{sample}_BM.csv.gz": gzip.compress(text(part, name)) for sample, part in cells.items()}
    source = tmp_path / "GSE9_RAW.tar"
    if archived:
        source.write_bytes(tarred(members))
    else:
        source.mkdir()
        for member, data in members.items():
            (source / member).write_bytes(data)
    raw = read_raw(locate(source), "human")
    assert raw.columns == [sample for sample in cells for _ in range(8)]
    assert raw.barcodes == [cell for part in cells.values() for cell in part.index]
    assert raw.matrix.toarray().tolist() == np.vstack(list(cells.values())).tolist()
    assert len(raw.ids) == len(GENES)
    assert raw.notes == ["rows are observations and columns genes: the table was transposed"]


@pytest.mark.parametrize("start", [0, 1])
def test_rows_that_are_counted_take_their_names_from_the_column_that_has_them(start: int, tmp_path: Path) -> None:
    whole = counts(["CT1", "CT2", "OP1"])
    numbered = whole.reset_index(names="SampleID").set_index(pd.RangeIndex(start, start + 3))
    numbered.insert(1, "group", ["CT", "CT", "OP"])
    numbered.to_csv(tmp_path / "t.csv")
    raw = read_raw(locate(tmp_path / "t.csv"), "human")
    assert raw.columns == ["CT1", "CT2", "OP1"]
    assert raw.matrix.toarray().tolist() == whole.to_numpy().tolist()
    assert 'observations are named by the column "SampleID"; the first column counts them' in raw.notes
    numbered["other"] = ["x", "y", "z"]  # could be either
    numbered.to_csv(tmp_path / "t.csv")
    assert read_raw(locate(tmp_path / "t.csv"), "human").columns == [str(start + n) for n in range(3)]
    numbered.set_index(pd.Index([7, 9, 3])).drop(columns="other").to_csv(tmp_path / "t.csv")  # names that are numbers
    assert read_raw(locate(tmp_path / "t.csv"), "human").columns == ["7", "9", "3"]

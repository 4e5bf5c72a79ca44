"""Tables of cells x genes."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from fatescore.gene_sets import symbols
from fatescore.ingest import count_table, ingest

GENES = ["RUNX2", "PPARG", "ALPL", *sorted(symbols.approved_symbols("human"))[1000:1030], "NOVEL1", "SP7"]
HOW: dict[str, Any] = {"dataset": "d", "organism": "human", "assay": "single_cell", "scale": "counts"}


def cells(tmp_path: Path, separator: str = "\t", name: str = "t.txt") -> Path:
    head = ["cell", "orig.ident", "nCount_RNA", "cluster", *GENES, "percent.mt"]
    rows = [
        [f"AA-{n}", f"donor{n % 2}", "9000", str(n), *[str(n + place) for place in range(len(GENES))], "0.5"]
        for n in range(6)
    ]
    text = "\n".join(separator.join(row) for row in [head, *rows]) + "\n"
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


@pytest.mark.parametrize(("separator", "name"), [("\t", "t.txt"), (",", "t.csv.gz"), (" ", "t.txt.gz")])
def test_metadata_columns_are_no_genes(tmp_path: Path, separator: str, name: str) -> None:
    raw = count_table.read(cells(tmp_path, separator, name), "orig.ident")
    assert raw.ids == GENES
    assert raw.matrix.toarray()[2].tolist() == [2 + place for place in range(len(GENES))]
    assert raw.columns == ["donor0", "donor1"] * 3
    assert raw.barcodes == [f"AA-{n}" for n in range(6)]
    assert raw.obs is not None
    assert list(raw.obs) == ["orig.ident", "nCount_RNA", "cluster", "percent.mt"]
    assert "tell of observations, not of genes: orig.ident, nCount_RNA, cluster, percent.mt" in raw.notes[1]


def test_ingest_by_key_and_for_one_sample(tmp_path: Path) -> None:
    samples = pd.DataFrame({"sample": ["donor0", "donor1"], "donor": ["a", "b"], "condition": ["op", "control"]})
    adata = ingest(cells(tmp_path), samples=samples, sample_key="orig.ident", **HOW).adata
    assert adata.obs["donor"].astype(str).tolist() == ["a", "b"] * 3
    assert adata.to_df()["SP7"].tolist() == [len(GENES) - 1 + n for n in range(6)]
    one = ingest(cells(tmp_path), samples=samples.iloc[:1], **HOW).adata
    assert one.obs["sample"].astype(str).tolist() == ["donor0"] * 6


def test_samples_named_by_markers_do_not_turn_a_table(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_text("gene\tCD4\tCD14\tCD34\n860\t1\t2\t3\n249\t4\t5\t6\n")
    assert count_table.read(path).columns == ["CD4", "CD14", "CD34"]

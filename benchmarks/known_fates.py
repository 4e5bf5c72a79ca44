"""How well each index definition recovers known fates: the table of docs/explanation/index.md.

python benchmarks/known_fates.py DIR   (DIR: the folder of real data)
"""

from __future__ import annotations

import sys
from pathlib import Path

import anndata as ad
import pandas as pd
from sklearn.metrics import roc_auc_score

import fatescore as fs
from fatescore.ingest import read_expression


def cells(folder: Path, index: str) -> dict[str, float]:
    """Osteoblasts (OS) against reticular cells (RE) of mouse marrow."""
    adata = ad.read_h5ad(folder / "matsushita2023" / "matsushita2023_250cells.h5ad")
    adata.X = adata.layers["counts"]
    fs.tl.fate_bias(adata, organism="mouse", index=index)
    both = adata.obs[adata.obs["cluster"].isin(["OS", "RE"])]
    calls = pd.crosstab(both["cluster"].astype(str), both["fate_call"], normalize="index", dropna=False)
    return {
        "AUROC fate_bias": roc_auc_score(both["cluster"] == "OS", both["fate_bias"]),
        "AUROC z": roc_auc_score(both["cluster"] == "OS", both["fate_bias_z"]),
        "OS called osteogenic": calls.loc["OS"].get("osteogenic", 0.0),
        "RE called osteogenic": calls.loc["RE"].get("osteogenic", 0.0),
        "RE called adipogenic": calls.loc["RE"].get("adipogenic", 0.0),
    }


def samples(folder: Path, index: str) -> dict[str, float]:
    """Bone, bone with marrow, white fat of the mouse; osteoporosis minus control in GSE35958."""

    def scored(path: str, organism: str) -> pd.Series:
        adata = read_expression(folder / path, organism)
        fs.tl.fate_bias(adata, organism=organism, index=index)
        return adata.obs["fate_bias"]

    bone = scored("mouse_bone_emtab5533/rsem_expected_counts.tsv.gz", "mouse")
    msc = scored("gse35958/expression_log2.tsv.gz", "human")
    return {
        "bone": bone[bone.index.str.startswith("Clean")].mean(),
        "bone with marrow": bone[bone.index.str.startswith("Marrow")].mean(),
        "white fat": scored("mouse_inguinal_fat/counts.tsv.gz", "mouse").mean(),
        "GSE35958 difference": msc.iloc[4:].mean() - msc.iloc[:4].mean(),
    }


def main(folder: Path) -> None:
    """Print one column per definition."""
    table = {index: {**cells(folder, index), **samples(folder, index)} for index in fs.gene_sets.index_names()}
    print(pd.DataFrame(table).round(3).to_string())


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""A made-up study as the steps before contrast leave it."""

from __future__ import annotations

from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd

from fatescore import tables as tb
from fatescore.tables import columns as col
from fatescore.tables.folder import NORMALISED, PSEUDOBULK, DatasetFolder


def complete(table: tb.Table, rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with all columns that the table must have, missing where they are not given."""
    needed = [*(table.required or table.names)]
    return rows.reindex(columns=[*rows.columns, *(name for name in needed if name not in rows)])


def study(
    name: str = "GSE1", *, n: int = 5, seed: int = 0, condition: list[str] | None = None
) -> dict[tb.Table, pd.DataFrame]:
    """Return the tables of a study of ``2 n`` samples."""
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
    genes = pd.DataFrame({"RUNX2": rng.normal(size=size), "NOVEL": rng.normal(size=size)})
    scores = identity.assign(
        unit="sample", n_obs=1, osteogenic=rng.normal(size=size), adipogenic=rng.normal(size=size),
        fate_bias=genes.sum(axis=1), commitment=1.0, maturation=rng.normal(size=size), fate_call="dual",
        **{"set:bmp_smad": rng.normal(size=size)},
    )  # fmt: skip
    qc = identity.assign(total_counts=rng.integers(1000, 2000, size), verdict="ok", qc_fail_reason="", qc_flags="")
    arms = pd.DataFrame(
        {"dataset": name, "gene": ["RUNX2", "NOVEL"], "arm": ["osteogenic", "adipogenic"], "weight": [1.0, -1.0]}
    )
    return {
        tb.SAMPLE_SCORES: scores,
        tb.SAMPLE_FIELDS: identity.assign(sex=["f", "m"] * n, title=[f"t{i}" for i in range(size)]),
        tb.QC: qc,
        tb.GENE_CONTRIBUTIONS: pd.concat([identity, genes], axis=1),
        tb.INDEX_GENES: arms,
    }


def write_study(
    path: Path, tables: dict[tb.Table, pd.DataFrame], expression: ad.AnnData | None = None
) -> DatasetFolder:
    """Write the tables, and the expression of all genes (by default of none)."""
    folder = DatasetFolder(path)
    for table, rows in tables.items():
        folder.write(table, complete(table, rows))
    scores = tables[tb.SAMPLE_SCORES]
    if expression is None:
        obs = scores[list(col.IDENTITY)].set_index("sample", drop=False).rename_axis(None)
        obs = obs[~obs.index.duplicated()]
        expression = ad.AnnData(np.zeros((len(obs), 1), np.float32), obs=obs)
    of_cells = set(scores["unit"]) == {"pseudobulk"}
    facts = {"assay": "single_cell" if of_cells else "bulk", "organism": "human", "scale": "counts"}
    expression.uns[col.UNS] = facts
    expression.write_h5ad(folder.file(PSEUDOBULK if of_cells else NORMALISED))
    return folder

"""Data as earlier steps leave them."""

from __future__ import annotations

from collections.abc import Callable

import anndata as ad

from fatescore.tables.folder import DatasetFolder

MakeFolder = Callable[..., DatasetFolder]


def with_facts(adata: ad.AnnData, assay: str, **more: str) -> ad.AnnData:
    """Mark data as an earlier step does."""
    facts = dict(adata.uns.get("fatescore", {}))
    adata.uns["fatescore"] = facts | {"assay": assay, "organism": "human", "scale": "counts"} | more
    return adata

"""Any expression file as AnnData, for scoring without a sample table."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore import _keys
from fatescore.errors import InputError
from fatescore.gene_sets import symbols
from fatescore.ingest import count_table, h5ad
from fatescore.ingest._raw import few
from fatescore.ingest.identifiers import scored_genes, to_genes
from fatescore.typing import Matrix, Organism, Scale, StrPath

if TYPE_CHECKING:
    from anndata import AnnData

logger = logging.getLogger(__name__)


def read_expression(path: StrPath, organism: Organism) -> AnnData:
    """Read an ``.h5ad`` file, or a text table of genes x samples, with genes named by current symbol.

    Parameters
    ----------
    path
        ``.h5ad``, or ``.tsv``, ``.csv``, ``.txt`` (plain or gzip) whose first column names genes.
    organism
        ``"human"`` or ``"mouse"``.

    Returns
    -------
    Observations x genes. Rows of one gene are summed where values are whole counts; elsewhere the row with the
    highest mean stands for the gene. ``layers["counts"]`` is set when the values are counts. An h5ad keeps its ``obs``.

    Raises
    ------
    InputError
        When the file cannot be read or names no known gene of the organism.
    """
    import anndata

    source = Path(path)
    if source.name.endswith(".h5ad"):
        return _from_h5ad(source, organism)
    table = count_table.read_table(source)
    values = table.data.to_numpy(dtype=float).T
    ids = [str(name) for name in table.data.index]
    names = [str(name) for name in table.data.columns]
    _check_orientation(ids, names, organism, source)
    _check_values(values, ids, names, source)
    notes = list(table.notes)
    known = values[np.isfinite(values)]
    counts = bool((known >= 0).all() and (known == np.rint(known)).all() and known.max(initial=0) > 1)
    other_names = table.other_names
    whole = np.isfinite(values).all(axis=0)
    if counts and not whole.all():  # a sum over a gap is no count
        lost = [name for name, keep in zip(ids, whole, strict=True) if not keep]
        notes.append(f"{len(lost)} genes with missing values were dropped: {few(lost)}")
        values, ids = values[:, whole], [name for name, keep in zip(ids, whole, strict=True) if keep]
        other_names = [name for name, keep in zip(other_names, whole, strict=True) if keep] if other_names else []
    genes = to_genes(
        values, ids, organism, "counts" if counts else "log2",
        other_names=other_names, keep_genes=scored_genes(organism),
    )  # fmt: skip
    _tell(source, [*notes, *genes.notes])
    matrix: Matrix = sp.csr_matrix(genes.matrix, dtype=np.float32) if counts else genes.matrix.astype(np.float32)
    adata = anndata.AnnData(X=matrix, obs=pd.DataFrame(index=pd.Index(names, dtype=object)), var=genes.var)
    if counts:
        adata.layers[_keys.COUNTS] = matrix.copy()
    return adata


def _from_h5ad(source: Path, organism: Organism) -> AnnData:
    import anndata

    adata = h5ad.open_h5ad(source)
    if not adata.obs_names.is_unique:
        raise InputError(f"{source} repeats names of observations", expected="unique obs_names", fix="make them unique")
    main = adata.layers[_keys.COUNTS] if adata.X is None else adata.X
    ids = [str(name) for name in adata.var_names]
    scale: Scale = "counts" if _keys.COUNTS in adata.layers or _whole(main) else "log2"
    second, wanted = h5ad.second_names(adata), scored_genes(organism)
    genes = to_genes(main, ids, organism, scale, other_names=second, keep_genes=wanted)
    _tell(source, genes.notes)
    out = anndata.AnnData(X=genes.matrix, obs=adata.obs.copy(), var=genes.var)
    if _keys.COUNTS in adata.layers:
        counted = to_genes(adata.layers[_keys.COUNTS], ids, organism, "counts", other_names=second, keep_genes=wanted)
        out.layers[_keys.COUNTS] = counted.matrix
    if _keys.UNS in adata.uns:
        out.uns[_keys.UNS] = adata.uns[_keys.UNS]
    return out


def _tell(source: Path, notes: list[str]) -> None:
    """Say what was dropped: there is no status file to read it in."""
    for note in notes:
        logger.warning("%s: %s", source, note)


def _whole(matrix: Matrix) -> bool:
    values = np.asarray(matrix.data if sp.issparse(matrix) else matrix)
    return bool(values.size and values.min() >= 0 and (values == np.rint(values)).all())


def _check_orientation(ids: list[str], names: list[str], organism: Organism, source: Path) -> None:
    step = max(1, len(ids) // 2000)
    rows = float(symbols.mapped(symbols.resolve(ids[::step], organism)["mapped_by"]).mean())
    step = max(1, len(names) // 2000)
    columns = float(symbols.mapped(symbols.resolve(names[::step], organism)["mapped_by"]).mean())
    if columns > 0.3 and columns > 2 * rows and len(names) > 20:
        raise InputError(
            f"{source}: the columns name genes ({columns:.0%} are known), the rows do not ({ids[0]})",
            expected="genes in rows, samples in columns",
            fix="transpose the table",
        )


def _check_values(values: np.ndarray, ids: list[str], names: list[str], source: Path) -> None:
    if np.isinf(values).any():
        sample, gene = (int(place[0]) for place in np.nonzero(np.isinf(values)))
        raise InputError(f"{source}: {ids[gene]} is infinite in {names[sample]}", expected="finite numbers")

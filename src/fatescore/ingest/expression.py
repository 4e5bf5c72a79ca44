"""Any expression file as AnnData, for scoring without a sample table."""

from __future__ import annotations

import itertools
import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore.errors import InputError, few
from fatescore.ingest import archive
from fatescore.ingest.equal_sums import equal_sums
from fatescore.ingest.identifiers import scored_genes, to_genes
from fatescore.ingest.levels import check_centred, check_log_ratios, is_centred
from fatescore.ingest.locate import layout_of_file, locate, read_raw
from fatescore.ingest.matrix import Located, Raw, numbered
from fatescore.ingest.readers import count_table, h5ad
from fatescore.ingest.readers._h5ad_counts import choose_values
from fatescore.ingest.readers._h5ad_file import H5adFile, Values, gene_names, of_anndata
from fatescore.ingest.scale import check_values
from fatescore.tables import columns as col
from fatescore.typing import Matrix, Organism, Scale, StrPath

if TYPE_CHECKING:
    from anndata import AnnData

logger = logging.getLogger(__name__)


def read_expression(path: StrPath, organism: Organism) -> AnnData:
    r"""Read files of any known layout, with genes named by current symbol.

    Parameters
    ----------
    path
        A file, or a folder, as for :func:`fatescore.ingest.ingest`: AnnData, text tables, 10x files, loom, a series
        matrix, SOFT. A file with an unknown ending is taken for a text table whose first column names genes.
    organism
        One of :func:`fatescore.organisms.names`.

    Returns
    -------
    Observations x genes. Rows of one gene are summed where values are whole counts; elsewhere the row with the
    highest mean stands for the gene. ``layers["counts"]`` is set when the values are counts. An h5ad keeps its
    ``obs``; cells of other layouts get their ``sample``.

    Raises
    ------
    InputError
        When the files cannot be read or name no known gene of the organism.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import fatescore as fs
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "counts.tsv"
    >>> _ = path.write_text("gene\ts1\ts2\nRUNX2\t1\t2\nCBFA1\t3\t4\n")
    >>> fs.ingest.read_expression(path, "human").to_df().to_dict("list")
    {'RUNX2': [4.0, 6.0]}
    """
    import anndata

    source = Path(path)
    unknown = source.is_file() and not layout_of_file(source)
    found = Located(count_table.LAYOUT.name, source) if unknown else locate(source)
    if found.layout == h5ad.LAYOUT.name and found.path.is_file() and not archive.is_archive(found.path):
        return _from_h5ad(found.path, organism)
    raw = read_raw(found, organism)
    check_values(raw.matrix, raw.ids, raw.columns, source)
    check_centred(raw.matrix, raw.each)
    check_log_ratios(raw)
    known = _stored(raw.matrix)
    known = known[np.isfinite(known)]
    counts = _whole(known) and known.max() > 1
    if counts:
        _drop_gaps(raw)
        alike = equal_sums(raw.blocks, raw.each)
        raw.notes += [] if alike is None else [alike.text]
    genes = to_genes(
        raw.matrix, raw.ids, organism, "counts" if counts else "log2",
        other_names=raw.other_names, annotation=raw.annotation, keep_genes=scored_genes(organism),
    )  # fmt: skip
    _log(source, [*raw.notes, *genes.notes])
    matrix: Matrix = sp.csr_matrix(genes.matrix, dtype=np.float32) if counts else genes.matrix.astype(np.float32)
    adata = anndata.AnnData(X=matrix, obs=_obs(raw, source), var=genes.var)
    if counts:
        adata.layers[col.COUNTS] = matrix.copy()
    return adata


def _obs(raw: Raw, source: Path) -> pd.DataFrame:
    if not raw.barcodes:
        return pd.DataFrame(index=pd.Index(raw.columns, dtype=object))
    samples = [name or source.name for name in raw.columns]
    barcodes = raw.cell_names or raw.barcodes
    unique = len(set(barcodes)) == len(barcodes)
    names = barcodes if unique else [f"{s}_{b}" for s, b in zip(samples, barcodes, strict=True)]
    obs = pd.DataFrame() if raw.obs is None else raw.obs.copy()
    obs.index = pd.Index(numbered(names), dtype=object)
    obs[col.SAMPLE] = samples
    return obs


def _drop_gaps(raw: Raw) -> None:
    """Leave out genes with a missing value: a sum over a gap is no count."""
    if sp.issparse(raw.matrix):
        return
    whole = np.isfinite(raw.matrix).all(axis=0)
    if whole.all():
        return
    lost = list(itertools.compress(raw.ids, ~whole))
    raw.notes.append(f"{len(lost)} genes with missing values were dropped: {few(lost)}")
    raw.keep_features(whole)


def _from_h5ad(source: Path, organism: Organism) -> AnnData:
    import anndata

    adata = h5ad.open_h5ad(source)
    if not adata.obs_names.is_unique:
        raise InputError(f"{source} repeats names of observations", expected="unique obs_names", fix="make them unique")
    notes: list[str] = []
    values = _levels(of_anndata(adata, str(source)), notes)
    main = values.matrix.load()
    ids, second = gene_names(values.genes, adata.obs, organism, notes)
    layer = adata.layers.get(col.COUNTS)
    counts = main if layer is None and _whole(_stored(main)) else layer
    observations = [str(name) for name in adata.obs_names]
    check_values(main, ids, observations, source)
    if counts is not None:
        check_values(counts, ids, observations, source, counts=layer is not None)
        alike = equal_sums([counts], "cell")
        notes += [] if alike is None else [alike.text]
    wanted = scored_genes(organism)
    scale: Scale = "log2" if counts is None else "counts"
    genes = to_genes(main, ids, organism, scale, other_names=second, keep_genes=wanted)
    _log(source, [*notes, *genes.notes])
    out = anndata.AnnData(X=genes.matrix, obs=adata.obs.copy(), var=genes.var)
    if layer is not None:
        out.layers[col.COUNTS] = to_genes(layer, ids, organism, "counts", other_names=second, keep_genes=wanted).matrix
    if col.UNS in adata.uns:
        out.uns[col.UNS] = adata.uns[col.UNS]
    return out


def _levels(file: H5adFile, notes: list[str]) -> Values:
    """Return ``X``, or the counts that stand beside it where it has none or is centred."""
    main = file.matrices.get("X")
    if main is None or is_centred(main.matrix.load()):
        main = choose_values(file, "counts", notes)
        check_centred(main.matrix.load(), "cell")
        if "X" in file.matrices and not notes:
            notes.append(f"X is centred per gene: {main.place} was read")
    return main


def _log(source: Path, notes: list[str]) -> None:
    """Log what was dropped: there is no status file to read it in."""
    for note in notes:
        logger.warning("%s: %s", source, note)


def _stored(matrix: Matrix) -> np.ndarray:
    return np.asarray(matrix.data if sp.issparse(matrix) else matrix)


def _whole(values: np.ndarray) -> bool:
    return bool(values.size and values.min() >= 0 and (values == np.rint(values)).all())

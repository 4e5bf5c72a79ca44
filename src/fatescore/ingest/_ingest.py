"""From files to one clean AnnData with its facts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore import organisms
from fatescore._h5ad_rows import write_blocks
from fatescore._version import __version__
from fatescore.errors import InputError, nearest
from fatescore.files import sha256
from fatescore.gene_sets import symbols
from fatescore.ingest.blocks import Blocks
from fatescore.ingest.feature_merging import Genes
from fatescore.ingest.identifiers import scored_genes, to_genes
from fatescore.ingest.levels import check_centred, check_log_ratios
from fatescore.ingest.locate import locate, read_raw
from fatescore.ingest.matrix import Raw, numbered
from fatescore.ingest.patterns import Patterns, complete
from fatescore.ingest.samples import Matched, match_samples, names_in_data, safe_key, select
from fatescore.ingest.scale import check_scale
from fatescore.ingest.sex import NOT_MEASURED, expressed_sex, sex_notes
from fatescore.tables import columns as col
from fatescore.typing import ASSAYS, Assay, Matrix, Organism, Scale, StrPath

if TYPE_CHECKING:
    from anndata import AnnData


@dataclass(frozen=True)
class IngestResult:
    """``adata``: observations x genes. ``sample_fields``: one row per sample. ``facts``: JSON values for the report."""

    adata: AnnData
    sample_fields: pd.DataFrame
    facts: dict[str, Any]


def ingest(
    source: StrPath,
    *,
    samples: pd.DataFrame | None = None,
    dataset: str,
    organism: Organism,
    assay: Assay,
    scale: Scale,
    layout: str = "auto",
    file: str = "",
    sample_key: str = "",
    population: str = "bmsc",
    title: str = "",
    patterns: Patterns | None = None,
    overlap_group: str = "",
    keep_genes: Collection[str] | None = None,
    output: StrPath | None = None,
) -> IngestResult:
    """Turn what a submitter uploaded into one AnnData.

    Parameters
    ----------
    source
        A file, a folder, or a folder written by ``fatescore fetch``.
    samples
        Rows of the sample table with ``sample``, ``donor``, ``condition`` and any further columns. Rows of other data
        sets are ignored when there is a column ``dataset``; a row with ``use`` = ``no`` leaves that sample out.
        With ``patterns`` rows are needed only for what they cannot say.
    dataset
        Name of the data set.
    organism, assay, scale
        What the data are; the scale is checked on every sample.
    layout, file
        See :func:`fatescore.ingest.locate`.
    sample_key
        Column of ``obs`` that names samples (h5ad, loom, tables of cells x genes).
    population
        ``bmsc``, or what the cells are instead (such as ``monocyte``, ``other``).
    title
        Title for the report; the series' own when empty.
    patterns
        How columns of the sample table are read from the sample fields, see :func:`read_fields`.
    overlap_group
        Name that data sets with donors in common share: such donors are pooled once.
    keep_genes
        Genes being scored, kept from read-through probes; all genes of the review's sets when ``None``.
    output
        Write the AnnData to this h5ad file; of counts of cells no more than a block is in memory at a time, and
        ``adata`` of the result has all but the values.

    Returns
    -------
    ``X`` float32: CSR for counts (also in ``layers["counts"]``), dense otherwise, on the declared scale.
    ``var_names``: current symbols, with ``original_id``, ``mapped_by``, ``n_features``. ``obs``: ``dataset``,
    ``sample``, ``donor``, ``condition``, and every sample field. ``uns["fatescore"]``: what was declared.

    Raises
    ------
    InputError
        When files, samples, scale or gene names do not agree with what is declared.
    """
    organisms.get(organism)
    if assay not in ASSAYS:
        raise InputError(f'assay "{assay}" is not known', expected=", ".join(ASSAYS), fix=nearest(str(assay), ASSAYS))
    readable = tuple(patterns or ())
    table = select(pd.DataFrame() if samples is None else samples, dataset, readable=readable)
    found = locate(Path(source), layout, file)
    raw = read_raw(
        found, organism, sample_key=sample_key, declared=names_in_data(table), scale=scale, assay=assay
    )  # fmt: skip
    if not raw.on_disk or scale != "counts":  # counts are never negative
        check_centred(raw.matrix, raw.each)  # over all samples: a part of them has other means
    if patterns:
        table = complete(raw, table, patterns, dataset)
    matched = match_samples(raw, table, dataset)
    kept = np.array([name in matched.names for name in raw.columns])
    raw.notes = list(dict.fromkeys([*raw.notes, *matched.notes]))  # completing may have noted the same
    if not kept.all():
        raw.keep_observations(kept)
    check_log_ratios(raw)
    raw.notes += check_scale(raw, scale, assay)
    wanted = scored_genes(organism) if keep_genes is None else frozenset(keep_genes)
    genes = to_genes(
        raw.blocks if raw.on_disk and scale == "counts" else raw.matrix, raw.ids, organism, scale,
        other_names=raw.other_names, annotation=raw.annotation, keep_genes=wanted,
    )  # fmt: skip
    title = title or raw.title or dataset
    declared = {
        "version": __version__, "dataset": dataset, "organism": organism, "assay": assay, "scale": scale,
        "population": population, "title": title, "overlap_group": overlap_group,
        "simulated": raw.simulated or "SIMULATED" in f"{title} {raw.title}",
    }  # fmt: skip
    adata = _tables(raw, genes, matched, declared)
    expressed = _write(output, adata, genes, scale) if output is not None else _fill(adata, genes, scale)
    fields = matched.fields
    raw.notes += _sex_notes(fields, expressed)
    if (expressed["sex_expressed"] != NOT_MEASURED).any():
        fields = fields.assign(sex_expressed=expressed["sex_expressed"].reindex(fields[col.SAMPLE]).to_numpy())
    return IngestResult(adata, fields, _facts(adata, raw, genes, matched, declared))


def _sex_notes(fields: pd.DataFrame, expressed: pd.DataFrame) -> list[str]:
    """Say where a column that states the sex and the expression contradict each other."""
    columns = [name for name in fields if str(name).casefold().removeprefix("characteristics: ") in ("sex", "gender")]
    by_sample = fields.set_index(col.SAMPLE)
    return list(dict.fromkeys(note for name in columns for note in sex_notes(by_sample[name], expressed)))


def _tables(raw: Raw, genes: Genes, matched: Matched, declared: dict[str, Any]) -> AnnData:
    """Return all but the values."""
    import anndata

    sample = [matched.names[name] for name in raw.columns]
    fields = matched.fields.set_index(col.SAMPLE, drop=False)
    fields = _categorical(fields) if len(sample) > len(fields) else fields  # before every cell gets its sample's
    obs = fields.iloc[fields.index.get_indexer(pd.Index(sample, dtype=object))].reset_index(drop=True)
    if raw.obs is not None:
        for name in raw.obs.columns:
            key = safe_key(str(name))
            if key not in obs:
                obs[key] = raw.obs[name].to_numpy()
    names, duplicated = _obs_names(raw, sample)
    if duplicated:
        raw.notes.append(f"{duplicated} barcodes occur more than once and were numbered")
    obs.index = pd.Index(names, dtype=object)
    return anndata.AnnData(obs=_categorical(obs), var=_categorical(genes.var), uns={col.UNS: declared})


def _write(output: StrPath, adata: AnnData, genes: Genes, scale: Scale) -> pd.DataFrame:
    """Write tables and values; return the sex that is expressed."""
    if not isinstance(genes.matrix, Blocks):
        expressed = _fill(adata, genes, scale)
        adata.write_h5ad(output, compression="gzip")
        return expressed
    profiles = _Profiles(adata)
    write_blocks(output, adata, profiles.summed(_stored(block, scale) for block in genes.matrix), col.COUNTS)
    return expressed_sex(profiles.adata)


def _fill(adata: AnnData, genes: Genes, scale: Scale) -> pd.DataFrame:
    """Put the values in; return the sex that is expressed."""
    adata.X = _stored(genes.matrix.load() if isinstance(genes.matrix, Blocks) else genes.matrix, scale)
    if scale == "counts":
        adata.layers[col.COUNTS] = adata.X.copy()
    return expressed_sex(adata)


class _Profiles:
    """The sums of the samples' cells, taken while the cells are written."""

    def __init__(self, adata: AnnData) -> None:
        self._of_row, names = pd.factorize(adata.obs[col.SAMPLE])
        self._sums = np.zeros((len(names), adata.n_vars))
        self._tables = adata, pd.DataFrame({col.SAMPLE: names.astype(str)}, index=names.astype(str))

    def summed(self, blocks: Iterable[sp.csr_matrix]) -> Iterator[sp.csr_matrix]:
        """Yield the blocks on."""
        first = 0
        for block in blocks:
            own = self._of_row[first : first + block.shape[0]]
            first += block.shape[0]
            for sample in np.unique(own):
                self._sums[sample] += np.asarray(block[np.flatnonzero(own == sample)].sum(axis=0, dtype=float)).ravel()
            yield block

    @property
    def adata(self) -> AnnData:
        """One observation for every sample."""
        import anndata

        cells, samples = self._tables
        return anndata.AnnData(self._sums, obs=samples, var=pd.DataFrame(index=cells.var_names), uns=cells.uns)


def _categorical(table: pd.DataFrame) -> pd.DataFrame:
    """Make text that repeats categorical, as anndata would while writing (and say so line by line)."""
    out = table.copy()
    for name in out.columns:
        if out[name].dtype == object:
            text = out[name].astype(str)
            out[name] = pd.Categorical(text) if text.nunique() < len(text) else text
    return out


def _obs_names(raw: Raw, sample: list[str]) -> tuple[list[str], int]:
    """Return unique names of observations, and how many had to be numbered."""
    if not raw.barcodes:
        names = sample
    elif raw.obs is not None and len(set(raw.cell_names or raw.barcodes)) == len(raw.barcodes):
        names = raw.cell_names or raw.barcodes
    else:
        names = [f"{name}_{barcode}" for name, barcode in zip(sample, raw.barcodes, strict=True)]
    return numbered(names), len(names) - len(set(names))


def _stored(matrix: Matrix, scale: Scale) -> Matrix:
    if scale == "counts":
        stored = sp.csr_matrix(matrix, dtype=np.float32)
        stored.sum_duplicates()
        stored.eliminate_zeros()
        return stored
    return np.ascontiguousarray(matrix.todense() if sp.issparse(matrix) else matrix, dtype=np.float32)


def _facts(adata: AnnData, raw: Raw, genes: Genes, matched: Matched, declared: dict[str, Any]) -> dict[str, Any]:
    rules = genes.var[col.MAPPED_BY]
    return {
        **{key: value for key, value in declared.items() if key not in ("version", "dataset")},
        "accession": raw.accession,
        "n_obs": int(adata.n_obs),
        "n_samples": len(matched.fields),
        "n_donors": int(matched.fields[col.DONOR].nunique()),
        "n_genes": int(adata.n_vars),
        "n_unmapped": int((~symbols.mapped(rules)).sum()),
        "mapped_by": {str(rule): int(n) for rule, n in rules.value_counts().sort_index().items()},
        "inputs": [{"path": str(path), "sha256": sha256(path)} for path in raw.inputs],
        "notes": [*raw.notes, *genes.notes],
    }

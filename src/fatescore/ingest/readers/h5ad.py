"""Layout ``h5ad``: AnnData files, one with all samples or one per sample."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from fatescore.errors import InputError, few
from fatescore.files import check_input
from fatescore.ingest import archive
from fatescore.ingest.archive import Files
from fatescore.ingest.blocks import Scratch
from fatescore.ingest.matrix import Raw, ReadOptions, samples_of
from fatescore.ingest.readers import Layout, register
from fatescore.ingest.readers._h5ad_counts import check_sign, choose_values, is_whole
from fatescore.ingest.readers._h5ad_file import H5adFile, gene_names, of_anndata, open_file, readable, whole
from fatescore.ingest.readers._libraries import Library, choose_members, join, sample_column
from fatescore.typing import Scale

if TYPE_CHECKING:
    from anndata import AnnData

LAYOUT: Layout = register(
    Layout(
        name="h5ad",
        title="AnnData files",
        endings=(".h5ad",),
        cells=True,
        together=lambda names: [name for name in names if LAYOUT.accepts_name(name)],
        precedence=4,
        read=lambda located, options: read(located.path, located.file, options),
    )
)


def read(path: Path, file: str = "", options: ReadOptions | None = None) -> Raw:
    """Return an AnnData file as it is, or the cells of several, one per sample; values stay in the files until used."""
    options = options or ReadOptions(None)
    notes: list[str] = []
    scratch = Scratch()
    with archive.opened(path) as files:
        chosen = choose_members(LAYOUT, files, file, notes)
        if len(chosen) == 1:  # "raw" in its name speaks of values, not of barcodes
            return _single(files, next(iter(chosen)), options, scratch)
        parts = [(sample, open_file(files, name, scratch)) for name, sample in chosen.items()]
    libraries = [_library(one, sample, options, notes) for sample, one in parts]
    _check_joinable(libraries, options.scale, path)
    raw = join(libraries, archive.inputs(path, list(chosen)), notes, options.sample_key)
    raw.simulated = any(one.simulated for _, one in parts)
    return raw


def open_h5ad(path: Path) -> AnnData:
    """Read an AnnData file into memory, or say why not."""
    check_input(path, "an .h5ad file")
    with archive.opened(path) as files, readable(str(path)), files.as_file(path.name) as file:
        adata = whole(file)
    stored = of_anndata(adata, str(path))
    check_sign(stored, choose_values(stored, None, []))
    return adata


def _single(files: Files, member: str, options: ReadOptions, scratch: Scratch) -> Raw:
    notes: list[str] = []
    stored = open_file(files, member, scratch)
    values = choose_values(stored, options.scale, notes)
    key = options.sample_key or ("" if options.only_sample else sample_column(stored.obs, notes))
    columns = samples_of(stored.obs, key, options.only_sample, files.path)
    cells = len(set(columns)) < len(stored.obs)
    ids, second = gene_names(values.genes, stored.obs, options.organism, notes)
    return Raw(
        matrix=values.matrix,
        ids=ids,
        columns=columns,
        barcodes=[str(name) for name in stored.obs.index] if cells else [],
        other_names=second,
        obs=stored.obs,
        simulated=stored.simulated,
        inputs=archive.inputs(files.path, [member]),
        notes=notes,
    )


def _library(stored: H5adFile, sample: str, options: ReadOptions, notes: list[str]) -> Library:
    values = choose_values(stored, options.scale, notes)
    own: list[str] = []
    ids, second = gene_names(values.genes, stored.obs, options.organism, own)
    notes += [note for note in own if note not in notes]
    features = pd.DataFrame({"id": ids, "name": second or "", "type": ""}, dtype=object)
    return Library(sample, values.matrix, features, [str(name) for name in stored.obs.index], stored.obs)


def _check_joinable(libraries: list[Library], scale: Scale | None, path: Path) -> None:
    """Refuse files of different genes unless they hold counts: only there is a gene that is not listed a zero."""
    lists = [list(one.features["id"]) for one in libraries]
    if scale == "counts" or all(ids == lists[0] for ids in lists) or all(is_whole(one.matrix) for one in libraries):
        return
    raise InputError(
        f"the files of {path} list different genes ({few([str(len(ids)) for ids in lists])}), and are no counts",
        expected="the same genes in every file", fix='join them: anndata.concat([...], join="inner")',
    )  # fmt: skip

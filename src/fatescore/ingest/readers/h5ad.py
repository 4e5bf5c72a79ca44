"""Layout ``h5ad``: AnnData files, one with all samples or one per sample, and where in them the counts are."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore.errors import InputError, few
from fatescore.files import check_input
from fatescore.ingest import archive
from fatescore.ingest.archive import Files
from fatescore.ingest.matrix import Raw, ReadOptions, samples_of
from fatescore.ingest.readers import Layout, register
from fatescore.ingest.readers._libraries import Library, choose_members, join, sample_column
from fatescore.tables import columns as col
from fatescore.typing import Matrix, Scale

if TYPE_CHECKING:
    from anndata import AnnData

_SECOND_NAMES = ("gene_ids", "gene_id", "ensembl_id", "gene_name", "gene_symbols", "feature_name")

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


@dataclass(frozen=True)
class Values:
    """A matrix of an AnnData file with the genes of its columns, and where it is (``X``, ``raw.X``, a layer)."""

    matrix: Matrix
    genes: pd.DataFrame
    place: str

    @property
    def ids(self) -> list[str]:
        """The names of the genes."""
        return [str(name) for name in self.genes.index]


def read(path: Path, file: str = "", options: ReadOptions | None = None) -> Raw:
    """Return an AnnData file as it is, or the cells of several, one per sample."""
    options = options or ReadOptions(None)
    notes: list[str] = []
    with archive.opened(path) as files:
        chosen = choose_members(LAYOUT, files, file, notes)
        if len(chosen) == 1:  # "raw" in its name speaks of values, not of barcodes
            return _single(files, next(iter(chosen)), options, [])
        parts = [(sample, _open(files, name)) for name, sample in chosen.items()]
    libraries = [_library(adata, sample, options.scale, str(path), notes) for sample, adata in parts]
    _check_joinable(libraries, options.scale, path)
    raw = join(libraries, archive.inputs(path, list(chosen)), notes, options.sample_key)
    raw.simulated = any(_simulated(adata) for _, adata in parts)
    return raw


def _single(files: Files, member: str, options: ReadOptions, notes: list[str]) -> Raw:
    adata, path = _open(files, member), files.path
    values = _values(adata, options.scale, files.where(member), notes)
    key = options.sample_key or ("" if options.only_sample else sample_column(adata.obs, notes))
    columns = samples_of(adata.obs, key, options.only_sample, path)
    cells = len(set(columns)) < adata.n_obs
    return Raw(
        matrix=values.matrix,
        ids=values.ids,
        columns=columns,
        barcodes=[str(name) for name in adata.obs_names] if cells else [],
        other_names=second_names(values.genes),
        obs=adata.obs.copy(),
        simulated=_simulated(adata),
        inputs=archive.inputs(path, [member]),
        notes=notes,
    )


def open_h5ad(path: Path) -> AnnData:
    """Read an AnnData file, or say why not."""
    check_input(path, "an .h5ad file")
    with archive.opened(path) as files:
        return _open(files, path.name)


def _open(files: Files, member: str) -> AnnData:
    import anndata

    where = files.where(member)
    try:
        with warnings.catch_warnings(), files.as_file(member) as file:
            warnings.simplefilter("ignore")  # old files warn about their format, which is not the user's concern
            adata = anndata.read_h5ad(file)
        raw = [] if adata.raw is None else [adata.raw.X]
        for matrix in (adata.X, *adata.layers.values(), *raw):
            if sp.issparse(matrix):
                matrix.check_format(full_check=True)  # an index beyond the shape would crash scipy, not raise
        adata.obs, adata.var = _decoded(adata.obs), _decoded(adata.var)
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"{where} cannot be read as AnnData ({type(error).__name__}: {str(error)[:200]})",
            expected="an .h5ad file",
            fix="check the file",
        ) from error
    return adata


def _decoded(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with texts where R or Julia stored bytes of a fixed length."""
    out = table.copy()
    out.index, out.columns = pd.Index(_texts(table.index), dtype=object), pd.Index(_texts(table.columns), dtype=object)
    for place, name in enumerate(out.columns):
        column = table.iloc[:, place]
        if isinstance(column.dtype, pd.CategoricalDtype):
            out[name] = column.cat.rename_categories(_texts(column.cat.categories)).to_numpy()
        elif column.dtype == object:
            out[name] = _texts(column)
    return out


def _texts(values: Any) -> list[Any]:
    return [value.decode("utf-8", "replace") if isinstance(value, bytes) else value for value in values]


def _values(adata: AnnData, scale: Scale | None, where: str, notes: list[str]) -> Values:
    """Return ``layers["counts"]``, else ``X``; where counts are declared and ``X`` has none, the place that has."""
    main = main_values(adata, where)
    if scale != "counts" or col.COUNTS in adata.layers:
        check_main(adata, main, where)
        return main
    if is_whole(main.matrix):
        if adata.raw is not None and adata.raw.n_vars > adata.n_vars:
            notes.append(f"X was read, with {adata.n_vars} genes; raw.X has {adata.raw.n_vars}")
        return main
    others = [Values(_sparse_or_dense(layer), adata.var, f'layers["{name}"]') for name, layer in adata.layers.items()]
    if adata.raw is not None:
        others.append(Values(_sparse_or_dense(adata.raw.X), _decoded(adata.raw.var), "raw.X"))
    whole = [one for one in others if is_whole(one.matrix)]
    if not whole:
        check_main(adata, main, where)
        return main
    if any(not _equal(one, whole[0]) for one in whole):
        layer = next(name for name in adata.layers if f'layers["{name}"]' in [one.place for one in whole])
        raise InputError(
            f"{where}: X holds no whole counts, and several places do: {few([one.place for one in whole])}",
            expected='one of them in layers["counts"]',
            fix="copy the right one there, such as: python -c \"import anndata; a = anndata.read_h5ad('IN.h5ad'); "
            f"a.layers['counts'] = a.layers['{layer}']; a.write_h5ad('OUT.h5ad')\"",
        )
    notes.append(f"the counts are those of {whole[0].place}: X holds other values")
    return whole[0]


def main_values(adata: AnnData, where: str) -> Values:
    """Return ``layers["counts"]``, or ``X``, as CSR or dense array."""
    matrix = adata.layers.get(col.COUNTS, adata.X)
    if matrix is None:
        raise InputError(f'{where} has neither X nor layers["counts"]', expected="an expression matrix")
    return Values(_sparse_or_dense(matrix), adata.var, f'layers["{col.COUNTS}"]' if col.COUNTS in adata.layers else "X")


def check_main(adata: AnnData, main: Values, where: str) -> None:
    """Refuse scaled values and negative counts, and say where better ones are."""
    low = float(main.matrix.min()) if 0 not in main.matrix.shape else 0.0
    if low >= 0 or np.isnan(low):
        return
    if col.COUNTS in adata.layers:
        raise InputError(
            f'{where}: layers["counts"] has negative values (down to {low:.4g})', expected="counts",
            fix="put the counts there, or remove the layer",
        )  # fmt: skip
    if adata.raw is not None:
        raise InputError(
            f"{where}: X has negative values (down to {low:.4g}) and the values before scaling are in .raw",
            expected="counts or log values in X",
            fix="write adata.raw.to_adata() to a file and use that",
        )


def is_whole(matrix: Matrix) -> bool:
    """Tell whether a matrix holds whole counts: never negative or missing, and not only 0 and 1."""
    values = np.asarray(matrix.data if sp.issparse(matrix) else matrix)
    if not values.size or not np.isfinite(values).all():
        return False
    return bool(values.min() >= 0 and values.max() > 1 and (values == np.rint(values)).all())


def second_names(genes: pd.DataFrame) -> list[str]:
    """Return another name per gene (ids beside symbols, or symbols beside ids), or an empty list."""
    for name in _SECOND_NAMES:
        if name in genes:
            return [str(value) for value in genes[name]]
    return []


def _library(adata: AnnData, sample: str, scale: Scale | None, where: str, notes: list[str]) -> Library:
    values = _values(adata, scale, where, notes)
    names = second_names(values.genes)
    features = pd.DataFrame({"id": values.ids, "name": names or "", "type": ""}, dtype=object)
    cells = [str(name) for name in adata.obs_names]
    return Library(sample, sp.csr_matrix(values.matrix, dtype=np.float32), features, cells, adata.obs.copy())


def _check_joinable(libraries: list[Library], scale: Scale | None, path: Path) -> None:
    """Refuse files of different genes unless they hold counts: only there is a gene that is not listed a zero."""
    lists = [list(one.features["id"]) for one in libraries]
    if scale == "counts" or all(ids == lists[0] for ids in lists) or all(is_whole(one.matrix) for one in libraries):
        return
    raise InputError(
        f"the files of {path} list different genes ({few([str(len(ids)) for ids in lists])}), and are no counts",
        expected="the same genes in every file", fix='join them: anndata.concat([...], join="inner")',
    )  # fmt: skip


def _simulated(adata: AnnData) -> bool:
    declared = adata.uns.get(col.UNS)
    return isinstance(declared, dict) and bool(declared.get("simulated", False))


def _sparse_or_dense(matrix: Any) -> Matrix:
    return sp.csr_matrix(matrix) if sp.issparse(matrix) else np.asarray(matrix, dtype=float)


def _equal(one: Values, other: Values) -> bool:
    if one.matrix.shape != other.matrix.shape or one.ids != other.ids:
        return False
    return bool(abs(sp.csr_matrix(one.matrix) - sp.csr_matrix(other.matrix)).max() == 0)

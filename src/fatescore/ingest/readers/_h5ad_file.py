"""AnnData files on the disk: their tables, and their matrices some cells at a time."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore.errors import InputError, few
from fatescore.gene_sets.name_errors import name_error
from fatescore.ingest.archive import Files
from fatescore.ingest.blocks import Blocks, CellSorter, Scratch, csr_of_hdf5, dense_of_hdf5, in_memory
from fatescore.ingest.gene_names import names_of_features, share_known
from fatescore.ingest.name_parts import CLEARLY
from fatescore.tables import columns as col
from fatescore.typing import Matrix, Organism

if TYPE_CHECKING:
    from anndata import AnnData


@dataclass(frozen=True)
class Values:
    """A matrix of an AnnData file with the genes of its columns, and where it is (``X``, ``raw.X``, a layer)."""

    matrix: Blocks
    genes: pd.DataFrame
    place: str

    @property
    def ids(self) -> list[str]:
        """The names of the genes."""
        return [str(name) for name in self.genes.index]


@dataclass(frozen=True)
class H5adFile:
    """What an AnnData file says of its cells, whether it is simulated, and its matrices by place; ``X`` may lack."""

    where: str
    obs: pd.DataFrame
    matrices: dict[str, Values]
    simulated: bool

    @property
    def counts_layer(self) -> Values | None:
        """The layer that is called so."""
        return self.matrices.get(layer(col.COUNTS))


def layer(name: str) -> str:
    """Return the place of a layer.

    Examples
    --------
    >>> layer("counts")
    'layers["counts"]'
    """
    return f'layers["{name}"]'


def open_file(files: Files, member: str, scratch: Scratch) -> H5adFile:
    """Read the tables of an AnnData file; its matrices stay in it, those of a file in an archive in ``scratch``."""
    where = files.where(member)
    with readable(where), files.as_file(member) as path:
        if _is_old(path):
            return of_anndata(whole(path), where)
        return _on_disk(path, where, scratch, lasts=files.lasts(member))


def whole(path: Path) -> AnnData:
    """Read an AnnData file into memory."""
    import anndata

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # old files warn about their format, which is not the user's concern
        adata = anndata.read_h5ad(path)
    raw = [] if adata.raw is None else [adata.raw.X]
    for matrix in (adata.X, *adata.layers.values(), *raw):
        if sp.issparse(matrix):
            matrix.check_format(full_check=True)  # an index beyond the shape would crash scipy, not raise
    adata.obs, adata.var = decoded(adata.obs), decoded(adata.var)
    return adata


def of_anndata(adata: AnnData, where: str) -> H5adFile:
    """Return what is in memory as the same."""
    matrices = {} if adata.X is None else {"X": (adata.X, adata.var)}
    matrices |= {layer(name): (adata.layers[name], adata.var) for name in adata.layers}
    if adata.raw is not None:
        matrices["raw.X"] = adata.raw.X, decoded(adata.raw.var)
    values = {place: Values(in_memory(_rows(matrix)), var, place) for place, (matrix, var) in matrices.items()}
    return H5adFile(where, adata.obs, values, _simulated(adata.uns.get(col.UNS)))


def gene_names(
    genes: pd.DataFrame, obs: pd.DataFrame, organism: Organism | None, notes: list[str]
) -> tuple[list[str], list[str]]:
    """Return the names of the genes and second names (ids beside symbols, or symbols beside ids), which may be none."""
    ids, second = names_of_features(genes, organism, notes)
    if share_known(ids, organism) >= CLEARLY:
        return ids, second
    observations = [str(name) for name in obs.index]
    if share_known(observations, organism) >= CLEARLY:
        raise InputError(
            f"the genes are the observations of the h5ad, such as {few(observations, 3)}", expected="genes in var",
            fix="transpose it: python -c \"import anndata; anndata.read_h5ad('IN.h5ad').T.write_h5ad('OUT.h5ad')\"",
        )  # fmt: skip
    if 2 * sum(bool(name_error(name)) for name in ids) > len(ids):
        raise InputError(
            f"the genes of the h5ad are called {few(ids, 3)}, and no column of var names genes; "
            f"it has {few([str(name) for name in genes.columns]) or 'none'}",
            expected="gene symbols or Ensembl gene ids in var_names or a column of var",
            fix="python -c \"import anndata, pandas; a = anndata.read_h5ad('IN.h5ad'); a.var_names = "
            "pandas.read_csv('GENES.txt', header=None)[0].astype(str); a.write_h5ad('OUT.h5ad')\" with the names of "
            "genes in GENES.txt, one a line",
        )
    return ids, second


@contextmanager
def readable(where: str) -> Iterator[None]:
    """Say what is wrong with a file in the words of this project."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"{where} cannot be read as AnnData ({type(error).__name__}: {str(error)[:200]})",
            expected="an .h5ad file",
            fix="check the file",
        ) from error


def decoded(table: pd.DataFrame) -> pd.DataFrame:
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


def _is_old(path: Path) -> bool:
    """Tell whether the tables are compound data sets, as anndata wrote them before 0.7; only it reads these."""
    with h5py.File(path, "r") as stored:
        return any(isinstance(stored.get(name), h5py.Dataset) for name in ("obs", "var"))


def _on_disk(path: Path, where: str, scratch: Scratch, *, lasts: bool) -> H5adFile:
    import anndata as ad

    with warnings.catch_warnings(), h5py.File(path, "r") as stored:
        warnings.simplefilter("ignore")
        obs, var = (decoded(ad.io.read_elem(stored[name])) for name in ("obs", "var"))
        genes = {"X": var} | {f"layers/{name}": var for name in stored.get("layers", ())}
        if "raw/X" in stored:
            genes["raw/X"] = decoded(ad.io.read_elem(stored["raw/var"]))
        declared = ad.io.read_elem(stored["uns"][col.UNS]) if col.UNS in stored.get("uns", {}) else None
        found = {name: table for name, table in genes.items() if name in stored}
    values = {}
    for name, table in found.items():
        shape = len(obs), len(table)
        place = layer(name.partition("/")[2]) if name.startswith("layers/") else name.replace("/", ".")
        values[place] = Values(_blocks(path, name, shape, where, scratch, lasts=lasts), table, place)
    return H5adFile(where, obs, values, _simulated(declared))


def _blocks(path: Path, name: str, shape: tuple[int, int], where: str, scratch: Scratch, *, lasts: bool) -> Blocks:
    with h5py.File(path, "r") as stored:
        own = stored[name]
        kept = tuple(own.shape) if isinstance(own, h5py.Dataset) else _shape(own)
        if kept != shape:
            raise ValueError(f"{name} is {kept}, and the tables are of {shape[0]} x {shape[1]}")
        if not isinstance(own, h5py.Dataset) and _form(own).startswith("csc"):
            return _turned(own, shape, scratch)
    return scratch.hold(lambda: _read(path, name, shape, where), shape, lasts=lasts)


def _read(path: Path, name: str, shape: tuple[int, int], where: str) -> Iterator[Matrix]:
    with readable(where), h5py.File(path, "r") as stored:
        own = stored[name]
        yield from dense_of_hdf5(own) if isinstance(own, h5py.Dataset) else csr_of_hdf5(own, shape)


def _turned(own: h5py.Group, shape: tuple[int, int], scratch: Scratch) -> Blocks:
    """Sort a matrix that is stored by genes by its cells."""
    sorter = CellSorter(shape, own["data"].shape[0], scratch, own["data"].dtype)
    first = 0
    for genes in csr_of_hdf5(own, shape[::-1]):
        entries = genes.tocoo()
        sorter.add(entries.col.astype(np.int64), entries.row.astype(np.int64) + first, entries.data)
        first += genes.shape[0]
    return sorter.blocks()


def _form(own: h5py.Group) -> str:
    """Return ``csr_matrix`` or ``csc_matrix``, which old files call ``csr`` and ``csc``."""
    form = own.attrs.get("encoding-type", own.attrs.get("h5sparse_format", "csr"))
    return form.decode() if isinstance(form, bytes) else str(form)


def _shape(own: h5py.Group) -> tuple[int, ...]:
    return tuple(int(n) for n in own.attrs.get("shape", own.attrs.get("h5sparse_shape", ())))


def _rows(matrix: Any) -> Matrix:
    return sp.csr_matrix(matrix) if sp.issparse(matrix) else np.asarray(matrix)


def _simulated(declared: Any) -> bool:
    return isinstance(declared, dict) and bool(declared.get("simulated", False))

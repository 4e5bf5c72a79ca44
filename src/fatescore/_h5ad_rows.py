"""Reading and writing h5ad files some rows at a time, for matrices larger than memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from fatescore.errors import InputError
from fatescore.files import atomic_path
from fatescore.typing import IntArray, Matrix, StrPath

if TYPE_CHECKING:
    import h5py
    from anndata import AnnData

_AT_ONCE = 32_000_000  # bytes of values and indices that are held of one chunk
_PROBED = 64  # rows
_GZIP = {"compression": "gzip"}


def open_rows(path: StrPath) -> AnnData:
    """Open an h5ad file and leave ``X`` and every layer in it.

    ``anndata.read_h5ad(path, backed="r")`` leaves ``X`` only and reads the layers. Here a selection of rows, also of a
    selection, reads these rows of ``X`` or of a layer when it is asked for them. The file stays open as long as
    the AnnData lives. ``raw`` is passed over.

    Parameters
    ----------
    path
        The file. Sparse matrices should be stored by rows (CSR): any row of a CSC matrix takes a pass over all of it.

    Returns
    -------
    AnnData whose ``X`` and layers are anndata's backed sparse matrices or HDF5 data sets; all else is in memory.

    Examples
    --------
    >>> import tempfile, fatescore as fs
    >>> adata = fs.simulate.single_cell(n_donors=2, cells_per_donor=20, n_genes=300, seed=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     adata.write_h5ad(f"{folder}/cells.h5ad")
    ...     stored = open_rows(f"{folder}/cells.h5ad")
    ...     stored[:3].layers["counts"].shape
    (3, 300)
    """
    import anndata as ad
    import h5py

    file = h5py.File(path, "r")
    try:
        inside = {key: ad.io.read_elem(file[key]) for key in ("obs", "var", "obsm", "varm", "uns") if key in file}
        layers = {name: _on_disk(file["layers"][name]) for name in file.get("layers", ())}
        return ad.AnnData(X=_on_disk(file["X"]) if "X" in file else None, layers=layers, **inside)
    except BaseException:
        file.close()
        raise


def is_on_disk(matrix: Any) -> bool:
    """Tell whether a matrix is read from a file when it is asked for rows."""
    import h5py

    return hasattr(matrix, "group") or isinstance(matrix, h5py.Dataset)


def on_disk(adata: AnnData) -> bool:
    """Tell whether ``X`` is read from a file when it is asked for rows; that of a selection may be read right away."""
    return adata.isbacked or is_on_disk(adata.X)


def rows_of(source: AnnData, rows: IntArray) -> AnnData:
    """Return some rows, with all that belongs to them, in memory; ``source`` is not changed.

    ``source`` is in memory, backed, or from :func:`open_rows`; ``rows`` are positions, ascending.
    """
    if source.isbacked and source.is_view:
        raise InputError(
            "the AnnData is a selection of a backed one, which anndata cannot select from again",
            expected="the backed AnnData itself", fix="take the selection with .to_memory()",
        )  # fmt: skip
    if len(rows) == 0:
        return source[:0].to_memory()
    one_run = rows[-1] - rows[0] == len(rows) - 1
    return source[slice(int(rows[0]), int(rows[-1]) + 1) if one_run else rows].to_memory()


def bytes_per_row(source: AnnData) -> float:
    """Return how much memory ``X`` and the layers of one row take on average, by rows from all over the data."""
    if not source.n_obs:
        return 0.0
    probed = np.unique(np.linspace(0, source.n_obs - 1, _PROBED).astype(int))
    part = rows_of(source, probed)
    matrices = [matrix for matrix in (part.X, *part.layers.values()) if matrix is not None]
    arrays = [(matrix.data, matrix.indices) if sp.issparse(matrix) else (np.asarray(matrix),) for matrix in matrices]
    return int(sum(array.nbytes for group in arrays for array in group)) / len(probed)


def chunks(source: AnnData, rows: IntArray | None = None) -> Iterator[AnnData]:
    """Yield the rows in order, in memory, as many at once as take about 32 MB; nothing is yielded of no rows."""
    rows = np.arange(source.n_obs) if rows is None else rows
    n_at_once = max(1, int(_AT_ONCE // max(bytes_per_row(source), 1.0)))
    for first in range(0, len(rows), n_at_once):
        yield rows_of(source, rows[first : first + n_at_once])


def write_rows(
    path: StrPath, source: AnnData, rows: IntArray | None = None, *, uns: dict[str, Any] | None = None,
    transform: Callable[[AnnData], Matrix] | None = None,
) -> None:  # fmt: skip
    """Write an h5ad file chunk by chunk: what ``source[rows].write_h5ad(path, compression="gzip")`` would hold.

    The file appears whole or not at all, and has the same bytes every time. ``raw`` and ``obsp`` are not written.

    Parameters
    ----------
    path
        The file to write; not the one that ``source`` is read from.
    source
        In memory, backed, or from :func:`open_rows`; also a selection of the first and the last kind.
    rows
        Positions, ascending; without, all.
    uns
        What to write instead of ``source.uns``.
    transform
        Makes ``X`` of a chunk in memory (rows x all genes, sparse or dense, the same for all chunks); without,
        ``X`` stays what it is. The layers stay what they are.

    Examples
    --------
    >>> import tempfile, anndata as ad, numpy as np, fatescore as fs
    >>> adata = fs.simulate.single_cell(n_donors=2, cells_per_donor=20, n_genes=300, seed=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_rows(f"{folder}/logs.h5ad", adata, np.arange(5), transform=lambda chunk: chunk.X.log1p())
    ...     ad.read_h5ad(f"{folder}/logs.h5ad").shape
    (5, 300)
    """
    import anndata as ad
    import h5py

    rows = np.arange(source.n_obs) if rows is None else np.asarray(rows)
    # a selection leaves out categories that no row has, as writing one does
    bare = ad.AnnData(
        obs=source.obs, var=source.var, obsm=dict(source.obsm), varm=dict(source.varm),
        uns=dict(source.uns) if uns is None else uns,
    )[rows].copy()  # fmt: skip
    with atomic_path(path) as part:
        bare.write_h5ad(part, **_GZIP)
        with h5py.File(part, "r+") as file:
            for chunk in chunks(source, rows) if len(rows) else [rows_of(source, rows)]:
                values = chunk.X if transform is None else transform(chunk)
                if values is not None:
                    _append(file, "X", values)
                for name in chunk.layers:
                    _append(file, f"layers/{name}", chunk.layers[name])
            for place in ("X", *(f"layers/{name}" for name in file["layers"])):
                _narrow(file, place)


def write_blocks(path: StrPath, tables: AnnData, blocks: Iterable[Matrix], layer: str = "") -> None:
    """Write an h5ad file whose ``X`` comes block by block, each some rows x all genes.

    As :func:`write_rows` where no AnnData holds the rows. ``tables`` has all but the values; ``layer`` names a layer
    that is to hold the same as ``X``.

    Examples
    --------
    >>> import tempfile, anndata as ad, pandas as pd, scipy.sparse as sp
    >>> tables = ad.AnnData(obs=pd.DataFrame(index=["a", "b"]), var=pd.DataFrame(index=["RUNX2"]))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_blocks(f"{folder}/x.h5ad", tables, [sp.csr_matrix([[1.0]]), sp.csr_matrix([[2.0]])], "counts")
    ...     ad.read_h5ad(f"{folder}/x.h5ad").layers["counts"].toarray().tolist()
    [[1.0], [2.0]]
    """
    import h5py

    with atomic_path(path) as part:
        tables.write_h5ad(part, **_GZIP)
        with h5py.File(part, "r+") as file:
            for values in blocks:
                _append(file, "X", values)
            _narrow(file, "X")
            if layer:  # as it is packed
                file.copy("X", file.require_group("layers"), name=layer)


def _on_disk(stored: Any) -> Any:
    import anndata as ad

    return ad.io.sparse_dataset(stored) if hasattr(stored, "keys") else stored


def _append(file: h5py.File, place: str, values: Matrix) -> None:
    import anndata as ad

    if sp.issparse(values):
        values = values.tocsr()
        if place in file:
            ad.io.sparse_dataset(file[place]).append(values)
        else:
            ad.io.write_elem(file, place, values, dataset_kwargs={**_GZIP, "indptr_dtype": np.dtype(np.int64)})
        return
    values = np.asarray(values)
    if place not in file:
        ad.io.write_elem(file, place, values, dataset_kwargs={**_GZIP, "maxshape": (None, values.shape[1])})
        return
    stored = file[place]
    stored.resize(stored.shape[0] + len(values), axis=0)
    stored[-len(values) :] = values


def _narrow(file: h5py.File, place: str) -> None:
    """Store row pointers with 32 bits where they fit, as anndata does: only now their size is known."""
    stored = file.get(place)
    if not hasattr(stored, "keys"):
        return
    pointers = stored["indptr"][:]
    if pointers[-1] <= np.iinfo(np.int32).max:
        del stored["indptr"]
        stored.create_dataset("indptr", data=pointers.astype(np.int32), maxshape=(None,), **_GZIP)

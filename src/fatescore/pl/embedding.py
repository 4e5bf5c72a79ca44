"""Cells where an embedding put them, in the colours of the index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fatescore.errors import InputError, nearest
from fatescore.pl import _figure, _palette
from fatescore.pl.labels import axis_label
from fatescore.tables import columns as col

if TYPE_CHECKING:
    from anndata import AnnData

_KNOWN: dict[str, Mapping[str, str]] = {col.FATE_CALL: _palette.CALLS, col.CELL_TYPE: _palette.CELL_TYPES}
_REACH = 0.99  # quantile of |z| at which the colours stop
_COLUMNS = 3
_LARGEST = 60  # square points of a dot; scanpy's go on growing with fewer cells


def embedding(
    adata: AnnData,
    basis: str = "umap",
    color: str | Sequence[str] = col.FATE_BIAS,
    *,
    ax: Any = None,
    show: bool | None = None,
    return_fig: bool = False,
    **kwargs: Any,
) -> Any:
    """Draw cells in an embedding, with :func:`scanpy.pl.embedding`, in colours that suit the index.

    Parameters
    ----------
    adata
        Cells with ``obsm["X_<basis>"]``.
    basis
        Name of the embedding, such as ``"umap"`` or ``"pca"``.
    color
        Column of ``obs``, or gene; several are drawn side by side. ``fate_bias_z`` has diverging colours about 0, as
        far on both sides, to the 99th percentile of its size. ``fate_bias`` has no natural zero in single cells, so its
        colours only rise. Calls, cell types and up to eight other categories have this package's colours, which are
        written to ``adata.uns["<color>_colors"]`` as scanpy does, unless there are some already.
    ax
        Axes to draw on, for one ``color``; nothing is shown then unless ``show`` is true.
    show
        Show the figure and return nothing; ``None`` is ``scanpy.settings.autoshow``.
    return_fig
        Return the figure, shown by nobody: ``return_fig=True).savefig("cells.pdf")``.
    **kwargs
        Passed on to :func:`scanpy.pl.embedding` (``size``, ``legend_loc``, ``vmin``, ``layer``, ...).

    Returns
    -------
    The figure with ``return_fig``; otherwise nothing where it is shown, else the axes (a list for several colours).

    Raises
    ------
    InputError
        When there is no such embedding or column; the message names the call that makes it.

    Examples
    --------
    >>> import fatescore as fs
    >>> adata = fs.simulate.single_cell(n_donors=2, cells_per_donor=20, n_genes=300, seed=0)
    >>> fs.tl.fate_bias(adata, organism="human")
    >>> adata.obsm["X_umap"] = fs.pp.embed(adata)[["umap_1", "umap_2"]].to_numpy()
    >>> fs.pl.embedding(adata, color="fate_bias_z", show=False).get_title().splitlines()
    ['fate bias z', '(0 = as random genes of equal expression)']
    """
    colors = [color] if isinstance(color, str) else list(color)
    if ax is not None and len(colors) != 1:
        raise InputError(f"ax= is one panel, and color= names {len(colors)}", fix="call it once for each panel")
    _check_basis(adata, basis)
    if not {"gene_symbols", "layer"} & set(kwargs):
        for name in colors:
            _check_colour(adata, name)
    axes = [ax] if ax is not None else _grid(len(colors))
    import scanpy as sc

    for panel, name in zip(axes, colors, strict=True):
        look = {"size": min(120_000 / adata.n_obs, _LARGEST), **_look(adata, name), **kwargs}
        sc.pl.embedding(adata, basis, color=name, ax=panel, show=False, **look)
    return _figure.finish(axes if len(axes) > 1 else axes[0], given=ax is not None, show=show, return_fig=return_fig)


def _check_basis(adata: AnnData, basis: str) -> None:
    if basis in adata.obsm or f"X_{basis}" in adata.obsm:
        return
    there = [key.removeprefix("X_") for key in adata.obsm if key.startswith("X_")]
    make = {"umap": "run sc.pp.neighbors(adata) and sc.tl.umap(adata) first", "pca": "run sc.pp.pca(adata) first"}
    raise InputError(f'the data have no embedding "{basis}"', fix=make.get(basis, nearest(basis, there)))


def _check_colour(adata: AnnData, name: str) -> None:
    genes = adata.var_names if adata.raw is None else adata.raw.var_names
    if name not in adata.obs and name in genes:
        return
    _figure.scores(adata, name)


def _grid(n: int) -> list[Any]:
    from matplotlib import pyplot as plt

    rows, columns = -(-n // _COLUMNS), min(n, _COLUMNS)
    room = {"wspace": 0.55, "hspace": 0.3}  # for a legend beside, and a title of two lines above
    figure, axes = plt.subplots(rows, columns, figsize=(6 * columns, 4.2 * rows), squeeze=False, gridspec_kw=room)
    for spare in axes.flat[n:]:
        figure.delaxes(spare)
    return list(axes.flat[:n])


def _look(adata: AnnData, name: str) -> dict[str, Any]:
    """Return colours, limits and title of a column; nothing for a gene, which scanpy draws as always."""
    if name not in adata.obs:
        return {}
    values = adata.obs[name]
    look: dict[str, Any] = {"title": _figure.two_lines(axis_label(name))}
    if isinstance(values.dtype, pd.CategoricalDtype) or not pd.api.types.is_numeric_dtype(values):
        names = values.astype("category").cat.remove_unused_categories().cat.categories
        every = values.astype("category").cat.categories
        if len(adata.uns.get(col.colours_key(name), ())) < len(every) and len(names) <= len(_palette.BATCHES):
            look["palette"] = _palette.categories([*names, *every], _KNOWN.get(name))
    elif name == col.FATE_BIAS_Z:
        reach = float(np.nanquantile(np.abs(values), _REACH)) or 1.0
        look |= {"cmap": _diverging(), "vmin": -reach, "vmax": reach}
    return look


def _diverging() -> Any:
    from matplotlib.colors import LinearSegmentedColormap

    colours: Any = LinearSegmentedColormap.from_list("fat to bone", _palette.DIVERGING)
    colours.colorbar_extend = "both"  # pointed ends: the colours stop, the values do not
    return colours

"""What a user gives to be compared: values, names of genes, and a table of the rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore import gene_sets, organisms
from fatescore.errors import InputError, few, nearest
from fatescore.tables import columns as col
from fatescore.tl import _matrix
from fatescore.typing import Matrix, Organism

if TYPE_CHECKING:
    from anndata import AnnData

_PROBED = 50  # rows
_LEAST_KNOWN = 5  # genes of the sets, before another organism or column is advised


@dataclass(frozen=True)
class Source:
    """Cells or samples as the user has them; nothing is copied.

    Attributes
    ----------
    data
        What was given.
    matrix, place
        Its values (observations x genes), and what they are called there.
    genes
        Their names; empty for those without.
    obs
        What is known of the rows.
    """

    data: AnnData | pd.DataFrame
    matrix: Matrix
    place: str
    genes: pd.Index
    obs: pd.DataFrame


def read_source(
    data: AnnData | pd.DataFrame, obs: pd.DataFrame | None, layer: str | None, gene_symbols: str | None
) -> Source:
    """Find values, genes and the table of the rows. Parameters are those of :func:`fatescore.tl.compare`."""
    if isinstance(data, pd.DataFrame):
        if gene_symbols is not None:
            raise InputError("gene_symbols= names a column of var, and a DataFrame has none", fix="leave it out")
        matrix = _matrix.matrix_of(data, layer)
        return Source(data, matrix, "the DataFrame", data.columns.astype(str), _obs_of_table(data, obs))
    if hasattr(data, "mod"):
        raise InputError(
            "the data are a MuData", expected="one modality, an AnnData",
            fix=f"give one of {', '.join(f'mdata[{name!r}]' for name in data.mod)}, with the donors in its obs",
        )  # fmt: skip
    if obs is not None:
        raise InputError("obs= goes with a DataFrame", fix="put its columns into adata.obs")
    if layer is None and col.COUNTS in data.layers:
        layer = col.COUNTS
    matrix = _matrix.matrix_of(data, None if layer == "X" else layer)
    place = "X" if layer in (None, "X") else f'layers["{layer}"]'
    genes = data.var_names.astype(str)
    if gene_symbols is not None:
        if gene_symbols not in data.var:
            raise InputError(f'var has no column "{gene_symbols}"', fix=nearest(gene_symbols, map(str, data.var)))
        genes = pd.Index([label(name) for name in data.var[gene_symbols]], dtype=object)
    return Source(data, matrix, place, genes, data.obs)


def _obs_of_table(data: pd.DataFrame, obs: pd.DataFrame | None) -> pd.DataFrame:
    if obs is None:
        raise InputError(
            "a DataFrame holds values only", expected="what is known of its rows",
            fix="give a table of the same index as obs=, with the columns of donors and conditions",
        )  # fmt: skip
    for table, name in ((data, "the DataFrame"), (obs, "obs")):
        if not table.index.is_unique:
            raise InputError(f'{name} has several rows "{table.index[table.index.duplicated()][0]}"', fix="rename them")
    missing = [str(name) for name in data.index.difference(obs.index)]
    if not missing:
        return obs.loc[data.index]
    if len(data.columns.intersection(obs.index)) == len(obs):
        raise InputError("obs has a row for every column", expected="samples x genes", fix="give the DataFrame's .T")
    raise InputError(f"obs has no row {few(missing)}", expected="a row of the same name for every row of the DataFrame")


def label(value: object) -> str:
    """Return a name as text: without blanks around it, whole numbers without a point, empty where it is missing.

    Examples
    --------
    >>> label(1.0), label(" a"), label(None)
    ('1', 'a', '')
    """
    if isinstance(value, str):
        return value.strip()
    if value is None or value is pd.NA or value != value:  # NaN and NaT differ from themselves
        return ""
    whole = isinstance(value, (int, float, np.integer, np.floating)) and float(value).is_integer()
    return f"{value:.0f}" if whole and not isinstance(value, bool) else str(value)


def where_counts_are(source: Source) -> str:
    """Return what to do to give counts instead, where the data hold some beside the values that were looked at."""
    data = source.data
    if isinstance(data, pd.DataFrame):
        return ""
    found = [name for name, matrix in _places(data) if _looks_like_counts(matrix)]
    if found:
        return f'give layer="{found[0]}", which holds counts'
    raw = data.raw
    if raw is not None and _looks_like_counts(raw.X):
        return "give adata.raw.to_adata(), which holds counts"
    return ""


def _places(data: AnnData) -> Iterator[tuple[str, Matrix]]:
    if data.X is not None:
        yield "X", data.X
    yield from data.layers.items()


def _looks_like_counts(matrix: Matrix) -> bool:
    part = _matrix.whole(matrix[: min(_PROBED, matrix.shape[0])])
    values = part.data if sp.issparse(part) else part
    return bool(values.size and values.min() >= 0 and values.max() > 1 and (values == np.rint(values)).all())


def advice(source: Source, organism: Organism) -> str:
    """Return what to do where the genes of an organism are not found: another organism, another column of names."""
    here = _n_known(source.genes, organism)
    others = {name: _n_known(source.genes, name) for name in organisms.names() if name != organism}
    best = max(others, key=lambda name: others[name])
    if others[best] > max(2 * here, _LEAST_KNOWN):
        return f'the names are those of genes of another organism: give organism="{best}"'
    if not isinstance(source.data, pd.DataFrame):
        var: Any = source.data.var
        known = {str(name): _n_known(pd.Index(var[name].astype(str)), organism) for name in var}
        column = max(known, key=lambda name: known[name], default="")
        if column and known[column] > max(2 * here, _LEAST_KNOWN):
            return f'the column "{column}" of var holds symbols: give gene_symbols="{column}"'
    first = ", ".join(source.genes[:3])
    return f"check organism=, and that genes are named by symbol (first names: {first})"


def _n_known(genes: pd.Index, organism: Organism) -> int:
    wanted = {gene for members in gene_sets.load(organism=organism).values() for gene in members}
    return len(wanted & set(genes))

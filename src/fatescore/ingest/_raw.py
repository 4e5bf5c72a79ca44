"""What every layout reader hands over, before samples are matched and genes are named."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from fatescore.errors import InputError, nearest
from fatescore.tables import columns as col
from fatescore.typing import Matrix


@dataclass
class Raw:
    """A matrix as its submitter wrote it.

    Parameters
    ----------
    matrix
        Observations x features: dense, or CSR for cells and counts.
    ids
        Feature names as written; repeats are allowed.
    columns
        For every observation the name that the data give its sample.
    barcodes
        Names of cells; empty for bulk and arrays, where an observation is a sample.
    other_names
        A second name per feature, such as 10x's symbol beside the Ensembl id; ``""`` where there is none.
    annotation
        For arrays: what the platform calls the gene of each feature, unsplit; ``None`` when ids name genes.
    fields
        GEO's sample fields, indexed by GSM accession.
    obs
        Further columns of the observations (h5ad).
    """

    matrix: Matrix
    ids: list[str]
    columns: list[str]
    barcodes: list[str] = field(default_factory=list)
    other_names: list[str] = field(default_factory=list)
    annotation: pd.Series[str] | None = None
    fields: pd.DataFrame | None = None
    obs: pd.DataFrame | None = None
    title: str = ""
    accession: str = ""
    simulated: bool = False
    inputs: list[Path] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def sample_names(self) -> list[str]:
        """The distinct names of samples, in order of appearance."""
        return list(dict.fromkeys(self.columns))

    def rows_of(self, name: str) -> np.ndarray:
        """Return the positions of a sample's observations."""
        return np.flatnonzero(np.asarray(self.columns, dtype=object) == name)


def samples_of(obs: pd.DataFrame, sample_key: str, only_sample: str, path: Path) -> list[str]:
    """Return the sample of every observation.

    Parameters
    ----------
    obs
        What the file says of its observations.
    sample_key
        The column that names samples; without it ``sample``, and without that every observation is one.
    only_sample
        The sample that all belong to, when there is no key.
    path
        For messages.

    Raises
    ------
    InputError
        When there is no such column.
    """
    if sample_key and sample_key not in obs:
        raise InputError(
            f'{path} has no obs column "{sample_key}"', expected="the column that names samples",
            fix=f"set sample_key: {nearest(sample_key, obs.columns)}",
        )  # fmt: skip
    if only_sample and not sample_key:
        return [only_sample] * len(obs)
    key = sample_key or col.SAMPLE
    return [str(name) for name in obs.get(key, obs.index)]


def visible_files(folder: Path) -> list[Path]:
    """Return the files below a folder, sorted, without hidden ones (what a killed download leaves is hidden)."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(p for p in found if not any(part.startswith(".") for part in p.relative_to(folder).parts))


def few(names: list[str], n: int = 6) -> str:
    """Join the first names for a message.

    Examples
    --------
    >>> few(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    shown = ", ".join(names[:n])
    return shown if len(names) <= n else f"{shown} and {len(names) - n} more"

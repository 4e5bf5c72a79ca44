"""What a reader is given, and the matrix it returns before samples are matched and genes are named."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from fatescore.errors import InputError, nearest
from fatescore.geo import SeriesMatrix
from fatescore.ingest.blocks import Blocks, in_memory
from fatescore.tables import columns as col
from fatescore.typing import Matrix, Organism, Scale


@dataclass(frozen=True)
class Located:
    """The files with the values, and what is known of them before they are read.

    Parameters
    ----------
    layout
        Name of the layout.
    path
        A file, an archive, or a folder whose files are read together.
    matrix, matrix_path
        The series matrix that is this file or is beside it; of a SOFT file, one of its platforms.
    platforms
        Folder of ``GPL....annot.gz`` files.
    file
        Pattern that chooses among the files of a folder.
    annotation
        A platform's own table in the same file (SOFT).
    """

    layout: str
    path: Path
    matrix: SeriesMatrix | None = None
    matrix_path: Path | None = None
    platforms: Path | None = None
    file: str = ""
    annotation: pd.DataFrame | None = None


def platforms_near(path: Path) -> Path:
    """Return the folder of annotations beside a file, or beside its own folder, where fetch puts it."""
    beside = path.parent / "platform"
    return beside if beside.is_dir() else path.parent.parent / "platform"


@dataclass(frozen=True)
class ReadOptions:
    """What is declared of the values that some layouts need to be read.

    Parameters
    ----------
    organism
        Whose features to keep, where a file has those of several; ``None`` keeps all.
    sample_key
        Column that names the sample of every cell; without it a file is a sample.
    only_sample
        The sample, where the data have one and do not name it.
    scale
        Chooses among the columns of RSEM's and similar files; they are read as counts without it.
    declared
        What the sample table says that the data call the samples.
    """

    organism: Organism | None
    sample_key: str = ""
    only_sample: str = ""
    scale: Scale | None = None
    declared: tuple[str, ...] = ()


class _Loaded:
    """The field of a matrix that may be :class:`Blocks`: it is loaded when it is asked for as a matrix."""

    def __get__(self, raw: Raw, owner: type[Raw]) -> Matrix:
        stored = raw.__dict__["matrix"]
        if isinstance(stored, Blocks):
            stored = raw.__dict__["matrix"] = stored.load()
        return stored

    def __set__(self, raw: Raw, stored: Matrix | Blocks) -> None:
        raw.__dict__["matrix"] = stored


@dataclass
class Raw:
    """A matrix as its submitter wrote it.

    Parameters
    ----------
    matrix
        Observations x features: dense, or CSR for cells and counts. :class:`Blocks` stay on the disk until ``matrix``
        is asked for; what can do with blocks takes ``blocks``.
    ids
        Feature names as written; repeats are allowed.
    columns
        For every observation the name that the data give its sample.
    barcodes
        Names of cells; empty for bulk and arrays, where an observation is a sample.
    cell_names
        The same as written, where the sample was a part of them.
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
    cell_names: list[str] = field(default_factory=list)
    other_names: list[str] = field(default_factory=list)
    annotation: pd.Series[str] | None = None
    fields: pd.DataFrame | None = None
    obs: pd.DataFrame | None = None
    title: str = ""
    accession: str = ""
    simulated: bool = False
    inputs: list[Path] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    # once for all samples, of the columns as they were: there may be thousands
    _rows: tuple[list[str], dict[str, np.ndarray]] | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def blocks(self) -> Blocks:
        """The matrix some observations at a time, without loading it."""
        stored = self.__dict__["matrix"]
        return stored if isinstance(stored, Blocks) else in_memory(stored)

    @property
    def on_disk(self) -> bool:
        """Whether the matrix is still on the disk."""
        return isinstance(self.__dict__["matrix"], Blocks)

    @property
    def sample_names(self) -> list[str]:
        """The distinct names of samples, in order of appearance."""
        return list(dict.fromkeys(self.columns))

    @property
    def each(self) -> str:
        """What an observation is: a sample or a cell."""
        return "cell" if self.barcodes else "sample"

    def rows_of(self, name: str) -> np.ndarray:
        """Return the positions of a sample's observations."""
        if self._rows is None or self._rows[0] is not self.columns:
            grouped = pd.Series(np.arange(len(self.columns))).groupby(np.asarray(self.columns, dtype=object))
            self._rows = self.columns, {str(one): np.asarray(rows) for one, rows in grouped.indices.items()}
        return self._rows[1].get(name, np.array([], dtype=np.int64))

    def keep_observations(self, keep: np.ndarray) -> None:
        """Leave out the observations that are not true in ``keep``."""
        self.matrix = self.blocks.keep(keep) if self.on_disk else self.matrix[np.flatnonzero(keep)]
        self.columns = list(itertools.compress(self.columns, keep))
        self.barcodes = list(itertools.compress(self.barcodes, keep))
        self.cell_names = list(itertools.compress(self.cell_names, keep))
        self.obs = None if self.obs is None else self.obs[keep]

    def keep_features(self, keep: np.ndarray) -> None:
        """Leave out the features that are not true in ``keep``."""
        self.matrix = self.blocks.columns(keep) if self.on_disk else self.matrix[:, np.flatnonzero(keep)]
        self.ids = list(itertools.compress(self.ids, keep))
        self.other_names = list(itertools.compress(self.other_names, keep))
        self.annotation = None if self.annotation is None else self.annotation[keep]

    def note_absent_samples(self) -> None:
        """Name the samples of the series that the data lack, where the data name theirs by accession."""
        named = set(self.sample_names)
        if self.fields is None or not named <= set(self.fields.index):
            return
        absent = [str(name) for name in self.fields.index if name not in named]
        if absent:
            self.notes.append(f"{len(absent)} samples of the series have no values in the data: {', '.join(absent)}")


Raw.matrix = _Loaded()


def numbered(names: list[str]) -> list[str]:
    """Return unique names: what repeats is numbered.

    Examples
    --------
    >>> numbered(["a", "b", "a"])
    ['a', 'b', 'a-2']
    """
    nth = pd.Series(names, dtype=object).groupby(names).cumcount()
    return [f"{name}-{n + 1}" if n else name for name, n in zip(names, nth, strict=True)]


def samples_of(obs: pd.DataFrame, sample_key: str, only_sample: str, path: Path) -> list[str]:
    """Return the sample of every observation from the columns that describe it.

    ``sample_key`` names the column; without it all are ``only_sample``, and without that ``sample`` or each is its own.
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

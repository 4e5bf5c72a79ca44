"""Turn a submitter's files into one AnnData file with current gene symbols and every sample labelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from fatescore.config import Dataset
from fatescore.files import atomic_path
from fatescore.ingest import ingest as ingest_files
from fatescore.tables import SAMPLE_FIELDS
from fatescore.tables.folder import RAW, DatasetFolder
from fatescore.typing import StrPath


def ingest(
    folder: DatasetFolder,
    dataset: Dataset,
    source: StrPath,
    samples: pd.DataFrame | Sequence[Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """Ingest a data set.

    Parameters
    ----------
    folder
        Gets ``raw.h5ad`` and ``sample_fields.tsv``.
    dataset
        What is known of the data set.
    source
        A file, a folder, or a folder written by fetch.
    samples
        The sample table, or its rows.

    Returns
    -------
    The facts of :class:`fatescore.ingest.IngestResult`.

    Raises
    ------
    InputError
        When files, samples, scale or gene names do not agree with what is declared.
    """
    table = None if samples is None or not len(samples) else pd.DataFrame(samples)
    with atomic_path(folder.file(RAW)) as part:
        result = ingest_files(
            source, samples=table, dataset=folder.name, organism=dataset.organism, assay=dataset.assay,
            scale=dataset.scale, layout=dataset.layout, file=dataset.file, sample_key=dataset.sample_key,
            population=dataset.population, title=dataset.title, patterns=dataset.patterns,
            overlap_group=dataset.overlap_group, output=part,
        )  # fmt: skip
    folder.write(SAMPLE_FIELDS, result.sample_fields)
    return result.facts

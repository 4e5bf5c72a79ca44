"""Find samples that occur twice, within a data set or across data sets."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import pandas as pd

from fatescore import pp
from fatescore.pp.duplicates import Fingerprints
from fatescore.report.duplicates import duplicate_sentences
from fatescore.steps.h5ad import open_step
from fatescore.steps.outcome import describe
from fatescore.tables import DUPLICATES, FINGERPRINT
from fatescore.tables import columns as col
from fatescore.tables.codes import Status
from fatescore.tables.folder import RAW, DatasetFolder, RunFolder

logger = logging.getLogger(__name__)


def fingerprint(folder: DatasetFolder) -> dict[str, Any]:
    """Write what is needed of a data set to find its samples in others.

    Parameters
    ----------
    folder
        Holds ``raw.h5ad``; gets ``fingerprint.parquet``.

    Returns
    -------
    Facts: the numbers of samples and of genes kept.
    """
    adata, _ = open_step(folder.file(RAW))
    found = pp.fingerprint(adata)
    found.samples[col.DATASET] = folder.name
    folder.write(FINGERPRINT, pd.concat([found.samples, found.genes], axis=1))
    return {"n_samples": len(found.samples), "n_genes": found.genes.shape[1]}


def duplicates(run: RunFolder, datasets: Sequence[str]) -> None:
    """Compare the fingerprints of all data sets, and say which samples occur twice.

    Parameters
    ----------
    run
        Gets ``duplicates.tsv``: one row per pair.
    datasets
        Names of the data sets; one without a fingerprint stopped before, and is not compared.
    """
    fingerprints = []
    for folder in map(run.dataset, datasets):
        outcome = folder.outcome("fingerprint")
        if outcome is not None and outcome.status != Status.OK:
            logger.warning("not compared: %s", describe(outcome))
        table, columns = folder.read(FINGERPRINT), FINGERPRINT.names
        if not table.empty:
            fingerprints.append(Fingerprints(table[columns], table.drop(columns=columns)))
    found = pp.duplicates(fingerprints)
    run.write(DUPLICATES, found)
    for declared in (False, True):
        for sentence in duplicate_sentences(found, declared):
            logger.info("%s", sentence)

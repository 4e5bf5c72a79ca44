"""Ratios and centred values are no levels of expression."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from fatescore.errors import InputError
from fatescore.ingest.levels import check_centred, check_log_ratios
from fatescore.ingest.matrix import Raw

RNG = np.random.default_rng(2)
LEVELS = RNG.normal(8, 2, 400) + RNG.normal(0, 0.5, (6, 400))
RATIOS = RNG.normal(0, 0.8, (6, 400))
NAMES = [f"GSM{n}" for n in range(6)]


def raw(matrix: np.ndarray, **fields: Any) -> Raw:
    table = pd.DataFrame(fields, index=pd.Index(NAMES), dtype=object)
    return Raw(matrix=matrix, ids=[str(n) for n in range(matrix.shape[1])], columns=NAMES, fields=table)


@pytest.mark.parametrize(
    ("values", "fields", "seen"),
    [
        (RATIOS, {"channel_count": "2"}, r"channel_count 2, and half of its values lie within 0.\d+ of zero"),
        (2**RATIOS, {"channel_count": "2"}, r"channel_count 2, and half"),
        (RATIOS, {"channel_count": "1", "data_processing": "LOWESS, log2 ratio of Cy5/Cy3"}, '"log2 ratio" among its'),
        (RATIOS, {"value_definition": "normalized log10 ratio (test/reference)"}, '"log10 ratio" among its fields'),
        (RATIOS, {"description": "M-values"}, '"M-values" among'),
        (RATIOS, {"data_processing": "Cy5/Cy3 after background subtraction"}, '"Cy5/Cy3" among'),
    ],
)
def test_log_ratios(values: np.ndarray, fields: dict[str, str], seen: str) -> None:
    for matrix in (values, sp.csr_matrix(values)):
        with pytest.raises(InputError, match=rf"^GSM0, .*GSM5 are log ratios, .*GSM0 has .*{seen}.*use: no"):
            check_log_ratios(raw(matrix, **fields))


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        (LEVELS, {"channel_count": "2", "data_processing": "log2 ratio"}),  # of two channels one is given
        (RATIOS, {"channel_count": "1", "data_processing": "RMA, log2 transformed"}),
        (RNG.poisson(0.5, (6, 400)).astype(float), {"channel_count": "1", "data_processing": "log2 ratio by DESeq2"}),
        (RATIOS, {}),
    ],
)
def test_what_is_no_ratio_passes(values: np.ndarray, fields: dict[str, str]) -> None:
    check_log_ratios(raw(values, **fields))


def test_samples_that_are_ratios_are_named_and_can_be_left_out() -> None:
    mixed = raw(np.vstack([LEVELS[:4], RATIOS[4:]]), channel_count=["1"] * 4 + ["2"] * 2)
    with pytest.raises(InputError, match=r"^GSM4, GSM5 are log ratios"):
        check_log_ratios(mixed)
    mixed.keep_observations(np.arange(6) < 4)
    check_log_ratios(mixed)


def z(values: np.ndarray) -> np.ndarray:
    return (values - values.mean(axis=0)) / values.std(axis=0)


@pytest.mark.parametrize(
    "centred", [z(LEVELS), LEVELS - np.median(LEVELS, axis=0), np.round(z(LEVELS), 3), z(LEVELS)[:3]]
)
def test_centred_per_gene(centred: np.ndarray) -> None:
    if len(centred) == 3:  # of six: neither mean nor median is left
        check_centred(centred)
        return
    for matrix in (centred, sp.csr_matrix(centred)):
        with pytest.raises(InputError, match=r"^100% of the genes have mean or median 0 over the samples: .*z-scores"):
            check_centred(matrix)


@pytest.mark.parametrize("matrix", [np.asarray, sp.csr_matrix])
def test_scaled_cells(matrix: Any) -> None:
    cells = RNG.poisson(0.3, (800, 60)).astype(float)
    scaled = np.clip(z(np.log1p(cells)), -10, 10)
    with pytest.raises(InputError, match="over the cells"):
        check_centred(matrix(scaled), "cell")
    check_centred(matrix(np.log1p(cells)), "cell")


def test_levels_pass() -> None:
    check_centred(LEVELS)
    check_centred(LEVELS - 8)  # many are negative, and no gene is centred
    counts = RNG.poisson(1, (5, 400))
    check_centred(np.log2(counts + 0.5))  # the floor is negative
    check_centred(LEVELS - LEVELS.mean(axis=1, keepdims=True))  # centred per sample: its genes keep their order
    check_centred(np.where(RNG.random(LEVELS.shape) < 0.8, 0, RNG.normal(3, 2, LEVELS.shape)))  # most are not detected
    check_centred(np.vstack([LEVELS, np.full((1, 400), np.nan)]))

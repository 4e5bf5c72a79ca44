"""The declared scale is checked on every sample."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from fatescore.errors import InputError
from fatescore.ingest.matrix import Raw
from fatescore.ingest.scale import check_scale, check_values
from fatescore.typing import Assay

RNG = np.random.default_rng(0)
COUNTS = RNG.negative_binomial(1, 0.01, (3, 500)).astype(float)
TRUE = {
    "counts": COUNTS,
    "tpm": (COUNTS + RNG.random(COUNTS.shape)) / (COUNTS + 0.5).sum(1, keepdims=True) * 1e6,
    "linear": 2 ** RNG.normal(7, 2, (3, 500)),
    "log2": RNG.normal(7, 2, (3, 500)),
}
TRUE["tpm"] *= 1e6 / TRUE["tpm"].sum(1, keepdims=True)


def raw(matrix: np.ndarray) -> Raw:
    return Raw(matrix=matrix, ids=[str(n) for n in range(matrix.shape[1])], columns=["s1", "s2", "s3"])


@pytest.mark.parametrize("scale", list(TRUE))
def test_true_declarations_pass(scale: str) -> None:
    assert check_scale(raw(TRUE[scale]), scale) == []
    assert check_scale(raw(sp.csr_matrix(TRUE[scale])), scale) == []


@pytest.mark.parametrize(
    ("found", "declared"),
    [
        ("counts", "tpm"), ("counts", "log2"), ("tpm", "counts"), ("tpm", "log2"), ("linear", "log2"),
        ("linear", "counts"),
        ("log2", "linear"), ("log2", "tpm"), ("log2", "counts"),
    ],
)  # fmt: skip
def test_one_false_sample_stops_and_shows_both_readings(found: str, declared: str) -> None:
    mixed = TRUE[declared].copy()
    mixed[1] = TRUE[found][1]
    with pytest.raises(InputError, match=rf"^s2 has .* declares {declared}, the values read as {found}"):
        check_scale(raw(mixed), declared)


def test_expected_counts_are_accepted_and_noted() -> None:
    counts = COUNTS.copy()
    counts[0, :10] += 0.5
    assert "expected counts" in check_scale(raw(counts), "counts")[0]


def test_low_depth_counts_are_counts() -> None:
    assert check_scale(raw(RNG.poisson(0.05, (3, 400)).astype(float)), "counts") == []


@pytest.mark.parametrize(("value", "message"), [(-1, "negative"), (np.nan, "missing"), (np.inf, "infinite")])
def test_impossible_counts(value: float, message: str) -> None:
    counts = COUNTS.copy()
    counts[2, 3] = value
    with pytest.raises(InputError, match=f"s3 has .*{message}"):
        check_scale(raw(counts), "counts")


def test_unknown_scale() -> None:
    with pytest.raises(InputError, match=r'scale "log" is not known; .* did you mean "log2"'):
        check_scale(raw(COUNTS), "log")  # type: ignore[arg-type]


@pytest.mark.parametrize("values", [-np.arange(3, 503), np.zeros(500), np.arange(500) - 20, RNG.normal(0, 1, 500)])
@pytest.mark.parametrize("declared", list(TRUE))
def test_what_is_advised_would_pass(values: np.ndarray, declared: str) -> None:
    matrix = np.tile(values.astype(float), (3, 1))
    try:
        check_scale(raw(matrix), declared)
    except InputError as error:
        if "set scale to " in str(error):
            check_scale(raw(matrix), str(error).split("set scale to ")[1].split(",")[0])


@pytest.mark.parametrize("scale", list(TRUE))
def test_no_machine_measures_that_much(scale: str) -> None:
    matrix = TRUE[scale].copy()
    matrix[1, 3] = 1e39  # beyond float32
    with pytest.raises(InputError, match=r"s2 has values beyond 9e15"):
        check_scale(raw(matrix), scale)


def test_raw_intensities_are_linear_and_never_negative() -> None:
    assert check_scale(raw(TRUE["linear"]), "intensity") == []
    with pytest.raises(InputError, match=r"s1 has negative values .* declares intensity"):
        check_scale(raw(TRUE["linear"] - 100), "intensity")
    with pytest.raises(InputError, match="no value above 50 .* declares intensity, the values read as log2"):
        check_scale(raw(TRUE["log2"].clip(0)), "intensity")
    gap = TRUE["linear"].copy()
    gap[1, 4] = np.nan  # which leaves it without quantiles
    with pytest.raises(InputError, match="s2 has 1 missing values .* declares intensity, .*set scale to linear"):
        check_scale(raw(gap), "intensity")


@pytest.mark.parametrize("assay", ["bulk", "single_cell"])
def test_only_arrays_have_intensities(assay: Assay) -> None:
    assert check_scale(raw(TRUE["linear"]), "intensity", "array") == []
    with pytest.raises(InputError, match=f"declared for assay {assay}; .* set scale to counts, tpm or log2"):
        check_scale(raw(TRUE["linear"]), "intensity", assay)


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize(
    ("value", "what"),
    [(np.inf, "infinite"), (-np.inf, "infinite"), (1e300, "beyond 9e15"), (-2.0, "negative, among counts")],
)
def test_values_of_no_scale(value: float, what: str, sparse: bool) -> None:
    values = np.array([[1.0, 0, 5], [2, value, 0]])
    matrix = sp.csr_matrix(values) if sparse else values
    with pytest.raises(InputError, match=rf"f.csv: B is {what} in s2 \("):
        check_values(matrix, ["A", "B", "C"], ["s1", "s2"], "f.csv")


def test_what_log_values_and_gaps_of_a_table_may_be() -> None:
    logs = np.array([[0.5, -2.0, np.nan], [2.25, 0, 0]])
    check_values(logs, ["A", "B", "C"], ["s1", "s2"], "f.csv")
    check_values(sp.csr_matrix(logs[:, :2]), ["A", "B"], ["s1", "s2"], "f.csv")
    with pytest.raises(InputError, match="C is missing in s1"):
        check_values(np.abs(logs), ["A", "B", "C"], ["s1", "s2"], "f.csv", counts=True)
    with pytest.raises(InputError, match="B is negative, among counts in s1"):
        check_values(logs[:, :2], ["A", "B"], ["s1", "s2"], "f.csv", counts=True)
    with pytest.raises(InputError, match="C is missing in s1"):
        check_values(sp.csr_matrix(logs), ["A", "B", "C"], ["s1", "s2"], "f.csv")


CPM = TRUE["counts"] / TRUE["counts"].sum(1, keepdims=True) * 1e6


def test_rounded_cpm_are_no_counts_and_the_advice_works() -> None:
    rounded = raw(np.rint(CPM))
    with pytest.raises(
        InputError, match=r"no counts: every sample sums to 1,000,000, .*CPM or TPM rounded.*set scale to tpm"
    ):
        check_scale(rounded, "counts")
    assert check_scale(rounded, "tpm") == []
    with pytest.raises(InputError, match="values read as tpm; .*set scale to tpm"):
        check_scale(rounded, "log2")


def test_cells_scaled_to_ten_thousand_are_no_counts() -> None:
    cells = raw(np.rint(CPM / 100))
    cells.barcodes = ["A", "B", "C"]
    with pytest.raises(InputError, match=r"every cell sums to 10,000.*; choose the file with raw counts$"):
        check_scale(cells, "counts")
    with pytest.raises(InputError, match=r"; choose another file$"):  # neither counts nor anything else
        check_scale(cells, "log2")


def test_equal_depth_is_noted() -> None:
    drawn = np.array([RNG.multinomial(50_000, CPM[0] / CPM[0].sum()) for _ in range(3)], dtype=float)
    assert check_scale(raw(drawn), "counts") == ["every sample sums to exactly 50,000: drawn to equal depth, or scaled"]


def test_what_some_samples_contradict_is_advised_for_all_or_not_at_all() -> None:
    mixed = COUNTS.copy()
    mixed[1] = TRUE["log2"][1]
    with pytest.raises(InputError, match=r"the values read as log2; .*; leave out s2 \(use: no\), or choose another"):
        check_scale(raw(mixed), "counts")
    rest = raw(mixed)
    rest.keep_observations(np.array([True, False, True]))
    assert check_scale(rest, "counts") == []

"""GMT files and the shapes that users pass."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fatescore import gene_sets
from fatescore.errors import InputError

names = st.text("ABCxyz 019_.", min_size=1, max_size=8).map(str.strip).filter(bool)
weights = st.dictionaries(names, st.sampled_from([1.0, -1.0]), min_size=1, max_size=5)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(st.dictionaries(names, weights, min_size=1, max_size=4))
def test_round_trip(tmp_path: Path, sets: dict[str, dict[str, float]]) -> None:
    path = tmp_path / "sets.gmt"
    gene_sets.write_gmt(sets, path)
    assert gene_sets.as_weights(path) == sets


def test_blanks_do_not_separate_genes(tmp_path: Path) -> None:
    path = tmp_path / "sets.gmt"
    path.write_text("bone RUNX2 SP7\n")
    with pytest.raises(InputError, match="line 1: no genes.*tabs"):
        gene_sets.read_gmt(path)


@pytest.mark.parametrize(
    ("sets", "message"),
    [
        ({}, "no gene set"),
        ({"s": []}, "is empty"),
        ({"s": "RUNX2"}, "is one string"),
        ({"s": {"RUNX2": 0.0}}, "weight of 0"),
        ({"s": ["RUNX2", "RUNX2-"]}, "both signs"),
    ],
)
def test_bad_sets(sets: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        gene_sets.as_weights(sets)

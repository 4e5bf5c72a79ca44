"""GMT files and the shapes that users pass."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fatescore import gene_sets
from fatescore.errors import InputError

names = st.text("ABCxyz 019_.+-\u2028\x0bβ", min_size=1, max_size=8).map(str.strip).filter(bool)
weights = st.dictionaries(names, st.sampled_from([1.0, -1.0]), min_size=1, max_size=5)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100)
@given(st.dictionaries(names, weights, min_size=1, max_size=4), st.text("ab -+", max_size=5))
def test_round_trip(tmp_path: Path, sets: dict[str, dict[str, float]], description: str) -> None:
    path = tmp_path / "sets.gmt"
    gene_sets.write_gmt(sets, path, description=description)
    back = gene_sets.as_weights(path)
    assert back == sets
    assert [*back] == [*sets]
    assert [list(genes) for genes in back.values()] == [list(genes) for genes in sets.values()]


def test_the_size_of_weights_is_not_kept_but_the_sign_is(tmp_path: Path) -> None:
    gene_sets.write_gmt({"s": {"RUNX2": 0.25, "PPARG": -3}}, tmp_path / "s.gmt", description={"s": "mine"})
    assert (tmp_path / "s.gmt").read_bytes() == b"s\tmine\tRUNX2\tPPARG-\n"


def test_a_file_of_windows_with_a_mark_reads_the_same(tmp_path: Path) -> None:
    (tmp_path / "s.gmt").write_bytes(b"\xef\xbb\xbfbone\t\tRUNX2\tSP7\t\r\n\r\nfat\thttp://x\tPPARG\r\n")
    assert gene_sets.read_gmt(tmp_path / "s.gmt") == {"bone": ["RUNX2", "SP7"], "fat": ["PPARG"]}


def test_blanks_do_not_separate_genes(tmp_path: Path) -> None:
    path = tmp_path / "sets.gmt"
    path.write_text("bone RUNX2 SP7\n")
    with pytest.raises(InputError, match="line 1: no genes.*tabs"):
        gene_sets.read_gmt(path)


@pytest.mark.parametrize("sets", [{"a\tb": ["SP7"]}, {"s": ["SP\n7"]}, {"s": {"SP7\r": 1.0}}, {" ": ["SP7"]}])
def test_what_would_break_the_lines_is_not_written(tmp_path: Path, sets: dict) -> None:
    with pytest.raises(InputError, match="tab or line break|no name"):
        gene_sets.write_gmt(sets, tmp_path / "s.gmt")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("sets", "message"),
    [
        ({}, "no gene set"),
        ({"s": []}, "is empty"),
        ({"s": "RUNX2"}, "is one string"),
        ({"s": {"RUNX2": 0.0}}, "weight of 0 for RUNX2"),
        ({"s": {"RUNX2": float("nan")}}, "weight of nan"),
        ({"s": {"RUNX2": float("inf")}}, "weight of inf"),
        ({"s": {"RUNX2": "much"}}, "'much' is no weight for RUNX2"),
        ({"s": ["RUNX2", "RUNX2-"]}, "both signs"),
        ({"s": ["RUNX2", "-"]}, "without a name"),
    ],
)
def test_bad_sets(sets: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        gene_sets.as_weights(sets)

"""A user's own sets beside the review's: every name once."""

from __future__ import annotations

from pathlib import Path

import pytest

from fatescore.errors import InputError
from fatescore.gene_sets.own import check_names, named_apart, read_own


@pytest.mark.parametrize("name", ["nfkb", "osteogenic", "mir_335", "index_adipogenic", "fate_bias", "commitment"])
def test_a_name_that_the_review_has_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=f'"{name}" is called as one of fatescore is.*rename it, such as "my_{name}"'):
        named_apart({name: ["RUNX2"]}, "human")
    assert list(named_apart({f"my_{name}": ["RUNX2"]}, "human")) == [f"my_{name}"]


def test_names_of_two_sources_and_those_that_a_file_cannot_tell_apart() -> None:
    check_names([("a.gmt", ["x", "y/z"]), ("b.gmt", ["X", "y-z"])])
    with pytest.raises(InputError, match='b.gmt: gene set "x" is called as one of a.gmt'):
        check_names([("a.gmt", ["x"]), ("b.gmt", ["x"])])
    with pytest.raises(InputError, match=r'gene set "y\|z" is called as one of a.gmt is \("y/z"\)'):
        check_names([("a.gmt", ["y/z", "y|z"])])


def test_sources_are_read_with_current_symbols_and_their_hashes(tmp_path: Path) -> None:
    (tmp_path / "a.gmt").write_text("a\t\tCBFA1\n")
    (tmp_path / "b.json").write_text('{"b": {"RUNX2": 2}}')
    first, second = read_own([tmp_path / "a.gmt", tmp_path / "b.json"], "mouse")
    assert (first.sets, second.sets) == ({"a": {"Runx2": 1.0}}, {"b": {"Runx2": 2.0}})
    assert len({first.sha256, second.sha256}) == 2
    (tmp_path / "b.json").write_text('{"a": {"RUNX2": 2}}')
    with pytest.raises(InputError, match='b.json: gene set "a" is called as one of .*a.gmt'):
        read_own([tmp_path / "a.gmt", tmp_path / "b.json"], "mouse")

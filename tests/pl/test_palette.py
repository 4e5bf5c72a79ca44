"""Colours that stand out and stay apart, for colour-blind eyes too."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest

from fatescore.pl import _palette


@pytest.mark.parametrize("page", ["#FFFFFF", "#16191E"])
@pytest.mark.parametrize(
    "name", ["OSTEOGENIC", "ADIPOGENIC", "DUAL", "UNCOMMITTED", "CASE", "CONTROL", "KEPT", "DROPPED", "HIGHLIGHT"]
)
def test_colours_stand_out_from_both_pages(name: str, page: str, contrast_ratio: Callable[[str, str], float]) -> None:
    assert contrast_ratio(getattr(_palette, name), page) > 2.8


# Machado et al. 2009, severity 1, on linear RGB.
BLINDNESS = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}


def seen(colour: str, kind: str) -> np.ndarray:
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.clip(np.array(BLINDNESS[kind]) @ parts**2.2, 0, 1) ** (1 / 2.2)


@pytest.mark.parametrize("kind", BLINDNESS)
@pytest.mark.parametrize(
    "pair", [("OSTEOGENIC", "ADIPOGENIC"), ("CASE", "CONTROL"), ("OSTEOGENIC", "DUAL"), ("KEPT", "DROPPED")]
)
def test_pairs_stay_apart_for_colour_blind_eyes(kind: str, pair: tuple[str, str]) -> None:
    first, second = (seen(getattr(_palette, name), kind) for name in pair)
    assert np.linalg.norm(first - second) > 0.15


@pytest.mark.parametrize("kind", BLINDNESS)
@pytest.mark.parametrize("colours", [_palette.BATCHES, tuple(_palette.INDICES.values()), _palette.SEQUENTIAL])
def test_colours_of_one_legend_stay_apart_for_colour_blind_eyes(kind: str, colours: tuple[str, ...]) -> None:
    assert len(set(colours)) == len(colours)
    for first, second in itertools.combinations(colours, 2):
        assert np.linalg.norm(seen(first, kind) - seen(second, kind)) > 0.1, (first, second)


def test_batches_have_no_colour_that_means_something() -> None:
    fixed = (*_palette.CALLS.values(), _palette.CASE, _palette.CONTROL)
    for batch, meaning in itertools.product(_palette.BATCHES, fixed):
        assert np.linalg.norm(np.subtract(_palette.rgb(batch), _palette.rgb(meaning))) > 0.15, (batch, meaning)


def test_case_and_control_keep_their_colours_among_other_names() -> None:
    found = _palette.categories(["b", "op", "a", "control"], {"op": _palette.CASE, "control": _palette.CONTROL})
    assert found == {
        "b": _palette.BATCHES[0], "op": _palette.CASE, "a": _palette.BATCHES[1], "control": _palette.CONTROL,
    }  # fmt: skip

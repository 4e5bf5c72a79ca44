"""What an error suggests."""

from __future__ import annotations

import pytest

from fatescore.errors import nearest


@pytest.mark.parametrize(
    ("value", "choices", "otherwise", "said"),
    [
        ("Humen", ["Human", "mouse"], None, 'did you mean "Human"?'),
        ("humen", ["human"], "add it", 'did you mean "human"?'),
        ("zebrafish", ["human", "mouse"], None, "choose one of: human, mouse"),
        ("zebrafish", ["human", "mouse"], "add it", "add it"),
        ("zebrafish", ["human", "mouse"], "", ""),
        ("zebrafish", [], None, ""),
        ("zebrafish", [], "add it", "add it"),
    ],
)
def test_what_is_near_or_else_what_to_do(value: str, choices: list[str], otherwise: str | None, said: str) -> None:
    assert nearest(value, choices, otherwise) == said

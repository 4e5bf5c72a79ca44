"""The user's copy of the review as numbered sentences."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fatescore.errors import InputError
from fatescore.gene_sets.review_text import Review, decode_italics, read_review

# Sentences per section, counted by another script when the claims were written.
COUNTS = {
    "0": 21, "1": 1, "1.1": 2, "1.1.1": 7, "1.1.2": 10, "1.1.3": 6, "1.1.4": 7, "1.2": 18, "1.3": 10, "1.4": 9,
    "1.5": 8, "2": 9, "3": 16, "4": 13,
}  # fmt: skip

MADE_UP = """\ufeff題
甲。乙[12]。

1　第一\u3000
丙。
1.1.1　壹
Ａ。２
·８９３·
１Ｂ。Ｃ。
1.3　貳
D。E。
1.4　叁
F。G。
"""


@pytest.fixture
def made_up(tmp_path: Path) -> Path:
    path = tmp_path / "review.txt"
    path.write_text(MADE_UP, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def review(real_data: Path) -> Review:
    path = real_data.parent / "review" / "review.txt"
    if not path.is_file():
        pytest.skip(f"no copy of the review at {path}: it does not ship with fatescore")
    return read_review(path)


def test_sentences_are_counted_within_sections(made_up: Path) -> None:
    review = read_review(made_up)
    assert dict(review.sentences) == {
        "0:1": "題甲", "0:2": "乙[12]", "1:1": "第一丙", "1.1.1:1": "壹A", "1.1.1:2": "21B", "1.1.1:3": "C",
        "1.3:1": "貳D", "1.3:2": "E", "1.4:1": "叁F", "1.4:2": "G",
    }  # fmt: skip
    assert review.locators() == tuple(review.sentences)


def test_numbers_are_those_of_the_claims(review: Review) -> None:
    found: dict[str, int] = {}
    for locator in review.locators():
        section, number = locator.split(":")
        assert int(number) == found.get(section, 0) + 1
        found[section] = int(number)
    assert found == COUNTS


@pytest.mark.parametrize(
    ("locator", "name"),
    [("1.1.1:3", "Runx2"), ("1.1.1:4", "Msx2"), ("1.1.3:3", "Hes1"), ("1.1.4:5", "Ccdn1"), ("1.2:9", "Runx2")],
)
def test_garbled_italics_are_read(review: Review, locator: str, name: str) -> None:
    assert name in review.sentence(locator)


def test_page_marks_and_full_width_letters_are_gone(review: Review) -> None:
    text = "".join(map(review.sentence, review.locators()))
    assert not re.search(r"·\d+·|[\uff10-\uff5a]", text)


def test_italics_leave_other_letters_alone() -> None:
    assert decode_italics("骨 Runx2 β κ ·") == "骨 Runx2 β κ ·"


@pytest.mark.parametrize(
    ("locator", "says"),
    [
        ("1.1.1:8", "expected 1.1.1:1 to 1.1.1:7"),
        ("1.1.1:0", "expected 1.1.1:1 to 1.1.1:7"),
        ("1.1.9:1", 'did you mean "1.1.1"'),
        ("", "a locator such as 1.1.1:4"),
    ],
)
def test_unknown_locator(locator: str, says: str) -> None:
    review = Review({f"1.1.1:{number}": "x" for number in range(1, 8)})
    with pytest.raises(InputError) as error:
        review.sentence(locator)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "has no section 1.1.1"),
        ("1.1.1 甲。乙。\n1.3 甲。乙。\n".encode(), "has no section 1.4"),
        (MADE_UP.encode("gbk", "ignore"), "is not UTF-8"),
        (b"A poem. With Western full stops.\n1.1.1 x. y.", "has no section 1.1.1"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "other.txt"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        read_review(path)
    assert says in str(error.value)
    assert "expected a plain text copy of the review" in str(error.value)
    assert "\n" not in str(error.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_review(tmp_path / "none.txt")
    with pytest.raises(InputError, match="is a folder"):
        read_review(tmp_path)

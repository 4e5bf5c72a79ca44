"""A user's own copy of the review as numbered sentences, so that a claim can be shown beside its source.

The text itself does not ship with fatescore. A copy is the plain text of the scan: full-width letters, italics that
were read as Chinese characters, page numbers between the lines, and sections that open with their number.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from fatescore.errors import InputError, nearest
from fatescore.files import check_input
from fatescore.typing import StrPath

EXPECTED = "a plain text copy of the review (J Acad Sec Mil Med Univ 2017, 38(4):397-404)"
FRONT = "0"  # title, abstract and introduction stand before the first heading

_FULL_STOP = "。"
_PAGE_MARK = re.compile(r"·\d+·")
_HEADING = re.compile(r"(\d(?:\.\d){0,2})\s+(?=[^\d\s])(.*)")
_ITALIC_LEAD = 0xA0
_LANDMARKS = ("1.1.1", "1.3", "1.4")  # sections that hold claims: a text without them is another text


@dataclass(frozen=True)
class Review:
    """The sentences of the review.

    Attributes
    ----------
    sentences
        Locator -> sentence without its full stop. A locator is ``SECTION:NUMBER``; sentences are counted from 1
        within their section, whose title stands in the first of them.

    Examples
    --------
    >>> review = Review({"1.1:1": "one", "1.1:2": "two"})
    >>> review.sentence("1.1:2")
    'two'
    """

    sentences: Mapping[str, str]

    def sentence(self, locator: str) -> str:
        """Return one sentence.

        Parameters
        ----------
        locator
            Section and number, such as ``"1.1.1:4"``.

        Raises
        ------
        InputError
            When the copy has no such sentence.
        """
        if locator not in self.sentences:
            section = locator.partition(":")[0]
            last = sum(name.partition(":")[0] == section for name in self.sentences)
            expected = f"{section}:1 to {section}:{last}" if last else "a locator such as 1.1.1:4"
            sections = list(dict.fromkeys(name.partition(":")[0] for name in self.sentences))
            fix = "check the number of the sentence" if last else nearest(section, sections)
            raise InputError(f'the review has no sentence "{locator}"', expected=expected, fix=fix)
        return self.sentences[locator]

    def locators(self) -> tuple[str, ...]:
        """Return every locator, in the order of the text.

        Examples
        --------
        >>> Review({"0:1": "title"}).locators()
        ('0:1',)
        """
        return tuple(self.sentences)


def read_review(path: StrPath) -> Review:
    """Read a copy of the review.

    Letters are brought to their plain form (NFKC), garbled italics are decoded, page marks are dropped, lines are
    joined, sections begin at their numbered headings and sentences end at the Chinese full stop.

    Parameters
    ----------
    path
        Plain text in UTF-8.

    Returns
    -------
    The sentences by locator.

    Raises
    ------
    InputError
        When there is no such file, when it is not UTF-8, or when it is not the review.

    Examples
    --------
    >>> from fatescore.gene_sets.review_text import read_review
    >>> read_review("no/such/copy.txt")
    Traceback (most recent call last):
        ...
    fatescore.errors.InputError: no/such/copy.txt does not exist; expected a plain text copy of the review ...
    """
    source = check_input(path, EXPECTED)
    try:
        text = source.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{source} is not UTF-8 text ({error.reason})", expected=EXPECTED, fix="save it as UTF-8"
        ) from error
    except OSError as error:
        raise InputError(
            f"{source} cannot be read ({error.strerror})", expected=EXPECTED, fix="check its permissions"
        ) from error
    sections = _sections(decode_italics(unicodedata.normalize("NFKC", text)))
    missing = [name for name in _LANDMARKS if len(_sentences(sections.get(name, ""))) < 2]
    if missing:
        raise InputError(
            f"{source} has no section {missing[0]} with sentences", expected=EXPECTED, fix="give another file"
        )
    return Review(
        {
            f"{section}:{number}": sentence
            for section, body in sections.items()
            for number, sentence in enumerate(_sentences(body), start=1)
        }
    )


def decode_italics(text: str) -> str:
    r"""Return the text with the scan's italic letters read.

    They are characters of GBK whose first byte is A0; the second byte without its high bit is the letter's code.

    Examples
    --------
    >>> decode_italics(b"\xa0\xd7\xa0\xee\xa0\xf4".decode("gbk") + "10b")
    'Wnt10b'
    """
    return "".join(map(_letter, text))


def _letter(character: str) -> str:
    if character.isascii():
        return character
    code = character.encode("gbk", "ignore")
    if len(code) != 2 or code[0] != _ITALIC_LEAD:
        return character
    letter = chr(code[1] & 0x7F)
    return letter if letter.isalnum() else character


def _sections(text: str) -> dict[str, str]:
    section, lines = FRONT, {FRONT: list[str]()}
    for line in map(str.strip, text.splitlines()):
        if not line or _PAGE_MARK.fullmatch(line):
            continue
        heading = _HEADING.fullmatch(line)
        if heading:
            section, line = heading[1], heading[2]
        lines.setdefault(section, []).append(line)
    return {name: "".join(part) for name, part in lines.items()}


def _sentences(body: str) -> list[str]:
    return [sentence.strip() for sentence in body.split(_FULL_STOP) if sentence.strip()]

"""What a methods section cites (``references.tsv``): the short form in the text, and the entry with its DOI."""

from __future__ import annotations

import csv
import functools
from collections.abc import Iterable
from importlib import resources


@functools.cache
def references() -> dict[str, str]:
    """Return every entry by its short form, in alphabetical order.

    Examples
    --------
    >>> references()["Hedges 1981"].endswith("doi:10.3102/10769986006002107")
    True
    """
    text = resources.files("fatescore.report").joinpath("references.tsv").read_text(encoding="utf-8")
    return {
        row["key"]: row["entry"]
        for row in csv.DictReader(text.splitlines(), delimiter="\t", quotechar=None, quoting=csv.QUOTE_NONE)
    }


def cited(text: Iterable[str]) -> list[str]:
    """Return the entries that a text cites by their short form, in alphabetical order.

    Examples
    --------
    >>> [entry[:9] for entry in cited(["False discovery rates are within a contrast (Benjamini 1995)."])]
    ['Benjamini']
    """
    whole = " ".join(text)
    return [entry for key, entry in references().items() if key in whole]

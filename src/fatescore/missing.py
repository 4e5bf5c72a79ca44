"""Words that stand for a missing value in other people's tables.

The phrases are those of INSDC, BioSample and MIxS; the marks are habits of GEO's submitters and of spreadsheets.
"""

from __future__ import annotations

import re

_MARKS = frozenset(
    ["", "na", "n/a", "n.a", "nan", "nat", "nd", "n.d", "n/d", "null", "nil", "none", "unknown", "unavailable",
     "undetermined", "unspecified", "undisclosed", "withheld", "restricted access", "no data", "no information",
     "#n/a", "#na", "#ref!", "#name?", "#value!", "#null!", "#num!", "#div/0!"]
)  # fmt: skip
_NOT = (
    "applicable|assessed|available|collected|determined|disclosed|documented|done|given|known|measured|obtained"
    "|provided|recorded|reported|specified|stated|tested"
)
_PHRASE = re.compile(rf"(?:data |information )?not[ _-]?(?:{_NOT})|missing(?: data| value)?(?:\s*[:(].*)?|[-‐-―−?/]+")


def is_missing(text: str) -> bool:
    """Tell whether a text says that there is no value, in any capitals and brackets.

    Examples
    --------
    >>> [is_missing(text) for text in ("N/A", "Not collected", "missing: control sample", "<NA>", "n.d.", "--", "")]
    [True, True, True, True, True, True, True]
    >>> [is_missing(text) for text in ("control", "not treated", "0", "<5")]
    [False, False, False, False]
    """
    core = text.casefold().strip(" \t\r\n.,;()[]<>{}\"'")
    return core in _MARKS or _PHRASE.fullmatch(core) is not None

"""Conditions that names or fields of samples show, and which is the case: by words of the field, never by order."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

_DISEASE = (
    r"osteopo\w*|osteope\w*|op|pmop|ovx|ovariect\w*|orx|orchi?ect\w*|fractur\w*|lowbmd|diseased?|patients?|cases?|"
    r"diabet\w*|myeloma|骨质疏松\w*|去卵巢\w*|骨折\w*|患者\w*|病例\w*"
)
_TREATED = (
    r"ko|c ?ko|dko|knock ?out|mut|mutants?|null|het|tg|transgenic|kd|knock ?down|oe|over ?express\w*|treated|"
    r"stimulated|irradiated|dex|dexamethasone|hfd|obese|unloaded|unloading"
)
_CONTROL = (
    r"controls?|ctrls?|ctls?|ctr|cntl|cont|con|ct|normal|healthy|hc|sham|wt|wild ?type|wild|untreated|vehicle|veh|pbs|"
    r"saline|dmso|mock|nc|unaffected|naive|baseline|scrambled?|"
    r"highbmd|对照\w*|正常\w*|健康\w*|假手术\w*"
)
_WORDS = {
    name: re.compile(rf"\b(?:{words})\b")
    for name, words in (("control", _CONTROL), ("young", "young"), ("old", "old|aged|elderly"), ("treated", _TREATED),
                        ("disease", _DISEASE))
}  # fmt: skip
# Of two conditions the higher is the case: old beside young, a disease of the old beside old.
_RANKS = {"control": 0, "young": 0, "": 1, "old": 2, "treated": 3, "disease": 3}
_NEGATED = re.compile(rf"\b(?:(?:non|not|no|without) |non|un)(?:{_DISEASE}|{_TREATED})\b")
_GENOTYPES = (
    (re.compile(r"\+ ?/ ?\+"), " wt "), (re.compile(r"[-−–] ?/ ?[-−–]"), " ko "),
    (re.compile(r"\+ ?/ ?[-−–]|[-−–] ?/ ?\+"), " het "),
)  # fmt: skip
_REPLICATE = re.compile(
    r"[\W_]*(?:rep(?:licate)?|donor|patient|sample|subject|mouse|animal|no|n)?[\W_]*\d+[a-z]?$", re.IGNORECASE
)
_NAMES_CONDITION = re.compile(
    r"disease|diagnos|condition|group|status|treatment|phenotype|genotype|operation|surgery", re.IGNORECASE
)


@dataclass(frozen=True)
class Sides:
    """Which of two conditions is the case; ``kind`` is that of the contrast: ``disease`` or ``other``."""

    case: str
    control: str
    kind: str


@dataclass(frozen=True)
class Proposal:
    """The condition of every sample, and where it was read."""

    conditions: list[str]
    where: str


def sides(levels: Iterable[str]) -> Sides | None:
    """Say which of two conditions is the case; ``None`` where their words do not tell.

    Words that both have are left aside. A control by its words makes the other the case, and the other way round.

    Examples
    --------
    >>> sides(["Control", "Osteoporosis"])
    Sides(case='Osteoporosis', control='Control', kind='disease')
    >>> sides(["Runx2 -/-", "Runx2 +/+"])
    Sides(case='Runx2 -/-', control='Runx2 +/+', kind='other')
    >>> sides(["day 0", "day 14"]) is None
    True
    """
    both = list(dict.fromkeys(levels))
    if len(both) != 2:
        return None
    words = [_plain(level).split() for level in both]
    shared = set(words[0]) & set(words[1])
    kinds = [_kind(" ".join(word for word in one if word not in shared)) for one in words]
    if "mixed" in kinds or set(kinds) == {"old", "treated"} or _RANKS[kinds[0]] == _RANKS[kinds[1]]:
        return None
    case = 0 if _RANKS[kinds[0]] > _RANKS[kinds[1]] else 1
    return Sides(both[case], both[1 - case], "disease" if kinds[case] == "disease" else "other")


def contrasts(levels: Iterable[str]) -> list[Sides]:
    """Return what is compared: two conditions, or of several the one that is a control against each of the others.

    Examples
    --------
    >>> [(one.case, one.control) for one in contrasts(["sham", "OVX", "fracture"])]
    [('OVX', 'sham'), ('fracture', 'sham')]
    >>> contrasts(["sham", "OVX", "OVX + E2"])
    []
    """
    known = list(dict.fromkeys(levels))
    controls = [one for one in known if _kind(_plain(one)) == "control"]
    if len(known) == 2:
        return [two] if (two := sides(known)) else []
    cases = [one for one in known if one not in controls]
    if len(controls) != 1 or not all(_kind(_plain(one)) in ("disease", "treated") for one in cases):
        return []
    found = [sides([controls[0], case]) for case in cases]
    telling = {_plain(case) for case in cases}
    nested = any(set(one.split()) < set(other.split()) for one in telling for other in telling)
    return [] if nested else [one for one in found if one is not None]


def of_names(names: Sequence[str]) -> list[str]:
    """Return the condition that each name of a sample shows, or nothing where they do not show it.

    The names without what numbers the replicates, where the words of those tell case and control; else the one word
    of each name that tells.

    Examples
    --------
    >>> of_names(["CT1", "CT2", "OP1", "OP2"])
    ['CT', 'CT', 'OP', 'OP']
    >>> of_names(["BMSC-ctrl_donor1_P1_86yrs", "BMSC-osteopo_donor1_P1_74yrs", "BMSC-osteopo_donor2_P1_70yrs"])
    ['ctrl', 'osteopo', 'osteopo']
    >>> of_names(["a1", "a2", "b1", "b2"])
    []
    """
    ends = len(_shared([name[::-1] for name in names]))
    stems = [_REPLICATE.sub("", name[: len(name) - ends]) for name in names]
    starts = len(_shared(list(dict.fromkeys(stems))))
    stems = [stem[starts:] for stem in stems]
    if all(stems) and 2 <= len(set(stems)) <= max(2, len(names) // 2) and contrasts(stems):
        return stems
    words = [_telling(name) for name in names]
    labels = [one[0] if len(one) == 1 else "" for one in words]
    return labels if all(labels) and len(set(labels)) == 2 and contrasts(labels) else []


def _shared(texts: list[str]) -> str:
    """Return the whole words that all of several texts begin with."""
    prefix = os.path.commonprefix(texts)  # noqa: RUF071  (character by character, which is meant)
    return re.sub(r"[^\W_]*$", "", prefix) if len(texts) > 1 else ""


def _telling(name: str) -> list[str]:
    """Return the words of a name that make it a control or a case; age tells nothing beside them."""
    plain = _plain(name)
    found = {kind: [hit[0] for hit in pattern.finditer(plain)] for kind, pattern in _WORDS.items()}
    return list(dict.fromkeys(word for kind in ("control", "treated", "disease") for word in found[kind]))


def of_fields(fields: pd.DataFrame) -> list[Proposal]:
    """Return the fields of samples that show a condition, each grouping of the samples once; likeliest first."""
    found: dict[tuple[int, ...], Proposal] = {}
    named = [column for column in fields.columns if _NAMES_CONDITION.search(str(column))]
    for column in [*named, *(column for column in fields.columns if column not in named)]:
        values = fields[column].astype(str).str.strip()
        if (values != "").all() and values.nunique() <= max(2, len(values) // 2) and contrasts(values):
            grouping = tuple(pd.factorize(values)[0].tolist())
            found.setdefault(grouping, Proposal(list(values), f'the field "{column}"'))
    return list(found.values())


def _kind(text: str) -> str:
    """Return what the words of a text are of: ``control``, ``disease``, ..., ``""`` for none, ``mixed``."""
    found = {name for name, pattern in _WORDS.items() if pattern.search(text)}
    if len(found) > 1:
        found -= {"young", "old"}  # an old control
    return "mixed" if len(found) > 1 else next(iter(found), "")


def _plain(text: str) -> str:
    """Return a text in lower case, its words and numbers set apart by blanks; what is negated is a control."""
    for pattern, word in _GENOTYPES:
        text = pattern.sub(word, text)
    text = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])", " ", text)
    text = re.sub(r"\b(low|high) bmd\b", r"\1bmd", re.sub(r"[\W_]+", " ", text.casefold()).strip())
    return _NEGATED.sub("control", text)

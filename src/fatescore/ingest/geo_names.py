"""What GEO's sample fields call a sample, and which of them each name in the data belongs to."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import pandas as pd

from fatescore.errors import InputError, few
from fatescore.ingest.matrix import Raw
from fatescore.ingest.spelling import Hit, join
from fatescore.tables import columns as col

NO_ACCESSION = "none"
_GSM = re.compile(r"GSM\d+")
_BEFORE = re.compile(r"(GSM\d+)[_. -]+(.+)")
_ARCHIVES = re.compile(r"\b(?:[SED]R[XRS]|SAM(?:N|EA|D))\d+")
_LABELLED = re.compile(r"[^:=]{1,60}[:=]\s*(\S.*)")  # "Library name: CT1", as GEO's submission template has it
_SENTENCES = re.compile(r"title|description|source_name|characteristics", re.IGNORECASE)
_WORD = re.compile(r"[^\W_](?:[\w.+-]*[^\W_])?")
_FIELDS = re.compile(
    r"(?P<words>title|description.*|source_name.*|characteristics.*: *(sample|library|lib|run|file|column)\b.*)"
    r"|(?P<numbers>relation.*)|(?P<files>supplementary_file.*)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Accessions:
    """``of``: name in the data to its GSM, ``""`` where none is known; ``ambiguous``: name to what it could be."""

    of: dict[str, str]
    ambiguous: dict[str, list[Hit]]
    notes: list[str]

    def refuse(self, name: str) -> InputError:
        """Return the refusal to choose among the samples that a name could be."""
        hits = self.ambiguous[name]
        owners = {owner for _, owner in hits}
        rivals = [other for other, own in self.ambiguous.items() if owners & {owner for _, owner in own}]
        could = few([f'{owner} ("{text}")' for text, owner in hits], 4)
        return InputError(
            f"{few(rivals, 4)} in the data could be {could}",
            expected="names that are of one sample each, however they are spelled",
            fix=f'say which in samples.tsv: "{name}" in the column {col.NAME_IN_DATA} of a sample, and its accession '
            f"in {col.GEO_ACCESSION} ({NO_ACCESSION}: no sample of GEO)",
        )


def accessions_of(raw: Raw) -> Accessions:
    """Find the GSM accession of every name in the data: in the name, or whatever else GEO calls the sample."""
    names = raw.sample_names
    if raw.fields is None:
        return Accessions(dict.fromkeys(names, ""), {}, [])
    found = {name: accession_in(name, raw.fields) for name in names}
    rest = [name for name in names if not found[name] and not _GSM.search(name)]
    texts = texts_of(raw.fields)
    joined = join(rest, {accession: list(own) for accession, own in texts.items()})
    taken = set(found.values())
    ambiguous = {**joined.ambiguous, **{name: [hit] for name, hit in joined.found.items() if hit[1] in taken}}
    shown = []
    for name, (text, accession) in joined.found.items():
        if name not in ambiguous:
            found[name] = accession
            field = texts[accession][text]
            if name != text or field != "title":
                quoted = "" if name == text else f' "{text}"'
                shown.append(f"{name} is {accession} ({field}{quoted})")
    open_ = [name for name in rest if not found[name] and name not in ambiguous]
    by_word = _by_words(open_, raw.fields.drop(index=[one for one in found.values() if one]))
    found |= by_word.of
    shown += by_word.notes
    return Accessions(found, ambiguous, [f"samples found in GEO's fields: {few(shown, 12)}"] if shown else [])


def _by_words(names: list[str], fields: pd.DataFrame) -> Accessions:
    """Find names that are all words of one field (RNA of BMSC (L101)), each of one sample; fields must not differ."""
    maps: dict[tuple[str, ...], str] = {}
    for field in map(str, fields.columns):
        if len(names) < 2 or not _SENTENCES.match(field):
            continue
        owners: dict[str, set[str]] = {}
        for accession, text in fields[field].astype(str).items():
            for word in _WORD.findall(text):
                owners.setdefault(word, set()).add(str(accession))
        hits = [owners.get(name, set()) for name in names if not name.isdecimal()]
        if len(hits) == len(names) == len(set().union(*hits)) and all(len(hit) == 1 for hit in hits):
            maps.setdefault(tuple(next(iter(hit)) for hit in hits), field)
    if len(maps) != 1:
        return Accessions({}, {}, [])
    (accessions, field), *_ = maps.items()
    of = dict(zip(names, accessions, strict=True))
    return Accessions(of, {}, [f"{name} is {own} (a word of its {field})" for name, own in of.items()])


def accession_in(name: str, fields: pd.DataFrame) -> str:
    """Return the accession of the series that a name holds, if it holds one."""
    inside = {accession for accession in _GSM.findall(name) if accession in fields.index}
    return inside.pop() if len(inside) == 1 else ""


def around_accession(name: str) -> list[str]:
    """Return the accession that a name begins with, and what stands behind it.

    Examples
    --------
    >>> around_accession("GSM1_CT1"), around_accession("GSM1"), around_accession("CT1")
    (['GSM1', 'CT1'], [], [])
    """
    match = _BEFORE.fullmatch(name)
    return list(match.groups()) if match else []


def texts_of(fields: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Return what each sample is called, with the field that says so; what several share names none, unless a title.

    Examples
    --------
    >>> texts_of(pd.DataFrame({"title": ["BMSC, donor A"], "description": ["Library name: CT1"]}, index=["GSM1"]))
    {'GSM1': {'BMSC, donor A': 'title', 'Library name: CT1': 'description', 'CT1': 'description'}}
    """
    texts: dict[str, dict[str, str]] = {str(accession): {} for accession in fields.index}
    for name in map(str, fields.columns):
        kind = _FIELDS.fullmatch(name)
        if kind is None:
            continue
        for accession, value in zip(texts, fields[name].astype(str), strict=True):
            for part in value.split(" | "):
                for text in _texts(part.strip(), str(kind.lastgroup)):
                    texts[accession].setdefault(text, name)
    shared = Counter(text for own in texts.values() for text in own)
    return {
        accession: {text: name for text, name in own.items() if text and (shared[text] == 1 or name == "title")}
        for accession, own in texts.items()
    }


def _texts(part: str, kind: str) -> list[str]:
    if kind == "numbers":
        return _ARCHIVES.findall(part)
    if kind == "files":
        file = part.rsplit("/", 1)[-1]
        return [file, re.sub(r"^GSM\d+[_.-]", "", file)]
    label = _LABELLED.fullmatch(part)
    return [part, label[1]] if label else [part]

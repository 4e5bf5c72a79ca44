"""Which names mean the same sample though they are spelled differently; what could mean two is told, never chosen."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import dropwhile, takewhile

_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "κ": "kappa", "λ": "lambda", "μ": "mu",
    "µ": "mu", "σ": "sigma", "τ": "tau", "ω": "omega",
}  # fmt: skip
# Words that programs and submitters put behind or before the name of a sample; alone they name nothing.
_DECORATION = re.compile(
    r"aligned|bam|bulk|cel|cellbender|chp|cram|counts?|csv|dedup|est|expected|expression|featurecounts|filtered|[fr]pkm|genes?|gz|htseq"
    r"|markdup|matrix|normali[sz]ed|out|processed|quant|raw|rawcounts?|readcounts?|reads?|readspergene|results|rna"
    r"|(sc|sn)?rnaseq|(sc|sn)rna|rsem|sam|seq|sf|signal|sort|sorted|sortedbycoord|tab|tpm|cpm|tsv|txt|umis?"
)
_FILE = re.compile(r"\.(bam|cel|chp|sam|cram|txt|tsv|csv|tab|sf|results|counts?)(\.gz)?$", re.IGNORECASE)
_PATH = re.compile(r"X?\.|.*[/\\]")  # R writes ./a/b and /a/b as ..a.b and X.a.b
_LANE = re.compile(r"_S\d+(_L\d{3})?(_R[12])?(_001)?(?=\.|$)")  # what bcl2fastq adds to a sample's name
_GSM = re.compile(r"^GSM\d+[_.-]+")
Hit = tuple[str, str]  # a text, and whose it is


@dataclass(frozen=True)
class Joined:
    """Names and their owners.

    Attributes
    ----------
    found
        Name to the text that it is, and whose that text is.
    ambiguous
        Name to the texts that it could be, each with its owner; where there is one, another name could be it as well.
    """

    found: dict[str, Hit] = field(default_factory=dict)
    ambiguous: dict[str, list[Hit]] = field(default_factory=dict)


def join(names: Sequence[str], texts: Mapping[str, Collection[str]]) -> Joined:
    """Join names with those who are called so, one to one.

    Where every name is spelled as a text is, nothing else counts. As soon as one is found by a looser spelling only,
    all are judged by it: whoever wrote ``Runx2.....1`` may have meant ``Runx2 +/+ 1`` or ``Runx2 -/- 1``.

    Parameters
    ----------
    names
        Distinct names.
    texts
        Owner to the texts that name it.

    Examples
    --------
    >>> join(["CT.1", "X2_count"], {"GSM1": ["CT 1"], "GSM2": ["2", "OP"]}).found
    {'CT.1': ('CT 1', 'GSM1'), 'X2_count': ('2', 'GSM2')}
    >>> join(["Runx2.....1"], {"GSM1": ["Runx2 +/+ 1"], "GSM2": ["Runx2 -/- 1"]}).ambiguous
    {'Runx2.....1': [('Runx2 +/+ 1', 'GSM1'), ('Runx2 -/- 1', 'GSM2')]}
    """
    known = [(text, owner) for owner, own in texts.items() for text in own]
    hits = _hits([{name} for name in names], known, [{text} for text, _ in known])
    if not all(hits):
        loose = _hits(_loosely(names), known, _loosely([text for text, _ in known]))
        if any(more and not hit for hit, more in zip(hits, loose, strict=True)):
            hits = [list(dict.fromkeys([*hit, *more])) for hit, more in zip(hits, loose, strict=True)]
    owners = [{owner for _, owner in hit} for hit in hits]
    claims = Counter(owner for own in owners for owner in own)
    joined = Joined()
    for name, hit, own in zip(names, hits, owners, strict=True):
        if len(own) > 1 or any(claims[owner] > 1 for owner in own):
            joined.ambiguous[name] = hit
        elif hit:
            joined.found[name] = hit[0]
    return joined


def _hits(names: list[set[str]], known: list[Hit], spelled: list[set[str]]) -> list[list[Hit]]:
    places: dict[str, list[Hit]] = {}
    for hit, own in zip(known, spelled, strict=True):
        for key in own:
            places.setdefault(key, []).append(hit)
    return [list(dict.fromkeys(hit for key in sorted(keys) for hit in places.get(key, []))) for keys in names]


def _loosely(names: Sequence[str]) -> list[set[str]]:
    """Return the spellings of names; beside ``CT`` R's and pandas' ``CT.1`` may be the second ``CT``, that is CT 2."""
    own = dict(zip(names, map(spellings, _without_folders(names)), strict=True))
    found = {name: set(keys) for name, keys in own.items()}
    for name in own:
        again = re.fullmatch(r"(.+)\.(\d+)", name)
        if again and again[1] in own:
            found[name] |= own[again[1]] | spellings(f"{again[1]}.{int(again[2]) + 1}")
            found[again[1]] |= spellings(f"{again[1]}.1")
    return [found[name] for name in names]


def spellings(text: str) -> set[str]:
    """Return a text without all that spelling may change: signs, capitals, zeros before a number, what programs add.

    Letters beyond ASCII are written in three ways, so there may be several; there may be none.

    Examples
    --------
    >>> spellings("BMSC_01"), spellings("./a/CT1.sorted.bam")
    ({'bmsc.1'}, {'ct.1'})
    >>> sorted(spellings("TNFα 1")), sorted(spellings("X2_counts"))
    (['tnf.1', 'tnfa.1', 'tnfalpha.1'], ['2', 'x.2'])
    """
    if _FILE.search(text):
        text = re.split(r"[/\\]", text)[-1]
    variants = {text, _LANE.sub("", text), _GSM.sub("", text)}
    variants.add(re.sub(r"^X(?![A-Za-z])", "", text))  # R puts X before what is no letter
    if not text.isascii():
        plain = re.sub(r"[\u0300-\u036f]", "", unicodedata.normalize("NFKD", text)).casefold()
        variants = {
            "".join(_GREEK.get(letter, "")[:1] or letter for letter in plain),
            "".join(_GREEK.get(letter, letter) for letter in plain),
            re.sub(r"[^\x00-\x7f]", " ", text),
        }
    return {key for key in map(_key, variants) if key}


def _key(text: str) -> str:
    tokens = [token.lstrip("0") or token[:1] for token in re.findall(r"[a-z]+|\d+", text.casefold())]
    for _ in range(2):  # behind, then before
        tokens = list(dropwhile(lambda token: _DECORATION.fullmatch(token), reversed(tokens)))
    return ".".join(tokens)


def _without_folders(names: Sequence[str]) -> list[str]:
    """Return names of files without the folders that all are in, and what all end in; R makes dots of slashes."""
    if len(names) < 2 or not all(_PATH.match(name) and _FILE.search(name) for name in names):
        return list(names)
    parts = [re.split(r"[/\\.]", name) for name in names]
    start, end = (_alike(zip(*some, strict=False)) for some in (parts, [part[::-1] for part in parts]))
    return [".".join(part[start : len(part) - end]) for part in parts]


def _alike(places: Iterable[tuple[str, ...]]) -> int:
    return len(list(takewhile(lambda place: len(set(place)) == 1, places)))

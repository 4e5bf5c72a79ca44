"""The part of decorated names that names the gene, found by trying every way to cut them on all names at once."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from fatescore.errors import few
from fatescore.gene_sets import symbols
from fatescore.ingest.genome_prefix import LONGEST, species_in, split_genome
from fatescore.typing import Organism

CLEARLY = 0.1  # a rule must make this share of the names known on top of those known without it
_SAMPLE, _SCREEN, _SCREENED = 500, 80, 8  # names tried; names on which all ways are compared; ways tried on all
_COMMON = 0.3  # a separator stands in at least this share of the names
_SEVERAL = 0.2  # where more rows than this name two genes, none of them is the row's
_RARE, _USUAL = 0.05, 0.8
_FIELDS = 12
PASSES = 2
# Aliases are no evidence (half of P1 to P96 are), nor are RGD's previous symbols, which hold its aliases.
_WEIGHT = {symbols.APPROVED: 1.0, symbols.ENSEMBL: 0.995, symbols.CASE: 0.9}
_SURE = (symbols.APPROVED, symbols.ENSEMBL)
# Between kinds of character, for names that several separators join: gene-RUNX2__chr6.
_MIXED = ("__+", r"\s*[(\[{<]\s*", r"[^\w.-]+|__+", "[^A-Za-z0-9.-]+", "[^A-Za-z0-9.]+")
_CLOSING = " |;:,_)]}>"


@dataclass(frozen=True)
class _Cut:
    """Keep the fields from ``first`` to ``last`` (as in a slice) of a name that ``separator`` divides."""

    separator: re.Pattern[str]
    first: int
    last: int | None

    def divide(self, name: str) -> tuple[str, str, str]:
        """Return the kept part with what is before and behind it; all of the name where it has too few fields."""
        fields = _fields(name, self.separator)[self.first : self.last]
        if not fields:
            return "", name, ""
        start, end = fields[0][0], fields[-1][1]
        return name[:start], name[start:end].strip(), name[end:]

    def part(self, name: str) -> str:
        """Return the kept part of a name."""
        return self.divide(name)[1]


def score(names: list[str], organism: Organism) -> float:
    """Return the share of names known, every gene once: RP11 of RP11-34P13.7 is no thousand genes."""
    best: dict[str, float] = {}
    for symbol, rule in symbols.look_up(names, organism):
        best[symbol] = max(best.get(symbol, 0.0), _WEIGHT.get(rule, 0.0))
    return sum(best.values()) / max(len(names), 1)


def sample_of(names: list[str], size: int = _SAMPLE) -> list[str]:
    """Return about so many names, from all over the list."""
    return names[:: max(1, len(names) // size)]


def without_others(names: list[str], organism: Organism) -> tuple[dict[str, str], str]:
    """Take the genome off; where enough names are of the organism, those of another species become empty."""
    species = {name: species_in(name) for name in names}
    own = [name for name in names if organism in species[name]]
    if len(own) < CLEARLY * len(names):
        return {}, ""
    told = []
    split = {name: split_genome(name) for name in own}
    named = [name for name, (genome, _) in split.items() if genome]
    sample = sample_of(named)
    gain = score([split[name][1] for name in sample], organism) - score(sample, organism)
    plain = {name: split[name][1] for name in named} if gain * len(named) >= CLEARLY * len(own) else {}
    if plain:
        told.append(f"the genome {few(sorted({split[name][0] for name in named}))} was taken off {len(named)} names")
    others = [name for name in names if species[name] and organism not in species[name]]
    if others:
        told.append(f"{len(others)} features of other species were left out: {few(others)}")
    return plain | dict.fromkeys(others, ""), ", and ".join(told)


def cut_names(names: list[str], organism: Organism) -> tuple[dict[str, str], str]:
    """Keep the part of the names that is known best, if it is known clearly better than the whole."""
    everything = sample_of(names)
    known = symbols.look_up(everything, organism)
    sample = [name for name, (_, rule) in zip(everything, known, strict=True) if rule not in _SURE]
    if not sample or len(sample) < CLEARLY * len(everything):
        return {}, ""
    few_names = sample_of(sample, _SCREEN)
    screened = sorted(_cuts(few_names), key=lambda cut: -score(list(map(cut.part, few_names)), organism))[:_SCREENED]
    cut = _choose([(score(list(map(cut.part, sample)), organism), cut) for cut in screened], sample, organism)
    if cut is None:
        return {}, ""
    # together with the whole names: RUNX2.1 beside RUNX2 makes no further gene known
    parts = dict(zip(sample, map(cut.part, sample), strict=True))
    gain = score([parts.get(name, name) for name in everything], organism) - score(everything, organism)
    if gain < CLEARLY or _names_several(sample, cut, organism):
        return {}, ""
    plain = _apply(names, cut, organism)
    changed = [name for name, part in plain.items() if part != name]
    shown = few([f"{name} to {plain[name]}" for name in changed], 3)
    done = f"{len(changed)} names were cut to the part that names the gene: {shown}"
    disputed = [name for name in sample if _others(name, cut, organism)]
    if disputed:
        done += f"; in {len(disputed)} of {len(sample)} looked at another part names another gene: {few(disputed, 3)}"
    return plain, done


def _choose(scored: list[tuple[float, _Cut]], names: list[str], organism: Organism) -> _Cut | None:
    """Return the best cut, or one that keeps more and is no worse: H_NH0132A01.6 rather than H."""
    most = max((share for share, _ in scored), default=0.0)
    # of equals, as a gene counts once, the one that also names its other rows: RUNX2__chr6_random
    ranked = [(sum(_are_sure(list(map(cut.part, names)), organism)), cut) for share, cut in scored if share == most]
    if not ranked:
        return None
    best = max(ranked, key=lambda one: one[0])[1]
    parts = [best.part(name) for name in names]
    sure = _are_sure(parts, organism)
    wider = []
    for _, cut in scored:
        texts = [cut.part(name) for name in names]
        pairs = zip(texts, parts, _are_sure(texts, organism), sure, strict=True)
        if all(text == part or (part in text and (known or not before)) for text, part, known, before in pairs):
            wider.append((sum(map(len, texts)), cut))
    return max(wider, key=lambda one: one[0])[1]


def _are_sure(names: list[str], organism: Organism) -> list[bool]:
    return [rule in _WEIGHT for _, rule in symbols.look_up(names, organism)]


def _cuts(sample: list[str]) -> list[_Cut]:
    """Return the ways to cut the names that differ in what they keep, those that keep most fields first."""
    counted = Counter(char for name in sample for char in set(name.strip(_CLOSING)) if not char.isalnum())
    single = [f"(?:{re.escape(char)})+" for char, n in counted.items() if n >= _COMMON * len(sample)]
    ends = [(first, -last or None) for first in range(4) for last in range(4) if first + last]
    ends.sort(key=lambda way: way[0] - (way[1] or 0))
    one = [(place, place + 1) for place in range(_FIELDS)] + [(-place - 1, -place or None) for place in range(4)]
    found: dict[tuple[str, ...], _Cut] = {}
    for text in [*single, *_MIXED] if single else []:
        separator = re.compile(text)
        divided = [(name, _fields(name, separator)) for name in sample]
        for first, last in [*ends, *one]:
            kept = tuple(
                name[part[0][0] : part[-1][1]] if (part := fields[first:last]) else name for name, fields in divided
            )
            found.setdefault(kept, _Cut(separator, first, last))
    return list(found.values())


def _fields(name: str, separator: re.Pattern[str]) -> list[tuple[int, int]]:
    """Return where the fields of a name begin and end."""
    if len(name) > LONGEST:
        return [(0, len(name))]
    name = name.rstrip(_CLOSING)
    found = [match.span() for match in separator.finditer(name)]
    starts, ends = [0, *(end for _, end in found)], [*(start for start, _ in found), len(name)]
    return list(zip(starts, ends, strict=True))


def _names_several(sample: list[str], cut: _Cut, organism: Organism) -> bool:
    """Tell whether other parts of the names are other genes, as in RUNX2;ALPL."""
    others = {gene for name in sample for gene in _others(name, cut, organism)}
    return len(others) > _SEVERAL * len(sample)


def _others(name: str, cut: _Cut, organism: Organism) -> set[str]:
    """Return the genes that the rest of a name names, other than the gene of its part."""
    before, part, behind = cut.divide(name)
    gene, known = symbols.look_up([part], organism)[0]
    if known not in symbols.MAPPED:
        return set()
    fields = [text[slice(*field)] for text in (before, behind) for field in _fields(text, cut.separator)]
    return {symbol for symbol, rule in symbols.look_up(fields, organism) if rule in _SURE} - {gene}


def _apply(names: list[str], cut: _Cut, organism: Organism) -> dict[str, str]:
    """Return the plain name of every name.

    A name that is a gene's as it stands is left alone, and so is one whose rest does not look like that of the others
    (``Y_RNA`` beside ``ENSG00000124813_RUNX2``). Where the part is not known, the id or symbol beside it serves.
    """
    divided = [cut.divide(name) for name in names]
    shapes = [_shape(f"{before}\0{behind}") for before, _, behind in divided]
    counts = Counter(shapes)
    usual = {shape for shape, n in counts.items() if n >= _RARE * len(names)}
    alike = sum(counts[shape] for shape in usual) >= _USUAL * len(names)
    return {
        name: _one(name, *parts, not alike or shape in usual, organism)
        for name, parts, shape in zip(names, divided, shapes, strict=True)
    }


def _shape(rest: str) -> str:
    """Return a text with all numbers alike, but for those that are filled up with zeros (ERCC-00002)."""
    return re.sub(r"(?<=chr)[XYMU]\w*|\d+", "9", re.sub(r"(?<!\d)0\d+", "#", rest))


def _one(name: str, before: str, part: str, behind: str, usual: bool, organism: Organism) -> str:
    (_, whole), (_, rule) = symbols.look_up([name, part], organism)
    if part == name or whole in symbols.MAPPED:
        return name
    if rule in _WEIGHT:
        return part
    beside = [before.strip(_CLOSING), behind.strip(_CLOSING)]
    for text, (_, known) in zip(beside, symbols.look_up(beside, organism), strict=True):
        if known in _SURE:
            return text
    return part if usual else name

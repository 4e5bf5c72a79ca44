"""Names of genes as tables write them: joined with ids and places, with a genome in front, in one of several columns.

What is taken off is one rule for the whole table, and only where many more genes are known without it: ``HLA-A``,
``RP11-34P13.7`` and ``Y_RNA`` are whole names.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from fatescore import organisms
from fatescore.errors import few
from fatescore.gene_sets import symbols
from fatescore.ingest.genome_prefix import LONGEST, species_of, split_genome
from fatescore.typing import Organism

CLEARLY = 0.1  # a rule must make this share of the names known on top of those known without it
_SAMPLE, _SCREEN, _SCREENED = 500, 80, 8  # names tried; names on which all ways are compared; ways tried on all
_COMMON = 0.3  # a separator stands in at least this share of the names
_SEVERAL = 0.2  # where more rows than this name two genes, none of them is the row's
_RARE, _USUAL = 0.05, 0.8
_FIELDS = 12
_PASSES = 2
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

    def span(self, name: str) -> tuple[int, int] | None:
        """Return where the kept part begins and ends, or nothing where the name has too few fields."""
        fields = _fields(name, self.separator)[self.first : self.last]
        return (fields[0][0], fields[-1][1]) if fields else None

    def part(self, name: str) -> str:
        """Return the kept part of a name, or the whole name where it has too few fields."""
        return _slice(name, _fields(name, self.separator)[self.first : self.last])


def plain_names(ids: list[str], organism: Organism | None = None) -> tuple[list[str], str]:
    """Return the part of every name that names the gene.

    Parameters
    ----------
    ids
        Names of genes as a table has them; repeats are allowed.
    organism
        Whose genes they are: features of other genomes (``mm10_Runx2``) get an empty name. ``None``: of the organism
        that knows most of them.

    Returns
    -------
    One name per id, in the order given, and what was done for a note; the ids themselves and an empty text where the
    names are better known as they are.

    Examples
    --------
    >>> plain_names(["gene-RUNX2", "gene-HLA-A"], "human")
    (['RUNX2', 'HLA-A'], '2 names were cut to the part that names the gene: gene-RUNX2 to RUNX2, gene-HLA-A to HLA-A')
    """
    unique = list(dict.fromkeys(ids))
    of = organism or _organism_of(unique)
    plain: dict[str, str] = dict(zip(unique, unique, strict=True))
    told: list[str] = []
    for step in (_without_genome, *[_cut] * _PASSES):
        names = list(dict.fromkeys(name for name in plain.values() if name))
        new, done = step(names, of)
        if done:
            plain = {name: new.get(now, now) for name, now in plain.items()}
            told.append(done)
    return [plain[name] for name in ids], "; ".join(told)


def best_names(candidates: dict[str, list[str]], organism: Organism | None = None) -> str:
    """Return which of several columns names genes best: that with the most known ones.

    Parameters
    ----------
    candidates
        The texts of every column.
    organism
        Whose genes they are; ``None`` when that is open.

    Returns
    -------
    Name of a column, the first of equals; an empty text when fewer than a tenth of the names of any are known.

    Examples
    --------
    >>> best_names({"n": ["1", "225"], "chr": ["chr6", "chr1"], "symbol": ["RUNX2", "ALPL"]}, "human")
    'symbol'
    """
    shares = {column: share_known(names, organism) for column, names in candidates.items()}
    best = max(shares, key=lambda column: shares[column], default="")
    return best if best and shares[best] >= CLEARLY else ""


def share_known(names: list[str], organism: Organism | None = None) -> float:
    """Return the share (0 to 1) of names that are a gene's, decorated or not; a gene counts once.

    Examples
    --------
    >>> share_known(["RUNX2", "ALPL__chr1", "HLA-A", "PROBE_7"], "human")
    0.75
    """
    sample = _sample(list(dict.fromkeys(names)))
    return max((_best(sample, one)[1] for one in ([organism] if organism else organisms.names())), default=0.0)


def _organism_of(names: list[str]) -> Organism:
    sample = _sample(names)
    genomes = Counter(species for name in sample if (species := species_of(split_genome(name)[0])))
    for species, n in genomes.most_common(1):
        if n >= CLEARLY * len(sample):
            return species
    return max(organisms.names(), key=lambda one: _best(sample, one)[1])


def _best(sample: list[str], organism: Organism) -> tuple[list[str], float]:
    """Return the plain names of a sample and their score, without a word."""
    for step in (_without_genome, *[_cut] * _PASSES):
        new, done = step(sample, organism)
        sample = [new.get(name, name) for name in sample] if done else sample
    return sample, _score(sample, organism)


def _score(names: list[str], organism: Organism) -> float:
    """Return the share of names known, every gene once: RP11 of RP11-34P13.7 is no thousand genes."""
    best: dict[str, float] = {}
    for symbol, rule in symbols.look_up(names, organism):
        best[symbol] = max(best.get(symbol, 0.0), _WEIGHT.get(rule, 0.0))
    return sum(best.values()) / max(len(names), 1)


def _sample(names: list[str], size: int = _SAMPLE) -> list[str]:
    return names[:: max(1, len(names) // size)]


def _without_genome(names: list[str], organism: Organism) -> tuple[dict[str, str], str]:
    """Take the genome off; what belongs to another species' becomes an empty name."""
    split = {name: split_genome(name) for name in names}
    own = [name for name, (genome, _) in split.items() if species_of(genome) == organism]
    sample = _sample(own)
    gain = _score([split[name][1] for name in sample], organism) - _score(sample, organism)
    if len(own) < CLEARLY * len(names) or gain < CLEARLY:
        return {}, ""
    others = [name for name, (genome, _) in split.items() if species_of(genome) not in ("", organism)]
    plain = {name: split[name][1] for name in own} | dict.fromkeys(others, "")
    genomes = sorted({split[name][0] for name in own})
    done = f"the genome {few(genomes)} was taken off {len(own)} names"
    if others:
        done += f", and {len(others)} features of other species were left out: {few(others)}"
    return plain, done


def _cut(names: list[str], organism: Organism) -> tuple[dict[str, str], str]:
    """Keep the part of the names that is known best, if it is known clearly better than the whole."""
    everything = _sample(names)
    known = symbols.look_up(everything, organism)
    sample = [name for name, (_, rule) in zip(everything, known, strict=True) if rule not in _SURE]
    if not sample or len(sample) < CLEARLY * len(everything):
        return {}, ""
    few_names = _sample(sample, _SCREEN)
    screened = sorted(_cuts(few_names), key=lambda cut: -_score(list(map(cut.part, few_names)), organism))[:_SCREENED]
    score, cut = _choose([(_score(list(map(cut.part, sample)), organism), cut) for cut in screened], sample, organism)
    gain = (score - _score(sample, organism)) * len(sample) / len(everything)
    if cut is None or gain < CLEARLY or _names_several(sample, cut, organism):
        return {}, ""
    plain = _apply(names, cut, organism)
    changed = [name for name, part in plain.items() if part != name]
    shown = few([f"{name} to {plain[name]}" for name in changed], 3)
    return plain, f"{len(changed)} names were cut to the part that names the gene: {shown}"


def _choose(scored: list[tuple[float, _Cut]], names: list[str], organism: Organism) -> tuple[float, _Cut | None]:
    """Return the best cut, or one that keeps more and is no worse: H_NH0132A01.6 rather than H."""
    score, best = max(scored, key=lambda one: one[0], default=(0.0, None))
    if best is None:
        return score, best
    parts = [best.part(name) for name in names]
    sure = _are_sure(parts, organism)
    wider = []
    for _, cut in scored:
        texts = [cut.part(name) for name in names]
        pairs = zip(texts, parts, _are_sure(texts, organism), sure, strict=True)
        if all(text == part or (part in text and (known or not before)) for text, part, known, before in pairs):
            wider.append((sum(map(len, texts)), cut))
    return score, max(wider, key=lambda one: one[0])[1]


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
            kept = tuple(_slice(name, fields[first:last]) for name, fields in divided)
            found.setdefault(kept, _Cut(separator, first, last))
    return list(found.values())


def _slice(name: str, fields: list[tuple[int, int]]) -> str:
    """Return the text from the first field to the last, or the whole name without any."""
    return name[fields[0][0] : fields[-1][1]].strip() if fields else name


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
    others = set()
    for name in sample:
        kept = symbols.look_up([cut.part(name)], organism)[0][0]
        fields = [text[slice(*field)] for text in _rest(name, cut) for field in _fields(text, cut.separator)]
        others |= {symbol for symbol, rule in symbols.look_up(fields, organism) if rule in _SURE and symbol != kept}
    return len(others) > _SEVERAL * len(sample)


def _apply(names: list[str], cut: _Cut, organism: Organism) -> dict[str, str]:
    """Return the plain name of every name.

    A name that is a gene's as it stands is left alone, and so is one whose rest does not look like that of the others
    (``Y_RNA`` beside ``ENSG00000124813_RUNX2``). Where the part is not known, the id or symbol beside it serves.
    """
    rests = {name: _rest(name, cut) for name in names}
    usual = _usual(rests)
    return {name: _one(name, cut, rests[name], usual, organism) for name in names}


def _rest(name: str, cut: _Cut) -> tuple[str, str]:
    span = cut.span(name)
    return (name[: span[0]], name[span[1] :]) if span else ("", "")


def _usual(rests: dict[str, tuple[str, str]]) -> Callable[[tuple[str, str]], bool]:
    """Return a test whether a rest looks as most do, for tables where most look alike."""
    shapes = Counter(map(_shape, rests.values()))
    common = {shape for shape, n in shapes.items() if n >= _RARE * len(rests)}
    alike = sum(shapes[shape] for shape in common) >= _USUAL * len(rests)
    return lambda rest: not alike or _shape(rest) in common


def _shape(rest: tuple[str, str]) -> str:
    return re.sub(r"(?<=chr)[XYMU]\w*|\d+", "9", "\0".join(rest))


def _one(
    name: str, cut: _Cut, rest: tuple[str, str], usual: Callable[[tuple[str, str]], bool], organism: Organism
) -> str:
    part = cut.part(name)
    (_, whole), (_, rule) = symbols.look_up([name, part], organism)
    if part == name or whole in symbols.MAPPED:
        return name
    if rule in _WEIGHT:
        return part
    beside = [text.strip(_CLOSING) for text in rest]
    for text, (_, known) in zip(beside, symbols.look_up(beside, organism), strict=True):
        if known in _SURE:
            return text
    return part if usual(rest) else name

"""The genome that names of genes begin or end with where a reference holds several species."""

from __future__ import annotations

import re

from fatescore import organisms

LONGEST = 500  # a longer text names no gene, and patterns would take time quadratic in its length
_WORDS = {
    organism: (
        *organisms.get(organism).assemblies,
        organism,
        organisms.get(organism).scientific_name.replace(" ", "[_ ]"),
    )
    for organism in organisms.names()
}
_OF = {organism: re.compile("|".join(words), re.IGNORECASE) for organism, words in _WORDS.items()}
_GENOME = "|".join(word for words in _WORDS.values() for word in words)
# mm10_Runx2, GRCh38-RUNX2, GRCh38.p13_RUNX2; CellRanger's own references are called GRCh38-2020-A or so.
_BEFORE = re.compile(rf"(?P<genome>(?:{_GENOME})(?:\.p\d+)?(?:-20\d\d-[A-Z])?)[_.:| -]+(?=.)", re.IGNORECASE)
_AFTER = re.compile(rf"(?<=.)[_.:| -]+(?P<genome>(?:{_GENOME})(?:\.p\d+)?)$", re.IGNORECASE)


def species_of(genome: str) -> str:
    """Return the organism that an assembly's name speaks for, or an empty text.

    Examples
    --------
    >>> species_of("GRCh38"), species_of("mm10"), species_of("EGFP")
    ('human', 'mouse', '')
    """
    return next((organism for organism, pattern in _OF.items() if pattern.match(genome)), "")


def split_genome(name: str) -> tuple[str, str]:
    """Return the genome of a gene's name, or an empty text, and the name without it.

    Examples
    --------
    >>> split_genome("GRCh38_RUNX2"), split_genome("mm10___H2-K1"), split_genome("RUNX2")
    (('GRCh38', 'RUNX2'), ('mm10', 'H2-K1'), ('', 'RUNX2'))
    """
    if len(name) > LONGEST:
        return "", name
    before = _BEFORE.match(name)
    if before:
        return before["genome"], name[before.end() :]
    after = _AFTER.search(name)
    return (after["genome"], name[: after.start()]) if after else ("", name)

"""The species that names of genes speak for: by the genome they begin or end with, or by an Ensembl id."""

from __future__ import annotations

import re

from fatescore import organisms

LONGEST = 500  # a longer text names no gene, and patterns would take time quadratic in its length
_OF = {
    organism: re.compile(
        "|".join(organisms.get(organism).assemblies)
        + rf"|(?i:{organism}|{organisms.get(organism).scientific_name.replace(' ', '[_ ]')})(?![A-Za-z0-9])"
    )
    for organism in organisms.names()
}
# GRCh38.p13 is the assembly's patch; GRCh38-2020-A, mm10-3.0.0 and mm10_premrna are 10x's references.
_ASSEMBLY = "|".join(pattern.pattern for pattern in _OF.values())
_GENOME = rf"(?P<genome>(?:{_ASSEMBLY})(?:\.p\d+)?(?:-\d[\d.]*(?:-[A-Z])?)?(?:_premrna)?)"
_BEFORE = re.compile(rf"{_GENOME}[_.:| -]+(?=.)")
_AFTER = re.compile(rf"(?<=.)[_.:| -]+{_GENOME}$")

_ENSEMBL = {organisms.get(organism).ensembl: organism for organism in organisms.names()}
_ID = re.compile(r"(?<![A-Za-z0-9])(ENS[A-Z]{0,4}?)[GTP]\d{11}(?!\d)")


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


def species_in(name: str) -> set[str]:
    """Return the species that a gene's name speaks for; one without data is called by what its Ensembl ids begin with.

    Examples
    --------
    >>> [sorted(species_in(name)) for name in ("mm10_Runx2", "ENSMUSG00000039153.4", "ENSSSCG00000001709", "SP7")]
    [['mouse'], ['mouse'], ['ENSSSC'], []]
    """
    genome, _ = split_genome(name)
    stems = _ID.findall(name) if "ENS" in name and len(name) <= LONGEST else []
    return {_ENSEMBL.get(stem, stem) for stem in stems} | ({species_of(genome)} if genome else set())

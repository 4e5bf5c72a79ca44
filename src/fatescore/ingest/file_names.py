"""Names of samples from the names of files: of alignments that are columns, and of tables with one sample each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

# What aligners and counters put behind the name of a sample.
_TOOL = re.compile(
    r"[._-]*(ReadsPerGene|Aligned|sortedByCoord|toTranscriptome|accepted_hits|sort(ed)?|dedup(ped|licated)?|rmdup|nodup|"
    r"mark(ed)?_?dup(licate)?s?|mkdup|uniq(ue)?|hisat2?|bowtie2?|tophat2?|bwa|htseq|feature_?counts?|gene_abund(ances?)?|"
    r"quant|abundance|salmon|kallisto|rsem|stringtie|(raw|read|gene)?_?counts?|genes?|results|out|tab|tsv|txt|csv|sf|"
    r"bam|sam|cram|gz|bz2|xz|zst|zip|tpm|fpkm)$",
    re.IGNORECASE,
)
_IN_R = re.compile(r"X?\.")  # R writes /a/CT1.bam as X.a.CT1.bam


def sample_names(paths: Sequence[str]) -> list[str]:
    """Return one name per file: its own without what tools append, or that of its folder where only that is unique.

    Nothing when neither is.

    Examples
    --------
    >>> sample_names(["/data/CT1Aligned.sortedByCoord.out.bam", "/data/OP 1.sorted.bam"])
    ['CT1', 'OP 1']
    >>> sample_names(["th/CT1/accepted_hits.bam", "th/OP1/accepted_hits.bam"])
    ['CT1', 'OP1']
    """
    files = [PurePosixPath(path.replace("\\", "/")).parts for path in paths]
    for level in range(1, min(map(len, files), default=0) + 1):
        names = [_bare(parts[-level]) for parts in files]
        if all(names) and len(set(names)) == len(names):
            return distinct_parts(names) if all(map(_IN_R.match, names)) else names
    return []


def distinct_parts(names: Sequence[str]) -> list[str]:
    """Take off what all names begin and end with, up to a mark between words; what is left begins with a letter.

    Examples
    --------
    >>> distinct_parts(["run7_CT1_mm10", "run7_OP1_mm10"]), distinct_parts(["MSC_1", "MSC_2"])
    (['CT1', 'OP1'], ['MSC_1', 'MSC_2'])
    """
    words = [re.split(r"([._-]+)", name) for name in names]
    if len(words) < 2:
        return list(names)
    while all(len(own) > 2 for own in words) and len({tuple(own[-2:]) for own in words}) == 1:
        words = [own[:-2] for own in words]
    while all(len(own) > 2 for own in words) and len({tuple(own[:2]) for own in words}) == 1:
        if not all(own[2][:1].isalpha() for own in words):
            break
        words = [own[2:] for own in words]
    return ["".join(own) for own in words]


def _bare(name: str) -> str:
    while name and (shorter := _TOOL.sub("", name)) != name:
        name = shorter
    return name

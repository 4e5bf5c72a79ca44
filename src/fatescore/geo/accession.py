"""GEO accessions, where their files are below a base address, and the names of files. Pure text, no network."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from fatescore.errors import InputError

DEFAULT_BASE_URL = "https://ftp.ncbi.nlm.nih.gov/geo"
_DOWNLOAD = "https://www.ncbi.nlm.nih.gov/geo/download/"
_COUNTS = _DOWNLOAD + "?type=rnaseq_counts&acc={accession}&format=file&file={name}"
_GENES = _DOWNLOAD + "?format=file&type=rnaseq_counts&file={name}"
# The genomes that NCBI counts reads on; the mouse's is documented, but no file of it has been seen.
_GENOMES = {"GRCh38.p13": "Human", "GRCm39": "Mouse"}
_SECTIONS = {"GSE": "series", "GPL": "platforms", "GSM": "samples"}
_PATTERN = re.compile(r"^(GSE|GPL|GSM)([1-9]\d{0,8})$")


class RemoteFile(NamedTuple):
    """The address of a file (relative to the base address, or absolute) and its name."""

    address: str
    name: str


class NcbiCounts(NamedTuple):
    """The counts that NCBI may have made of a series on one genome, and NCBI's table of that genome's genes."""

    genome: str
    counts: RemoteFile
    genes: RemoteFile


@dataclass(frozen=True, order=True)
class Accession:
    """A valid GEO accession.

    Examples
    --------
    >>> series = Accession.parse("gse35958")
    >>> str(series), series.stub, series.folder
    ('GSE35958', 'GSE35nnn', 'series/GSE35nnn/GSE35958')
    >>> Accession.parse("GPL97").annotation
    'platforms/GPLnnn/GPL97/annot/GPL97.annot.gz'
    """

    kind: str
    number: int

    @classmethod
    def parse(cls, text: str) -> Accession:
        """Check an accession.

        Raises
        ------
        InputError
            When ``text`` is not ``GSE``, ``GPL`` or ``GSM`` and a number.
        """
        match = _PATTERN.match(str(text).strip().upper())
        if match is None:
            raise InputError(
                f'"{text}" is not a GEO accession',
                expected="GSE, GPL or GSM followed by a number, such as GSE35958",
                fix="check the accession",
            )
        return cls(match[1], int(match[2]))

    def __str__(self) -> str:
        return f"{self.kind}{self.number}"

    @property
    def stub(self) -> str:
        """The folder that groups a thousand accessions: the last three digits become ``nnn``."""
        thousands = str(self.number)[:-3]
        return f"{self.kind}{thousands}nnn"

    @property
    def folder(self) -> str:
        """The accession's own folder, relative to the base address."""
        return f"{_SECTIONS[self.kind]}/{self.stub}/{self}"

    def subfolder(self, name: str) -> str:
        """Return a folder of the accession: ``matrix``, ``soft``, ``suppl``, ``annot`` or ``miniml``."""
        return f"{self.folder}/{name}"

    def counts(self, base_url: str) -> list[NcbiCounts]:
        """Return what NCBI may have made of the series, by genome: counts per GeneID, and the names of the GeneIDs.

        NCBI makes counts on demand, outside the file tree; a mirror keeps both as files in a folder of their own.

        Examples
        --------
        >>> human, mouse = Accession.parse("GSE1234").counts("file:///mirror")
        >>> human.counts.name, human.genes.address
        ('GSE1234_raw_counts_GRCh38.p13_NCBI.tsv.gz', 'series/GSE1nnn/GSE1234/counts/Human.GRCh38.p13.annot.tsv.gz')
        """
        official = base_url == DEFAULT_BASE_URL

        def remote(address: str, name: str) -> RemoteFile:
            mirrored = f"{self.subfolder('counts')}/{name}"
            return RemoteFile(address.format(accession=self, name=name) if official else mirrored, name)

        return [
            NcbiCounts(
                genome, remote(_COUNTS, f"{self}_raw_counts_{genome}_NCBI.tsv.gz"),
                remote(_GENES, f"{species}.{genome}.annot.tsv.gz"),
            )
            for genome, species in _GENOMES.items()
        ]  # fmt: skip

    @property
    def annotation(self) -> str:
        """The annotation file of a platform."""
        return f"{self.subfolder('annot')}/{self}.annot.gz"

    @property
    def default_matrix(self) -> str:
        """Name of the series matrix of a series with one platform."""
        return f"{self}_series_matrix.txt.gz"

    @property
    def family(self) -> str:
        """Name of the family SOFT file."""
        return f"{self}_family.soft.gz"


def check_base_url(base_url: str) -> str:
    """Return ``base_url`` without a closing slash; a plain path becomes ``file://``.

    Examples
    --------
    >>> check_base_url("http://mirror.example/geo/")
    'http://mirror.example/geo'
    """
    text = str(base_url).strip()
    scheme, separator, rest = text.partition("://")
    if separator and rest.strip("/") and scheme.lower() in ("http", "https", "file"):
        return text.rstrip("/")
    if not separator and text:
        return Path(text).absolute().as_uri()
    raise InputError(
        f'"{base_url}" cannot be a GEO mirror',
        expected="an address that starts with https://, http:// or file://",
        fix=f"leave --base-url out to use {DEFAULT_BASE_URL}",
    )


def is_safe_name(name: str) -> bool:
    """Tell whether a name that a mirror gives is that of a file in its folder, not a path to elsewhere.

    Examples
    --------
    >>> [is_safe_name(name) for name in ("GSE1_a.txt", "../x", "..", "", "a/b")]
    [True, False, False, False, False]
    """
    return name not in ("", ".", "..") and not re.search(r"[/\\\x00-\x1f]", name)


def select_files(names: list[str], file: str) -> list[str]:
    """Return the names that the glob ``file`` matches; all where it matches none."""
    return [name for name in names if file and fnmatch.fnmatch(name, file)] or names

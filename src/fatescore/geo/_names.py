"""What the names of supplementary files say: which are safe to use here, were chosen, and can hold values."""

from __future__ import annotations

import fnmatch
import re
import tarfile
from collections.abc import Sequence
from pathlib import Path

_ARCHIVE = re.compile(r"\.(tar|tar\.gz|tgz)$", re.IGNORECASE)
# The endings that the readers of fatescore.ingest open; a spreadsheet, a peak or coverage track is not among them.
_VALUES = re.compile(
    r"\.(tsv|csv|txt|tab|counts?|tpm|fpkm|genes\.results|genes\.sf|soft|mtx|h5|hdf5|loom)(\.gz)?$|\.h5ad$",
    re.IGNORECASE,
)
_OTHER = re.compile(r"^filelist\.txt$|molecule_info|probe_set|cloupe", re.IGNORECASE)


def is_plain(name: str) -> bool:
    """Tell whether a name that a mirror gives is that of a file in its folder, and nothing that leads elsewhere.

    Examples
    --------
    >>> [is_plain(name) for name in ("GSE1_a.txt", "../x", "..", "", "a/b")]
    [True, False, False, False, False]
    """
    return name not in ("", ".", "..") and not re.search(r"[/\\\x00-\x1f]", name)


def choose(names: list[str], file: str) -> list[str]:
    """Return the names that the glob ``file`` matches; all where it matches none."""
    return [name for name in names if file and fnmatch.fnmatch(name, file)] or names


def can_hold_values(name: str) -> bool:
    """Tell by its name whether a supplementary file can hold values that a reader here understands.

    Examples
    --------
    >>> [can_hold_values(name) for name in ("GSE1_counts.csv.gz", "GSE1_RAW.tar", "GSE1_genes.xlsx", "GSE1.bed.gz")]
    [True, True, False, False]
    """
    return bool((_VALUES.search(name) or _ARCHIVE.search(name)) and not _OTHER.search(name))


def holds_values(path: Path) -> bool:
    """Tell whether a file that is here can hold values; an archive is judged by the names of its members."""
    if not _ARCHIVE.search(path.name):
        return can_hold_values(path.name)
    with tarfile.open(path) as archive:
        return any(can_hold_values(member.name.rsplit("/", 1)[-1]) for member in archive if member.isfile())


def few(names: Sequence[str], most: int = 5) -> str:
    """List names in a line, and how many more there are.

    Examples
    --------
    >>> few(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more

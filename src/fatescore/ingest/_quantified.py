"""Files of one sample with several columns of values (RSEM, kallisto, salmon, STAR): which one is read."""

from __future__ import annotations

from fatescore.ingest._libraries import Library
from fatescore.ingest._raw import few
from fatescore.typing import Scale

# RSEM, kallisto, salmon. A scale that none of them writes (linear, log2) chooses nothing.
_COLUMNS = {"counts": ("expected_count", "est_counts", "numreads"), "tpm": ("tpm",)}
_STAR = ("unstranded", "forward", "reverse")
_STRANDED = 0.8  # a stranded kit has about 95 % of its reads on one strand, an unstranded one about half


def chosen(libraries: list[Library], scale: Scale | None, notes: list[str]) -> list[Library]:
    """Keep of every file the column that the declared scale asks for; other files are left as they are.

    Parameters
    ----------
    libraries
        One per file; ``cells`` are the names of its columns.
    scale
        As declared; ``None`` reads counts.
    notes
        Receives what was chosen, and why.
    """
    columns = libraries[0].cells
    if any(library.cells != columns for library in libraries):
        return libraries
    if tuple(columns) == _STAR and scale in (None, "counts"):
        strand = _strand(libraries, notes)
        return [_only(one, strand) for one in libraries]
    names = _COLUMNS.get(scale or "counts", ())
    place = next((place for place, column in enumerate(columns) if column.casefold() in names), None)
    if place is None or len(columns) == 1:
        return libraries
    notes.append(f'of the columns {few(columns, 12)} "{columns[place]}" was read')
    return [_only(one, place) for one in libraries]


def _strand(libraries: list[Library], notes: list[str]) -> int:
    """Return STAR's column: that of one strand when it has nearly all stranded reads of every sample."""
    sums = [(float(one.matrix[1].sum()), float(one.matrix[2].sum())) for one in libraries]
    shares = [forward / (forward + reverse) for forward, reverse in sums if forward + reverse]
    place = 0
    if shares and min(shares) > _STRANDED:
        place = 1
    elif shares and max(shares) < 1 - _STRANDED:
        place = 2
    told = f"{min(shares):.0%} to {max(shares):.0%}" if shares else "none"
    notes.append(f"STAR's column {place + 2} ({_STAR[place]}) was read: of the stranded reads {told} are forward")
    return place


def _only(library: Library, place: int) -> Library:
    return Library(library.name, library.matrix[[place]], library.features, [library.cells[place]])

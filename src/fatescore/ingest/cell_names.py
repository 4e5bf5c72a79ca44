"""The sample as a part of every cell's name: ``CT1_AAACCTGAGAAACCAT-1``, ``AAACCTGAGAAACCAT-2``, ``CT1_A01``.

Barcodes of nucleotides are known by themselves, and what is beside them is the sample: text before (``CT1_``,
velocyto's ``CT1:``, ArchR's ``CT1#``) or behind (Seurat's ``_1``, scanpy's ``-CT1``), else the number that
``cellranger aggr`` writes. Other names of cells are taken apart only at a sample that is declared.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore.errors import InputError, few
from fatescore.ingest.geo_names import texts_of
from fatescore.ingest.matrix import Raw
from fatescore.ingest.spelling import spellings
from fatescore.tables import columns as col

_BETWEEN = r"(?:__|[_.:#|~ -])"
_CELL = re.compile(
    rf"(?:(?P<prefix>.+?){_BETWEEN})?(?P<barcode>[ACGTN]{{8,}}(?:[-_.][ACGTN]{{6,}})*)x?(?:[-.](?P<number>\d+))?"
    rf"(?:{_BETWEEN}(?P<suffix>.+))?"
)
_WELLS = re.compile(r"(?P<prefix>)(?P<barcode>\d\d_\d\d_\d\d)(?P<number>)(?:__(?P<suffix>s\d+))?")  # Parse
_NUCLEOTIDES = re.compile(r"[ACGTN]{12}")  # an index of a bulk library is shorter
_MANY = 24  # names with shorter barcodes are those of cells when there are so many
_GSM = re.compile(r"GSM\d+")
_SOME = 0.1
_FEW_COUNTS = 20_000  # a bulk library has millions
_FEW_GENES = 0.5  # of the genes found in any cell, one has fewer; a bulk sample has most


@dataclass(frozen=True)
class _Cells:
    """What the names of all cells are made of; ``prefix``, ``suffix`` and ``number`` are ``""`` where absent."""

    barcodes: list[str]
    parts: dict[str, list[str]]

    def varying(self) -> dict[str, list[str]]:
        """Return the parts that all cells have, with several values of which most are of several cells."""
        found = {}
        for kind, values in self.parts.items():
            counts = Counter(values)
            single = sum(n == 1 for n in counts.values())
            if len(counts) > 1 and "" not in counts and 2 * single < len(counts):
                found[kind] = values
        return found

    def check_all_labelled(self, names: Sequence[str]) -> None:
        """Refuse cells of which some have a sample in their names and others have none."""
        for kind in ("prefix", "suffix", "number"):
            values = self.parts.get(kind, [])
            counts = Counter(values)
            absent = counts.pop("", 0)
            labelled = len(values) - absent
            if absent and labelled >= _SOME * len(values) and 2 * sum(n == 1 for n in counts.values()) < len(counts):
                bare = [name for name, value in zip(names, values, strict=True) if not value]
                raise InputError(
                    f"{labelled} names of cells hold {few(list(counts), 4)}, and {absent} nothing, such as {bare[0]}",
                    expected="the sample in the name of every cell, as in CT1_BARCODE, or in none",
                    fix="name the cells so; where all are of one sample, give it the only row of the sample table",
                )

    def constant(self) -> str:
        """Return the text that all names have before or behind the barcode, or an empty text."""
        for kind in ("prefix", "suffix"):
            first = self.parts[kind][0]
            if not first.isdecimal() and self.parts[kind].count(first) == len(self.barcodes):
                return first
        return ""


def assign_samples(raw: Raw, declared: Collection[str] = (), default: str = "") -> None:
    """Where the names of the cells hold the sample, make it the name of the observation's sample, with a note.

    Parameters
    ----------
    raw
        As its reader returned it: cells under ``barcodes``, or every observation under a column of its own.
    declared
        What the sample table says that the data call the samples.
    default
        Name of the sample, where there is one and nothing names it.
    """
    names = raw.barcodes or raw.columns
    if len(names) < 2 or (raw.obs is not None and col.SAMPLE in raw.obs):
        return
    known = {*declared, *(() if raw.fields is None else map(str, raw.fields.index))}
    if not raw.barcodes and known & set(names):  # what is declared are these columns
        return
    cells, labels = _apart(names, raw, known)
    if cells is not None and labels is None and len(set(raw.columns)) in (1, len(names)) and len(declared) != 1:
        cells.check_all_labelled(names)
    if cells is None or (labels is None and raw.barcodes):
        return
    libraries = raw.sample_names if raw.barcodes else [""]
    if labels is not None and (len(libraries) > 1 or _GSM.search(libraries[0])) and not set(labels) <= set(declared):
        _note_within(raw, labels)
        return
    raw.columns = labels or [cells.constant() or default] * len(names)
    raw.cell_names, raw.barcodes = names, cells.barcodes
    told = f"samples were read from the names of the cells: {few(raw.sample_names, 12)}"
    if labels is None and not cells.constant():
        told = "the names of the cells do not tell samples: all are taken for one"
    raw.notes.append(f"{told}; {names[0]} is a cell of {raw.columns[0] or 'it'}")


def look_like_cells(raw: Raw) -> bool:
    """Tell whether observations are cells by their number and by how few genes, or counts, each of them has."""
    if raw.barcodes or len(raw.columns) < _MANY:
        return bool(raw.barcodes)
    values = sp.csr_matrix(np.nan_to_num(raw.matrix) if isinstance(raw.matrix, np.ndarray) else raw.matrix)
    if np.array_equal(values.data, np.rint(values.data)) and np.median(np.asarray(values.sum(axis=1))) < _FEW_COUNTS:
        return True
    found = values > 0
    return bool(np.median(found.getnnz(axis=1)) < _FEW_GENES * np.count_nonzero(found.getnnz(axis=0)))


def likely_samples(names: Sequence[str]) -> list[str]:
    """Return what names of cells begin with: all but their last word, where several cells share it.

    Examples
    --------
    >>> likely_samples(["CT1_cell1", "CT1_cell2", "OP1_cell1", "OP1_cell2"]), likely_samples(["CT1", "CT2"])
    (['CT1', 'OP1'], [])
    """
    words = [re.fullmatch(rf"(.+?){_BETWEEN}+([^\W_]*\d[^\W_]*)", name) for name in names]
    stems = Counter(match[1] for match in words if match)
    return list(stems) if all(words) and min(stems.values(), default=0) > 1 else []


def _apart(names: Sequence[str], raw: Raw, known: Collection[str]) -> tuple[_Cells | None, list[str] | None]:
    """Return the cells, if the names are those of cells, and their samples, if the names tell them."""
    cells = _parse(names, _CELL)
    if cells and (raw.barcodes or len(names) >= _MANY or all(map(_NUCLEOTIDES.search, cells.barcodes))):
        labels = _labels(cells, raw, known)
        declared = None if labels is None or set(labels) <= set(known) else _at_declared(names, known, complain=False)
        return declared or (cells, labels)
    declared = _at_declared(names, known, complain=not raw.barcodes)
    if declared is not None:
        return declared
    cells = _parse(names, _WELLS)
    if cells is not None:
        sublibraries = sorted(set(cells.parts["suffix"]) - {""})
        cells.parts["suffix"] = [""] * len(names)
        raw.notes.append(
            f"the names of the cells are wells (sublibraries: {few(sublibraries) or 'none'}), not samples: "
            "sample_key names the column that tells the sample of each"
        )
    return cells, None


def _parse(names: Sequence[str], pattern: re.Pattern[str]) -> _Cells | None:
    barcodes: list[str] = []
    parts: dict[str, list[str]] = {"prefix": [], "suffix": [], "number": []}
    same: dict[str, str] = {}  # a million cells share the text of their sample
    for name in names:
        match = pattern.fullmatch(name)
        if match is None:
            return None
        for kind, values in parts.items():
            part = match[kind] or ""
            values.append(same.setdefault(part, part))
        barcodes.append(f"{match['barcode']}-{match['number']}" if match["number"] else match["barcode"])
    return _Cells(barcodes, parts)


def _labels(cells: _Cells, raw: Raw, known: Collection[str]) -> list[str] | None:
    """Return the sample of every cell: the part that is declared, else all parts that tell cells apart."""
    varying = cells.varying()
    texts = [] if raw.fields is None else [text for own in texts_of(raw.fields).values() for text in own]
    spelled = {key for text in (*known, *texts) for key in spellings(text)} if len(varying) > 1 else set()
    for values in varying.values():
        if len(varying) > 1 and all(spellings(value) & spelled for value in set(values)):
            return values
    whole = list(zip(*varying.values(), strict=True))
    for values in varying.values():
        if len(set(values)) == len(set(whole)):  # the other parts follow from this one
            return values
    same = {parts: "-".join(parts) for parts in set(whole)}
    return [same[parts] for parts in whole] or None


def _at_declared(names: Sequence[str], known: Collection[str], *, complain: bool) -> tuple[_Cells, list[str]] | None:
    """Take names apart at the declared samples that all begin, or all end, with."""
    partly: list[list[str]] = []
    longest = max(map(len, known), default=0)  # no need to look further in a name that is much longer
    for part in (_before, _behind):
        found = [part(name, known, longest) for name in names]
        labels = [label for label, _ in found]
        counts = Counter(labels)
        absent = counts.pop("", 0)
        if 2 * sum(n == 1 for n in counts.values()) >= max(len(counts), 1) or 2 * absent > len(names):
            continue
        if not absent:
            return _Cells([rest for _, rest in found], {}), labels
        partly.append([name for name, label in zip(names, labels, strict=True) if not label])
    if partly and complain:
        bare = partly[0]
        raise InputError(
            f"{len(names) - len(bare)} columns have a sample of the sample table in their names, as cells have, and "
            f"{len(bare)} have none: {few(bare)}",
            expected="the sample of every cell in the sample table",
            fix=f'add a row for each, with "no" in a column "use" to leave it out, or correct {col.NAME_IN_DATA}',
        )
    return None


def _before(name: str, known: Collection[str], longest: int) -> tuple[str, str]:
    for place in range(min(len(name) - 2, longest), 0, -1):
        if not name[place].isalnum() and name[:place] in known:
            return name[:place], name[place + 1 :]
    return "", name


def _behind(name: str, known: Collection[str], longest: int) -> tuple[str, str]:
    for place in range(max(1, len(name) - longest - 1), len(name) - 1):
        if not name[place].isalnum() and name[place + 1 :] in known:
            return name[place + 1 :], name[:place]
    return "", name


def _note_within(raw: Raw, labels: list[str]) -> None:
    """Say which files hold cells under several names; the files stay the samples."""
    pairs = pd.DataFrame({"file": raw.columns, "label": labels}).drop_duplicates()
    several = pairs[pairs["file"].duplicated(keep=False)]
    if len(several):
        shown = [f"{name} ({few(list(own), 4)})" for name, own in several.groupby("file", sort=False)["label"]]
        raw.notes.append(
            f"cells of one file differ in the rest of their names: {few(shown, 4)}; each file was read as one sample, "
            f"{col.NAME_IN_DATA} in samples.tsv may list these names instead"
        )

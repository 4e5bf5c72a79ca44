"""Which files hold which sample, by their names, and what the name of a file says of a sample besides its accession."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from fatescore.ingest import archive
from fatescore.ingest.matrix import Located

_GSM = re.compile(r"GSM\d+")


def files_of(found: Located, names: Sequence[str]) -> dict[str, list[str]]:
    """Return the files of each sample: those in its folder, or whose names begin with it or hold its accession.

    A file that could be of two samples, and a sample without a file of its own, is not there.
    """
    owned: dict[str, list[str]] = {name: [] for name in names}
    for member in archive.names(found.path, found.file):
        *folders, file = PurePosixPath(member).parts
        starts = [file[: mark.start()] for mark in re.finditer(r"[\W_]", file)]
        owners = owned.keys() & {*folders, file, *starts, *_GSM.findall(file)}
        if len(owners) == 1:
            owned[owners.pop()].append(member)
    return {name: members for name, members in owned.items() if members}


def label_of(name: str, members: Sequence[str]) -> str:
    """Return what the names of a sample's files say after its own name, or an empty text.

    Examples
    --------
    >>> label_of("GSM1", ["GSM1_CT1_barcodes.tsv.gz", "GSM1_CT1_matrix.mtx.gz"]), label_of("GSM2", ["GSM2_OP1.txt.gz"])
    ('CT1', 'OP1')
    """
    after = [PurePosixPath(member).name.removeprefix(name) for member in members]
    shared = os.path.commonprefix(after)  # noqa: RUF071  (character by character, which is meant)
    if len(after) > 1:
        shared = re.sub(r"[^\W_]*$", "", shared)
    return shared.split(".")[0].strip("_- ")


def owner_of(text: str, files: Mapping[str, Sequence[str]]) -> str:
    """Return the one sample whose files a text names, whole or in part, or an empty text.

    The text is a path, a file's name, or the beginning of one, which ends where a word ends.

    Examples
    --------
    >>> files = {"GSM1": ["GSM1_CT1_matrix.mtx.gz"], "GSM2": ["GSM2_CT10_matrix.mtx.gz"]}
    >>> owner_of("CT1", files), owner_of("GSM2_CT10_matrix.mtx.gz", files), owner_of("CT", files)
    ('GSM1', 'GSM2', '')
    """
    wanted = re.compile(
        rf"(?:^|/)(?:GSM\d+[_.-]+)?{re.escape(text.strip('/').removeprefix('./'))}(?![^\W_])", re.IGNORECASE
    )
    owners = [name for name, members in files.items() if any(wanted.search(member) for member in members)]
    return owners[0] if text and len(owners) == 1 else ""

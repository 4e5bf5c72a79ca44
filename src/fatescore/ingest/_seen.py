"""Say what an unknown file looks like, for the message of who must tell us its layout."""

from __future__ import annotations

from pathlib import Path

import h5py

from fatescore.errors import InputError
from fatescore.ingest import _archive
from fatescore.ingest._raw import few

_WIDTH = 80
_HDF5 = b"\x89HDF\r\n\x1a\n"


def seen(path: Path) -> str:
    """Describe a file: members of an archive, groups of HDF5, or first line and number of columns of a text."""
    try:
        if _archive.is_archive(path):
            return f"its members are {few(_archive.names(path)) or 'none'}"
        start = _archive.head(path, path.name)
        if not start.startswith(_HDF5):
            return _first_line(start.split(b"\n")[0], path)
        with _archive.as_file(path, path.name) as file, h5py.File(file, "r") as stored:
            return _groups(stored)
    except InputError as error:
        return f"it cannot be read ({error.found})"
    except Exception as error:  # only a description: whatever is wrong with the file must not hide the error it is for
        return f"it cannot be read ({error})"


def _groups(stored: h5py.File) -> str:
    shapes = {name: getattr(item, "shape", None) for name, item in stored.items()}
    listed = [name if shape is None else f"{name} {' x '.join(map(str, shape))}" for name, shape in shapes.items()]
    return f"it is HDF5 with {few(listed) or 'nothing in it'}"


def _first_line(line: bytes, path: Path) -> str:
    if not line:
        return f"{path.name} is empty"
    if b"\0" in line:
        return f"{path.name} is binary"
    text = line.decode("utf-8", errors="replace").strip("\r")
    mark = next((mark for mark in ("\t", ",", ";", " ") if mark in text), "")
    columns = len(text.split(mark)) if mark else 1
    shown = text if len(text) <= _WIDTH else text[:_WIDTH] + "..."
    return f'{path.name} begins with "{shown}" ({columns} column{"s"[: columns > 1]})'

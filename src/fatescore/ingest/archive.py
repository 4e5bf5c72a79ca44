"""The files of a source, whether it is a file, a folder or an archive: their names and their plain bytes.

An archive is never unpacked: members are read in place, and the one that a library can only open by its path is
copied into a temporary folder under a name of our own. So nothing in an archive decides where anything is written.
"""

from __future__ import annotations

import fnmatch
import functools
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

import h5py

from fatescore import packed
from fatescore.errors import InputError, few
from fatescore.ingest.containers import Allowance, Archive, ending_of

_HDF5 = b"\x89HDF\r\n\x1a\n"
_WIDTH = 80  # of the line that a message quotes
_UNPACKERS = {".7z": "7z x", ".rar": "unrar x", ".z": "uncompress", ".zst": "unzstd"}


class Files:
    """The files of a source that is open: the table of an archive's members is made once for all that is read."""

    def __init__(self, path: Path, archive: Archive | None) -> None:
        self.path = path
        self._archive = archive

    def names(self, file: str = "") -> list[str]:
        """Return the names of the files, sorted; ``file`` chooses among those of a folder or an archive."""
        if self._archive is not None:
            found = self._archive.names
        elif self.path.is_dir():
            found = [one.relative_to(self.path).as_posix() for one in visible_files(self.path)]
        else:
            return [self.path.name]
        return [name for name in found if fits(name, file)] if file else found

    def read(self, name: str) -> bytes:
        """Return the bytes of one file, unpacked whatever its name."""
        return b"".join(self.blocks(name))

    def head(self, name: str) -> bytes:
        """Return the first plain bytes of one file, at most a megabyte."""
        return next(self.blocks(name), b"")

    def blocks(self, name: str) -> Iterator[bytes]:
        """Yield the plain bytes of one file by the megabyte."""
        try:
            with self._open(name) as stream:
                yield from packed.blocks(stream, self._place(name))
        except packed.DAMAGE as error:
            what = f"its member {name} is damaged" if self._archive is not None else f"{name} is damaged"
            raise InputError(f"{self.path}: {what} ({error})", expected="a whole file", fix="fetch it again") from error

    @contextmanager
    def as_file(self, name: str) -> Iterator[Path]:
        """Give one file, unpacked, as a path; what had to be copied is removed afterwards."""
        if self.lasts(name):
            yield self._place(name)
            return
        with tempfile.TemporaryDirectory(prefix="fatescore-") as folder:
            copy = Path(folder) / "member"
            with copy.open("wb") as out:
                out.writelines(self.blocks(name))
            yield copy

    def lasts(self, name: str) -> bool:
        """Tell whether the path that :meth:`as_file` gives is the file itself, which stays."""
        return self._archive is None and not packed.is_packed(self._place(name))

    def where(self, name: str) -> str:
        """Return what messages call one file."""
        return str(self.path) if self.path.name == name else f"{self.path}: {name}"

    def _place(self, name: str) -> Path:
        return self.path / name if self.path.is_dir() else self.path

    def _open(self, name: str) -> IO[bytes]:
        return self._place(name).open("rb") if self._archive is None else self._archive.open(name)


@contextmanager
def opened(path: Path) -> Iterator[Files]:
    """Open a source for as long as its files are read."""
    with ExitStack() as stack:
        archive = None
        if is_archive(path):
            try:
                allowance = Allowance(str(path), packed.most_bytes(path.stat().st_size))
                archive = stack.enter_context(Archive(path.open("rb"), str(path), allowance))
            except packed.DAMAGE as error:
                raise InputError(
                    f"{path} cannot be read as an archive ({error})", expected="a whole tar or zip file",
                    fix="fetch it again",
                ) from error  # fmt: skip
        yield Files(path, archive)


def visible_files(folder: Path) -> list[Path]:
    """Return the files below a folder, sorted, without hidden ones (what a killed download leaves is hidden)."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in found if packed.is_visible(path.relative_to(folder).as_posix()))


def is_archive(path: Path) -> bool:
    """Tell whether a file is an archive, by its name; a zip of one file is that file, packed."""
    ending = ending_of(path.name)
    if not ending or path.is_dir():
        return False
    return ending != ".zip" or not path.is_file() or not _packed_name(path)


def plain_name(path: Path) -> str:
    """Return the name of a file by which its layout is known: of a zip of one file, that file's."""
    return (_packed_name(path) if path.is_file() and ending_of(path.name) == ".zip" else "") or path.name


def fits(name: str, pattern: str) -> bool:
    """Tell whether a file's name, or its path inside the source, fits a pattern.

    Examples
    --------
    >>> fits("suppl/GSM1_counts.txt.gz", "GSM1*")
    True
    """
    patterns = (pattern, pattern.partition("#")[0] or "*") if "#" in pattern else (pattern,)  # #: a workbook's sheet
    return any(fnmatch.fnmatch(one, p) for one in (PurePosixPath(name).name, name) for p in patterns)


def names(path: Path, file: str = "") -> list[str]:
    """Return the names of a source's files, sorted; ``file`` chooses among those of a folder or an archive."""
    if not is_archive(path):
        return Files(path, None).names(file)
    state = path.stat()
    found = _members(path, state.st_size, state.st_mtime_ns)
    return [name for name in found if fits(name, file)] if file else list(found)


def read(path: Path, name: str) -> bytes:
    """Return the bytes of one file of a source, unpacked whatever its name; for several use :func:`opened`."""
    with opened(path) as files:
        return files.read(name)


def head(path: Path, name: str) -> bytes:
    """Return the first plain bytes of one file of a source, at most a megabyte."""
    with opened(path) as files:
        return files.head(name)


@contextmanager
def as_file(path: Path, name: str) -> Iterator[Path]:
    """Give one file of a source, unpacked, as a path; what had to be copied is removed afterwards."""
    with opened(path) as files, files.as_file(name) as file:
        yield file


def inputs(path: Path, used: list[str]) -> list[Path]:
    """Return the files on disk that were read."""
    return [path / name for name in used] if path.is_dir() else [path]


def describe(path: Path) -> str:
    """Describe a file: members of an archive, groups of HDF5, or first line and number of columns of a text."""
    unpacker = _UNPACKERS.get(path.suffix.lower())
    if unpacker is not None:
        return f'it is packed in a way that is not read here: run "{unpacker} {path}" and give what comes out'
    try:
        if is_archive(path):
            return f"its members are {few(names(path)) or 'none'}"
        start = head(path, path.name)
        if not start.startswith(_HDF5):
            return _describe_line(start.split(b"\n")[0], path)
        with as_file(path, path.name) as file, h5py.File(file, "r") as stored:
            return _describe_groups(stored)
    except InputError as error:
        return f"it cannot be read ({error.found})"
    except Exception as error:  # only a description: whatever is wrong with the file must not hide the error it is for
        return f"it cannot be read ({error})"


@functools.lru_cache(maxsize=16)
def _members(path: Path, size: int, modified: int) -> tuple[str, ...]:
    """List an archive once, as long as it stays the same."""
    with opened(path) as files:
        return tuple(files.names())


def _packed_name(path: Path) -> str:
    only = packed.only_file(path)
    return "" if ending_of(only) else only


def _describe_groups(stored: h5py.File) -> str:
    shapes = {name: getattr(item, "shape", None) for name, item in stored.items()}
    listed = [name if shape is None else f"{name} {' x '.join(map(str, shape))}" for name, shape in shapes.items()]
    return f"it is HDF5 with {few(listed) or 'nothing in it'}"


def _describe_line(line: bytes, path: Path) -> str:
    if not line:
        return f"{path.name} is empty"
    if b"\0" in line:
        return f"{path.name} is binary"
    text = line.decode("utf-8", errors="replace").strip("\r")
    mark = next((mark for mark in ("\t", ",", ";", " ") if mark in text), "")
    columns = len(text.split(mark)) if mark else 1
    shown = text if len(text) <= _WIDTH else text[:_WIDTH] + "..."
    return f'{path.name} begins with "{shown}" ({columns} column{"s"[: columns > 1]})'

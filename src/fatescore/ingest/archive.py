"""The files of a source, whether it is a file, a folder or a tar archive: their names and their plain bytes.

An archive is never unpacked: members are read in place, and the one that a library can only open by its path is
copied into a temporary folder under a name of our own. So nothing in an archive decides where anything is written.
"""

from __future__ import annotations

import fnmatch
import gzip
import lzma
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, cast

import h5py

from fatescore.errors import InputError, few
from fatescore.geo.matrix_header import GZIP

_BLOCK = 1 << 20
_HDF5 = b"\x89HDF\r\n\x1a\n"
_WIDTH = 80  # of the line that a message quotes
_RATIO = 200  # tables of counts pack 4 to 20 times
_FLOOR = 10**8  # below this nothing is a bomb, however well it packs
_CEILING = 2 * 10**11
_DAMAGE = (tarfile.TarError, OSError, EOFError, zlib.error, lzma.LZMAError)


def visible_files(folder: Path) -> list[Path]:
    """Return the files below a folder, sorted, without hidden ones (what a killed download leaves is hidden)."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(p for p in found if not any(part.startswith(".") for part in p.relative_to(folder).parts))


def is_archive(path: Path) -> bool:
    """Tell by its name whether a file is a tar archive."""
    return path.name.lower().endswith((".tar", ".tar.gz", ".tgz")) and not path.is_dir()


def fits(name: str, pattern: str) -> bool:
    """Tell whether a file's name, or its path inside the source, fits a pattern.

    Examples
    --------
    >>> fits("suppl/GSM1_counts.txt.gz", "GSM1*")
    True
    """
    return fnmatch.fnmatch(PurePosixPath(name).name, pattern) or fnmatch.fnmatch(name, pattern)


def names(path: Path, file: str = "") -> list[str]:
    """Return the names of a source's files, sorted; ``file`` chooses among those of a folder.

    An archive that is damaged, points outside itself, holds links or devices, or would fill the disk is refused.
    """
    if path.is_dir():
        found = [p.relative_to(path).as_posix() for p in visible_files(path)]
        return [name for name in found if fits(name, file)] if file else found
    if not is_archive(path):
        return [path.name]
    try:
        with tarfile.open(path) as archive:
            found = sorted(set(_members(archive, path)))
            _check_end(archive)
            return found
    except _DAMAGE as error:
        raise InputError(
            f"{path} cannot be read as an archive ({error})", expected="a whole tar file", fix="fetch it again"
        ) from error


def read(path: Path, name: str) -> bytes:
    """Return the bytes of one file of a source, decompressed when it is gzip whatever its name."""
    return b"".join(_blocks(path, name))


def head(path: Path, name: str) -> bytes:
    """Return the first plain bytes of one file of a source, at most a megabyte."""
    return next(_blocks(path, name), b"")


@contextmanager
def as_file(path: Path, name: str) -> Iterator[Path]:
    """Give one file of a source, decompressed, as a path; what had to be copied is removed afterwards."""
    own = path / name if path.is_dir() else path
    if not is_archive(path) and not _starts_packed(own):
        yield own
        return
    with tempfile.TemporaryDirectory(prefix="fatescore-") as folder:
        copy = Path(folder) / "member"
        with copy.open("wb") as out:
            out.writelines(_blocks(path, name))
        yield copy


def inputs(path: Path, used: list[str]) -> list[Path]:
    """Return the files on disk that were read."""
    return [path / name for name in used] if path.is_dir() else [path]


def describe(path: Path) -> str:
    """Describe a file: members of an archive, groups of HDF5, or first line and number of columns of a text."""
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


def _members(archive: tarfile.TarFile, path: Path) -> Iterator[str]:
    total = 0
    bound = _bound(path.stat().st_size)
    for member in archive:
        outside = member.name.startswith("/") or ".." in PurePosixPath(member.name).parts
        if outside or not (member.isfile() or member.isdir()):
            raise InputError(
                f"{path} has the member {member.name}, which points outside the archive or is a link or device",
                expected="plain files",
                fix="do not use this archive",
            )
        total += member.size  # before the next header is looked for, which would decompress all of it
        if total > bound:
            raise _bomb(path, bound)
        if member.isfile() and not any(part.startswith(".") for part in PurePosixPath(member.name).parts):
            yield member.name


def _check_end(archive: tarfile.TarFile) -> None:
    """Refuse an archive without an end mark: tarfile takes a damaged or cut header for the end, and says nothing."""
    stream = cast("IO[bytes]", archive.fileobj)
    stream.seek(archive.offset)
    if stream.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise tarfile.ReadError("it breaks off, or is damaged, after its last readable member")


def _bound(packed: int) -> int:
    return min(max(_RATIO * packed, _FLOOR), _CEILING)


def _bomb(path: Path, bound: int) -> InputError:
    return InputError(
        f"{path} holds more than {bound:.2g} bytes",
        expected=f"at most {_RATIO} times its own size, and {_CEILING:.0e} bytes",
        fix="do not use this file",
    )


def _starts_packed(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(2) == GZIP


def _blocks(path: Path, name: str) -> Iterator[bytes]:
    total = 0
    try:
        with _stream(path, name) as stream:
            packed = stream.read(2) == GZIP
            stream.seek(0)
            plain: IO[bytes] = cast("IO[bytes]", gzip.GzipFile(fileobj=stream)) if packed else stream
            while block := plain.read(_BLOCK):
                total += len(block)
                if packed and total > _bound(stream.tell()):
                    raise _bomb(path / name if path.is_dir() else path, _bound(stream.tell()))
                yield block
    except _DAMAGE as error:
        what = f"its gzip member {name} is damaged" if is_archive(path) else f"{name} is damaged"
        raise InputError(f"{path}: {what} ({error})", expected="a whole file", fix="fetch it again") from error


@contextmanager
def _stream(path: Path, name: str) -> Iterator[IO[bytes]]:
    if not is_archive(path):
        with (path / name if path.is_dir() else path).open("rb") as stream:
            yield stream
        return
    with tarfile.open(path) as archive:
        stream_or_none = archive.extractfile(name)
        if stream_or_none is None:
            raise tarfile.ReadError(f"{name} is no file")
        with stream_or_none as stream:
            yield stream


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

"""Single files that are packed (gzip, bzip2, xz, a zip of one file), told by their first bytes, never by a name."""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any

from fatescore.errors import InputError, few

GZIP = b"\x1f\x8b"
ZIP = b"PK\x03\x04"
ENDINGS = (".gz", ".bz2", ".xz")
DAMAGE = (
    tarfile.TarError, zipfile.BadZipFile, OSError, EOFError, zlib.error, lzma.LZMAError,
    NotImplementedError, UnicodeDecodeError, struct.error,  # what zipfile makes of a damaged version, name or size
)  # fmt: skip
_OPEN: dict[bytes, Callable[[IO[bytes]], Any]] = {GZIP: gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\0": lzma.open}
MAGICS = tuple(_OPEN)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
_DOCUMENT = {"[Content_Types].xml", "mimetype"}  # Microsoft's, and the OpenDocument format's
_BLOCK = 1 << 20
_RATIO = 200  # tables of counts pack 4 to 20 times
_FLOOR = 10**8  # below this nothing is a bomb, however well it packs
_CEILING = 2 * 10**11


def most_bytes(packed: int) -> int:
    """Return how many bytes a packed file of some size may hold."""
    return min(max(_RATIO * packed, _FLOOR), _CEILING)


def bomb(where: object, bound: int) -> InputError:
    """Return the refusal of a file that holds more."""
    return InputError(
        f"{where} holds more than {bound:.2g} bytes",
        expected=f"at most {_RATIO} times its own size, and {_CEILING:.0e} bytes",
        fix="do not use this file",
    )


def is_packed(path: Path) -> bool:
    """Tell whether a file is one packed file."""
    with path.open("rb") as stream:
        return stream.read(6).startswith((*_OPEN, ZIP))


def blocks(stream: IO[bytes], where: object, outer: IO[bytes] | None = None) -> Iterator[bytes]:
    """Yield the plain bytes of a file that may be packed, also twice, by the megabyte; a bomb is refused on the way.

    ``outer`` is the file on the disk, when ``stream`` is what was packed in it.
    """
    start = stream.read(6)
    stream.seek(0)
    unpack = next((unpack for magic, unpack in _OPEN.items() if start.startswith(magic)), None)
    if start.startswith(ZIP) and not _is_document(stream):
        with zipfile.ZipFile(stream) as archive, archive.open(_only(archive, where)) as member:
            yield from blocks(member, where, outer or stream)
    elif unpack is not None:
        with unpack(stream) as plain:
            yield from blocks(plain, where, outer or stream)
    else:
        yield from _bounded(stream, where, outer)


def read_bytes(path: Path) -> bytes:
    """Return the plain bytes of a file that may be packed."""
    try:
        with path.open("rb") as stream:
            return b"".join(blocks(stream, path))
    except DAMAGE as error:
        raise InputError(
            f"{path} cannot be read ({error})", expected="a whole text or packed file", fix="fetch it again"
        ) from error


def lines(path: Path) -> Iterator[bytes]:
    """Yield the plain lines of a file that may be packed, with their ends."""
    rest = b""
    with path.open("rb") as stream:
        for block in blocks(stream, path):
            *whole, rest = (rest + block).split(b"\n")
            yield from (line + b"\n" for line in whole)
    if rest:
        yield rest


def zip_files(archive: zipfile.ZipFile, where: object) -> list[zipfile.ZipInfo]:
    """Return what a zip holds, without folders; one with a password, or packed in a rare way, is refused."""
    found = [info for info in archive.infolist() if not info.is_dir()]
    unpack = f"unpack it (7z x -oFOLDER {where}) and give the folder"
    if locked := [info.filename for info in found if info.flag_bits & 1]:
        raise InputError(
            f"{where} is encrypted ({few(locked)})", expected="a zip file without a password",
            fix=f"{unpack}; it asks for the password",
        )  # fmt: skip
    if rare := [info.filename for info in found if info.compress_type not in _METHODS]:
        raise InputError(
            f"{where} is packed by a method that only few programs know ({few(rare)})", expected="an ordinary zip file",
            fix=unpack,
        )  # fmt: skip
    return found


def is_visible(name: str) -> bool:
    """Tell whether a name is that of a file for people: what systems leave behind is hidden.

    Examples
    --------
    >>> [is_visible(name) for name in ("a/b.txt", "a/.b.txt", "__MACOSX/b.txt")]
    [True, False, False]
    """
    return not any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(name).parts)


def only_file(path: Path) -> str:
    """Return the name of the one file in a zip that holds no more, or an empty text."""
    try:
        with zipfile.ZipFile(path) as archive:
            found = [info.filename for info in zip_files(archive, path) if is_visible(info.filename)]
    except DAMAGE:
        return ""
    return found[0] if len(found) == 1 else ""


def _is_document(stream: IO[bytes]) -> bool:
    """Tell whether a zip is a workbook or another document of an office program, which is one file to its reader."""
    with zipfile.ZipFile(stream) as archive:
        document = not _DOCUMENT.isdisjoint(archive.namelist())
    stream.seek(0)
    return document


def _only(archive: zipfile.ZipFile, where: object) -> zipfile.ZipInfo:
    found = [info for info in zip_files(archive, where) if is_visible(info.filename)]
    if len(found) != 1:
        raise InputError(
            f"{where} is a zip of {len(found)} files: {few([info.filename for info in found])}",
            expected="one file", fix="give the zip file itself as the source, or unpack it and give the folder",
        )  # fmt: skip
    return found[0]


def _bounded(stream: IO[bytes], where: object, outer: IO[bytes] | None) -> Iterator[bytes]:
    total = 0
    while block := stream.read(_BLOCK):
        total += len(block)
        if outer is not None and total > most_bytes(outer.tell()):
            raise bomb(where, most_bytes(outer.tell()))
        yield block

"""Tar and zip archives, read in place: a table of their members, made once, and of those of archives within them."""

from __future__ import annotations

import stat
import tarfile
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePosixPath
from typing import IO, cast

from fatescore import packed
from fatescore.errors import InputError, few

ENDINGS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tbz", ".tar.xz", ".txz", ".zip")
_DEEPEST = 3
_BLOCK = 1 << 20


@dataclass
class Allowance:
    """How many bytes all members of an archive may have; more are those of a bomb."""

    where: str
    bound: int
    used: int = 0

    def use(self, size: int) -> None:
        """Count a member before it is read."""
        self.used += size
        if self.used > self.bound:
            raise packed.bomb(self.where, self.bound)


class Archive:
    """An open archive, which owns its stream; its members by name.

    The folder of an archive within it is that archive's name without the ending. An archive that is damaged, points
    outside itself, holds links or devices, has two members of one name, or would fill the disk is refused.
    """

    def __init__(self, stream: IO[bytes], where: str, allowance: Allowance, depth: int = 1) -> None:
        self._where, self._allowance, self._depth = where, allowance, depth
        self._members: dict[str, Callable[[], IO[bytes]]] = {}  # also the archives within
        self._names: dict[str, tuple[str, str]] = {}  # the member, and the name in the archive that it may be
        self._inner: tuple[str, Archive] | None = None
        self._stack = ExitStack()
        self._stack.callback(stream.close)
        try:
            self._index(self._zip(stream) if _begins(stream, packed.ZIP) else self._tar(self._plain(stream)))
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the archive and what is open of it."""
        self._close_inner()
        self._stack.close()

    @property
    def names(self) -> list[str]:
        """The members without hidden ones, sorted."""
        return sorted(self._names)

    def open(self, name: str) -> IO[bytes]:
        """Open a member as it is stored. Of the archives within one is open at a time: read in the order of names."""
        member, inner = self._names[name]
        if not inner:
            return self._members[member]()
        if self._inner is None or self._inner[0] != member:
            self._close_inner()
            self._inner = (member, self._within(member, replace(self._allowance, used=0)))
        return self._inner[1].open(inner)

    def _close_inner(self) -> None:
        if self._inner is not None:
            self._inner[1].close()
            self._inner = None

    def _within(self, member: str, allowance: Allowance) -> Archive:
        where = f"{self._where}: {member}"
        if self._depth == _DEEPEST:
            raise InputError(
                f"{where} is an archive in {_DEEPEST} others", expected=f"at most {_DEEPEST} in each other",
                fix="unpack the outermost into a folder and give the folder",
            )  # fmt: skip
        stream = self._members[member]()
        if isinstance(stream, zipfile.ZipExtFile):  # which starts anew whenever it goes back
            stream = _spooled(iter(lambda: stream.read(_BLOCK), b""), stream)
        return Archive(stream, where, allowance, self._depth + 1)

    def _plain(self, stream: IO[bytes]) -> IO[bytes]:
        """Return a tar archive as plain bytes that can be read anywhere; a packed one is unpacked to no named file."""
        if not any(_begins(stream, magic) for magic in packed.MAGICS):
            return stream
        plain = _spooled(packed.blocks(stream, self._where), stream)
        self._stack.callback(plain.close)
        return plain

    def _tar(self, stream: IO[bytes]) -> Iterator[tuple[str, bool, Callable[[], IO[bytes]]]]:
        archive = self._stack.enter_context(tarfile.TarFile(fileobj=stream))
        for member in archive:
            self._check(member.name, plain=member.isfile() or member.isdir())
            self._allowance.use(member.size)  # before the next header is looked for
            yield member.name, member.isfile(), partial(_opened, archive, member)
        _check_end(archive)

    def _zip(self, stream: IO[bytes]) -> Iterator[tuple[str, bool, Callable[[], IO[bytes]]]]:
        archive = self._stack.enter_context(zipfile.ZipFile(stream))
        for info in packed.zip_files(archive, self._where):
            name = info.filename.replace("\\", "/")
            self._check(name, plain=stat.S_IFMT(info.external_attr >> 16) in (0, stat.S_IFREG))
            self._allowance.use(info.file_size)
            yield name, True, partial(archive.open, info)

    def _check(self, name: str, *, plain: bool) -> None:
        if name.startswith("/") or ".." in PurePosixPath(name).parts or not plain:
            raise InputError(
                f"{self._where} has the member {name}, which points outside the archive or is a link or device",
                expected="plain files",
                fix="do not use this archive",
            )

    def _index(self, members: Iterator[tuple[str, bool, Callable[[], IO[bytes]]]]) -> None:
        listed = []
        for written, is_file, open_ in members:
            name = str(PurePosixPath(written))
            if is_file and packed.is_visible(name):
                listed.append(name)
                self._members[name] = open_
        self._check_doubles(listed)
        found = []
        for name in listed:
            ending = ending_of(name)
            if not ending:
                found.append((name, (name, "")))
                continue
            with self._within(name, self._allowance) as inner:
                found += [(f"{name.removesuffix(name[-len(ending) :])}/{one}", (name, one)) for one in inner.names]
        self._check_doubles([name for name, _ in found])
        self._names = dict(found)

    def _check_doubles(self, listed: list[str]) -> None:
        twice = [name for name, n in Counter(listed).items() if n > 1]
        if twice:
            raise InputError(
                f"{self._where} has several members of one name: {few(twice)}", expected="every name once",
                fix="unpack it into a folder, keep the right ones, and give the folder",
            )  # fmt: skip


def ending_of(name: str) -> str:
    """Return the ending by which a name is that of an archive, or an empty text.

    Examples
    --------
    >>> ending_of("GSM1_BM.tar.gz"), ending_of("GSM1_counts.txt.gz")
    ('.tar.gz', '')
    """
    return max((ending for ending in ENDINGS if name.lower().endswith(ending)), key=len, default="")


def _begins(stream: IO[bytes], magic: bytes) -> bool:
    start = stream.read(len(magic))
    stream.seek(0)
    return start == magic


def _spooled(blocks: Iterator[bytes], stream: IO[bytes]) -> IO[bytes]:
    """Copy the blocks of a stream, which is closed, to a file without a name."""
    with stream:
        plain = cast("IO[bytes]", tempfile.TemporaryFile(prefix="fatescore-"))  # noqa: SIM115 (the archive closes it)
        try:
            plain.writelines(blocks)
        except BaseException:
            plain.close()
            raise
    plain.seek(0)
    return plain


def _opened(archive: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    return cast("IO[bytes]", archive.extractfile(member))


def _check_end(archive: tarfile.TarFile) -> None:
    """Refuse an archive without an end mark: tarfile takes a damaged or cut header for the end, and says nothing."""
    stream = cast("IO[bytes]", archive.fileobj)
    stream.seek(archive.offset)
    if stream.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise tarfile.ReadError("it breaks off, or is damaged, after its last readable member")

"""Whether a file that arrived is what its name says, and all of it."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from pathlib import Path

_BLOCK = 1 << 20
_GZIP = b"\x1f\x8b"
_HTML = (b"<!doctype html", b"<html", b"<head", b"<script")


class DamagedError(Exception):
    """The file is cut short or corrupted; asking again may help."""


class WrongContentError(Exception):
    """The file is something else altogether, such as a web page; asking again will not help."""


def check(path: Path, name: str) -> None:
    """Walk a file to its end.

    Parameters
    ----------
    path
        The file as it arrived.
    name
        The name it was asked for under; its ending says what it must be.

    Raises
    ------
    WrongContentError
        When it is empty, a web page, or not compressed although its name says so.
    DamagedError
        When gzip or tar end early or do not agree with their checksums.
    """
    with path.open("rb") as stream:
        head = stream.read(512)
    if not head:
        raise WrongContentError("the answer is empty")
    if _is_page(head) and not name.endswith((".html", ".htm")):
        raise WrongContentError("the answer is a web page, not the file")
    if name.endswith((".gz", ".tgz")):
        if not head.startswith(_GZIP):
            raise WrongContentError("the answer is not gzip although its name ends in .gz")
        _walk_gzip(path)
    if name.endswith((".tar", ".tar.gz", ".tgz")):
        _walk_tar(path)


def _is_page(head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_HTML)


def _walk_gzip(path: Path) -> None:
    try:
        with gzip.open(path) as stream:
            if _is_page(stream.read(512)):  # a page that was packed for the way passes for the file otherwise
                raise WrongContentError("the answer is a web page, not the file")
            while stream.read(_BLOCK):
                pass
    except (EOFError, OSError, zlib.error) as error:
        raise DamagedError(f"gzip cannot be read to its end ({error})") from error


def _walk_tar(path: Path) -> None:
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                stream = archive.extractfile(member) if member.isfile() else None
                if stream is None:
                    continue
                seen = 0
                while block := stream.read(_BLOCK):
                    seen += len(block)
                if seen != member.size:
                    raise DamagedError(f"tar member {member.name} has {seen} of {member.size} bytes")
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise DamagedError(f"tar cannot be read to its end ({error})") from error

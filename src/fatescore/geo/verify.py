"""Check that a file that arrived is what its name says, and complete."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from pathlib import Path

from fatescore.geo.transport import DamagedError, WrongContentError

_BLOCK = 1 << 20
_GZIP = b"\x1f\x8b"
_HTML = (b"<!doctype html", b"<html", b"<head", b"<script")


def check(path: Path, name: str) -> None:
    """Read a file to its end.

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
    if _is_html(head) and not name.endswith((".html", ".htm")):
        raise WrongContentError("the answer is a web page, not the file")
    if name.endswith((".gz", ".tgz")):
        if not head.startswith(_GZIP):
            raise WrongContentError("the answer is not gzip although its name ends in .gz")
        _check_gzip(path)
    if name.endswith((".tar", ".tar.gz", ".tgz")):
        _check_tar(path)


def _is_html(head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_HTML)


def _check_gzip(path: Path) -> None:
    try:
        with gzip.open(path) as stream:
            if _is_html(stream.read(512)):  # a page compressed in transfer would pass for the file
                raise WrongContentError("the answer is a web page, not the file")
            while stream.read(_BLOCK):
                pass
    except (EOFError, OSError, zlib.error) as error:
        raise DamagedError(f"gzip cannot be read to its end ({error})") from error


def _check_tar(path: Path) -> None:
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                stream = archive.extractfile(member) if member.isfile() else None
                if stream is None:
                    continue
                size = 0
                while block := stream.read(_BLOCK):
                    size += len(block)
                if size != member.size:
                    raise DamagedError(f"tar member {member.name} has {size} of {member.size} bytes")
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise DamagedError(f"tar cannot be read to its end ({error})") from error

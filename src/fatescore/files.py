"""Writing files whole or not at all, in the same bytes every time."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fatescore.errors import FatescoreError, InputError
from fatescore.typing import StrPath


@contextlib.contextmanager
def atomic_path(path: StrPath) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; rename it there when the block ends well.

    A block that raises, or a process that is killed, leaves nothing under the final name.
    The temporary name keeps the suffixes of ``path`` because writers choose a format by them.

    Raises
    ------
    InputError
        When a file cannot be made there.
    """
    target = Path(path)
    check_output(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".part-", suffix="-" + target.name, dir=target.parent)
    except OSError as error:
        raise _unwritable(target, error.strerror or str(error)) from error
    os.close(handle)
    part = Path(name)
    try:
        yield part
        mask = os.umask(0)
        os.umask(mask)
        part.chmod(0o666 & ~mask)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def check_output(path: StrPath) -> None:
    """Refuse a path that no file can be written to, before any work is done for it.

    A folder or a device (``/dev/null``) is not replaced by a file.

    Raises
    ------
    InputError
        Naming the path and what is in the way.
    """
    target = Path(path)
    try:
        if target.exists() and not target.is_file():
            raise _unwritable(target, "it is a folder" if target.is_dir() else "it is a device")
        folder = next(parent for parent in target.absolute().parents if parent.exists())
    except OSError as error:  # a name that is too long
        raise _unwritable(target, error.strerror or str(error)) from error
    if not folder.is_dir():
        raise _unwritable(target, f"{folder} is not a folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _unwritable(target, f"{folder} may not be written to")


def _unwritable(path: Path, why: str) -> InputError:
    return InputError(f"{path} cannot be written: {why}", expected="a path for a file", fix="choose another output")


def check_input(
    path: StrPath, expected: str, *, fix: str = "check the path", kind: type[FatescoreError] = InputError
) -> Path:
    """Return the path of a file that must be there; ``kind`` is the error raised when it is not."""
    source = Path(path)
    if not source.is_file():
        state = "is a folder" if source.is_dir() else "does not exist"
        raise kind(f"{source} {state}", expected=expected, fix=fix)
    return source


def write_text(path: StrPath, text: str) -> None:
    """Write ``text`` as UTF-8, atomically."""
    with atomic_path(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: StrPath, value: Any) -> None:
    """Write JSON with sorted keys, atomically."""
    write_text(path, json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n")


def sha256(path: StrPath) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

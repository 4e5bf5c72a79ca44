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

import pandas as pd

from fatescore import _keys
from fatescore.errors import InputError
from fatescore.typing import StrPath

# Identifiers stay text: a donor called 520 is not a number.
_TEXT_COLUMNS = (*_keys.IDENTITY, _keys.OBS_NAME, "reason", "note", "title", "gene", "field")


@contextlib.contextmanager
def atomic_path(path: StrPath) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; rename it there when the block ends well.

    A block that raises, or a process that is killed, leaves nothing under the final name.
    The temporary name keeps the suffixes of ``path`` because writers choose a format by them.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".part-", suffix="-" + target.name, dir=target.parent)
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


def write_text(path: StrPath, text: str) -> None:
    """Write ``text`` as UTF-8, atomically."""
    with atomic_path(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: StrPath, value: Any) -> None:
    """Write JSON with sorted keys, atomically."""
    write_text(path, json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n")


def write_tsv(path: StrPath, table: pd.DataFrame) -> None:
    """Write a table without its index as TSV; floats keep 10 significant digits, missing is empty."""
    with atomic_path(path) as part:
        table.to_csv(part, sep="\t", index=False, float_format="%.10g", lineterminator="\n")


def read_tsv(path: StrPath) -> pd.DataFrame:
    """Read a table written by :func:`write_tsv`; an empty file is an empty table."""
    source = Path(path)
    if not source.is_file():
        raise InputError(f"{source} does not exist", expected="a table", fix="check the path")
    if source.stat().st_size == 0:
        return pd.DataFrame()
    try:
        return pd.read_csv(source, sep="\t", dtype=dict.fromkeys(_TEXT_COLUMNS, str))
    except (ValueError, UnicodeDecodeError) as error:
        raise InputError(f"{source} cannot be read as a tab-separated table ({error})") from error


def sha256(path: StrPath) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

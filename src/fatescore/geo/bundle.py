"""Pack the files of a run into one archive for a machine without network, and restore them byte by byte."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

from fatescore._version import __version__
from fatescore.errors import InputError
from fatescore.files import atomic_path, sha256
from fatescore.typing import StrPath

MANIFEST = "fatescore-bundle.json"
_BLOCK = 1 << 20


def create_bundle(files: Iterable[StrPath], output: StrPath, *, root: StrPath = ".") -> list[str]:
    """Pack files; the same files give the same bytes.

    Parameters
    ----------
    files
        Paths below ``root``, or relative to it.
    output
        The archive, ``.tar``: most of its content is compressed already.
    root
        Folder that the paths in the archive are relative to.

    Returns
    -------
    The paths in the archive, sorted.

    Raises
    ------
    InputError
        For a path outside ``root``, or one that is no file.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> root = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (root / "a.txt").write_text("bone")
    >>> create_bundle(["a.txt"], root / "run.tar", root=root)
    ['a.txt']
    >>> restore_bundle(root / "run.tar", root / "there")
    ['a.txt']
    """
    base = Path(root).resolve()
    packed = {}
    for file in files:
        path = base / file
        if not path.is_file():
            raise InputError(f"{file} is not a file", expected="files to pack")
        if not path.resolve().is_relative_to(base):
            raise InputError(
                f"{file} is outside {base}", expected="files below the folder of the run", fix="move or copy it there"
            )
        packed[path.relative_to(base).as_posix()] = path
    names = sorted(packed)
    entries = [{"path": n, "size": packed[n].stat().st_size, "sha256": sha256(packed[n])} for n in names]
    text = json.dumps({"fatescore": __version__, "files": entries}, indent=1)
    with atomic_path(output) as part, tarfile.open(part, "w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(_member(MANIFEST, len(text.encode())), io.BytesIO(text.encode()))
        for name in names:
            with packed[name].open("rb") as stream:
                archive.addfile(_member(name, packed[name].stat().st_size), stream)
    return names


def restore_bundle(bundle: StrPath, dest: StrPath) -> list[str]:
    """Unpack a bundle and check every file; existing files with the same bytes are left alone.

    Parameters
    ----------
    bundle
        An archive from :func:`create_bundle`.
    dest
        Folder that gets the files.

    Returns
    -------
    The paths below ``dest``, sorted.

    Raises
    ------
    InputError
        When the archive is not a bundle, is damaged, holds a path that leads outside, or would change an existing
        file. Nothing is written under its final name then.
    """
    target = Path(dest)
    target.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(bundle) as archive, tempfile.TemporaryDirectory(dir=target, prefix=".part-") as scratch:
            entries = _read_entries(archive, bundle)
            for entry in entries:
                _unpack(archive, entry, Path(scratch), bundle)
            for entry in entries:
                final = target / entry["path"]
                if final.exists() and (not final.is_file() or sha256(final) != entry["sha256"]):
                    raise InputError(
                        f"{final} exists and differs from the one in {bundle}", fix="restore into another folder"
                    )
            for entry in entries:
                final = target / entry["path"]
                final.parent.mkdir(parents=True, exist_ok=True)
                (Path(scratch) / entry["path"]).replace(final)
    except (tarfile.TarError, EOFError) as error:
        raise _invalid(bundle, str(error)) from error
    return [entry["path"] for entry in entries]


def _member(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o644  # no time, no owner: the same bytes again
    return info


def _read_entries(archive: tarfile.TarFile, bundle: StrPath) -> list[dict[str, Any]]:
    first = archive.next()
    stream = archive.extractfile(first) if first is not None and first.name == MANIFEST and first.isfile() else None
    if stream is None:
        raise _invalid(bundle, f"it does not begin with {MANIFEST}")
    try:
        entries: list[dict[str, Any]] = json.loads(stream.read())["files"]
        for entry in entries:
            name = entry["path"]
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts or "\\" in name or not path.parts:
                raise _invalid(bundle, f'its path "{name}" leads outside')
            int(entry["size"]), str(entry["sha256"])
    except (ValueError, KeyError, TypeError) as error:
        raise _invalid(bundle, f"{MANIFEST} cannot be read") from error
    return entries


def _unpack(archive: tarfile.TarFile, entry: dict[str, Any], scratch: Path, bundle: StrPath) -> None:
    info = archive.next()
    stream = archive.extractfile(info) if info is not None and info.isfile() else None
    if info is None or stream is None or info.name != entry["path"] or info.size != entry["size"]:
        raise _invalid(bundle, f"{entry['path']} is missing or not as listed")
    part = scratch / entry["path"]
    part.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with part.open("wb") as out:
        while block := stream.read(_BLOCK):
            digest.update(block)
            out.write(block)
    if digest.hexdigest() != entry["sha256"]:
        raise _invalid(bundle, f"{entry['path']} is damaged")


def _invalid(bundle: StrPath, why: str) -> InputError:
    return InputError(
        f"{bundle} cannot be restored: {why}", expected="a whole archive from fatescore bundle create",
        fix="make or copy it anew",
    )  # fmt: skip

"""The manifest beside the fetched files: what was fetched from where, pinned by its hash."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from fatescore.errors import InputError
from fatescore.files import sha256, write_json

FILE_NAME = "manifest.json"


@dataclass
class Manifest:
    """The pinned files of one accession.

    ``files`` maps a path below the accession's folder to ``url``, ``size``, ``sha256`` and ``date``; ``kinds`` maps
    each kind that was fetched completely to its files, and ``notes`` to its notes, which are repeated when nothing
    is requested again.
    """

    accession: str
    base_url: str
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    kinds: dict[str, list[str]] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path, accession: str, base_url: str) -> Manifest:
        """Read the manifest of ``folder``; an absent one is empty."""
        path = folder / FILE_NAME
        if not path.exists():
            return cls(accession, base_url)
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            tables = (dict(content[name]) for name in ("files", "kinds", "notes"))
            return cls(content["accession"], content["base_url"], *tables)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{path} is not a manifest ({type(error).__name__})",
                expected="JSON written by fatescore fetch",
                fix="remove it to pin the files anew",
            ) from error

    def write(self, folder: Path) -> None:
        """Write the manifest."""
        write_json(folder / FILE_NAME, asdict(self))

    def is_intact(self, folder: Path, relative: str) -> bool:
        """Tell whether the file is there with the pinned size and hash."""
        pin = self.files.get(relative)
        path = folder / relative
        return (
            pin is not None and path.is_file() and path.stat().st_size == pin["size"] and sha256(path) == pin["sha256"]
        )

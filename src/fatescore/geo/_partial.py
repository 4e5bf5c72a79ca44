"""A file on its way here: what has arrived, and which version of the served file it belongs to.

It survives a killed process, so that the next run goes on where this one stopped. It is never spliced: the server is
asked for the rest of that very version (If-Range), and sends the whole file when it has another.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from fatescore.files import write_json

PREFIX = ".resume-"


@dataclass(frozen=True)
class Partial:
    """Bytes of a file that is to be at ``final``."""

    final: Path

    @property
    def path(self) -> Path:
        """Where the bytes are until the file is whole."""
        return self.final.with_name(PREFIX + self.final.name)

    @property
    def _note(self) -> Path:
        return self.final.with_name(f"{PREFIX}{self.final.name}.json")

    def resumable(self, url: str) -> tuple[int, str]:
        """Return how many bytes are here and the version they belong to; 0 where a new start is needed."""
        try:
            note = json.loads(self._note.read_text(encoding="utf-8"))
            size = self.path.stat().st_size
        except (OSError, ValueError):
            return 0, ""
        if not isinstance(note, dict) or note.get("url") != url or not note.get("version"):
            return 0, ""
        return size, str(note["version"])

    def begin(self, url: str, version: str) -> None:
        """Forget what is here; ``version`` names the served file, empty where it cannot be named."""
        self.discard()
        if version:
            write_json(self._note, {"url": url, "version": version})

    def finish(self) -> None:
        """Give the file its name."""
        self.path.replace(self.final)
        self.discard()

    def discard(self) -> None:
        """Remove what is here."""
        self._note.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)

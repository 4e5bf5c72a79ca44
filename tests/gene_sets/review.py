"""The review's sentences by locator, read from a text copy that does not ship with fatescore.

A copy is the plain text of the scan: full-width letters, italics that were read as Chinese characters, page numbers
between the lines, and sections that open with their number.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path


def read_review(path: Path) -> dict[str, str]:
    """Return ``SECTION:NUMBER`` -> sentence; a section's title is in its first sentence, section 0 is the front."""
    text = "".join(map(_decode_italic, unicodedata.normalize("NFKC", path.read_text(encoding="utf-8-sig"))))
    section, sections = "0", {"0": ""}
    for line in map(str.strip, text.splitlines()):
        if re.fullmatch(r"·\d+·", line):
            continue
        heading = re.fullmatch(r"(\d(?:\.\d){0,2})\s+(?=[^\d\s])(.*)", line)
        section, line = (heading[1], heading[2]) if heading else (section, line)
        sections[section] = sections.get(section, "") + line
    return {
        f"{section}:{number}": sentence
        for section, body in sections.items()
        for number, sentence in enumerate(filter(None, map(str.strip, body.split("。"))), start=1)
    }


def _decode_italic(character: str) -> str:
    """Decode an italic letter of the scan: in GBK its first byte is A0, the second its code with the high bit set."""
    code = b"" if character.isascii() else character.encode("gbk", "ignore")
    letter = chr(code[1] & 0x7F) if len(code) == 2 and code[0] == 0xA0 else ""
    return letter if letter.isalnum() else character

"""Collect the texts of pages and figures for translators: python docs/catalogues.py.

Writes ``src/fatescore/locale/en.pot`` and brings every ``<language>.po`` beside it up to date. New texts stand there
with an empty translation; texts that are gone are dropped.
"""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

SOURCE = Path(__file__).resolve().parents[1] / "src" / "fatescore"
LOCALE = SOURCE / "locale"

FILES = [("**.py", "python"), ("**.j2", "jinja2")]
OPTIONS = {"**.j2": {"silent": "false"}}
KEYWORDS = {"tr": None, "tr_n": (1, 2), "mark": None, "_": None, "ngettext": (1, 2)}


def collect() -> Catalog:
    """Return every text that the package shows, without translations."""
    catalogue = Catalog(header_comment="# Texts of fatescore's pages and figures.")
    for _, _, text, _, _ in extract_from_dir(SOURCE, FILES, OPTIONS, keywords=KEYWORDS, comment_tags=()):
        catalogue.add(text)
    return catalogue


def template(catalogue: Catalog) -> bytes:
    """Return the template for translators; without dates and line numbers it changes with the texts only."""
    stream = io.BytesIO()
    write_po(stream, catalogue, width=110, no_location=True, omit_header=True, sort_output=True)
    return stream.getvalue()


def update(path: Path, texts: Catalog) -> None:
    """Add new texts to a translation and drop those that are gone."""
    with path.open("rb") as stream:
        catalogue = read_po(stream, locale=path.stem)
    catalogue.update(texts, no_fuzzy_matching=True, update_creation_date=False)
    with path.open("wb") as stream:
        write_po(stream, catalogue, width=110, no_location=True, ignore_obsolete=True, sort_output=True)


def main() -> None:
    """Write the template and bring the translations up to date."""
    texts = collect()
    (LOCALE / "en.pot").write_bytes(template(texts))
    for path in sorted(LOCALE.glob("*.po")):
        update(path, texts)


if __name__ == "__main__":
    main()

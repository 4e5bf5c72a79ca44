"""Bring the translations of pages and figures up to date: python docs/catalogues.py.

New texts stand in every ``src/fatescore/locale/<language>.po`` with an empty translation; texts that are gone are
dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from fatescore.gene_sets import titles
from fatescore.pl.labels import CODES, WORDS
from fatescore.report.sentences import sentences_of_codes
from fatescore.tables import TABLES

SOURCE = Path(__file__).resolve().parents[1] / "src" / "fatescore"
LOCALE = SOURCE / "locale"

FILES = [("**.py", "python"), ("**.j2", "jinja2")]
OPTIONS = {"**.j2": {"silent": "false"}}
KEYWORDS = {"_": None, "gettext": None, "gettext_noop": None, "ngettext": (1, 2)}


def collect() -> Catalog:
    """Return every text that the package shows, without translations."""
    catalogue = Catalog()
    for _file, _line, text, _comments, _context in extract_from_dir(
        SOURCE, FILES, OPTIONS, keywords=KEYWORDS, comment_tags=()
    ):
        catalogue.add(text)
    for text in declared():
        catalogue.add(text)
    return catalogue


def declared() -> Iterator[str]:
    """Yield the texts that stand in declarations and data: of columns, tables, codes and gene sets."""
    for table in TABLES:
        yield table.meaning
        yield from (column.label for column in table.columns if not column.is_any)
    yield from CODES.values()
    yield from WORDS
    yield from titles().values()
    for sentences in sentences_of_codes().values():
        yield from (sentence for sentence in sentences if sentence != "{message}")


def update(path: Path, texts: Catalog) -> None:
    """Add new texts to a translation and drop those that are gone."""
    with path.open("rb") as stream:
        catalogue = read_po(stream, locale=path.stem)
    catalogue.update(texts, no_fuzzy_matching=True, update_creation_date=False)
    with path.open("wb") as stream:
        write_po(stream, catalogue, width=110, no_location=True, ignore_obsolete=True, sort_output=True)


def main() -> None:
    """Bring the translations up to date."""
    texts = collect()
    for path in sorted(LOCALE.glob("*.po")):
        update(path, texts)


if __name__ == "__main__":
    main()

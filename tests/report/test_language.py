"""The catalogues hold every text, and a page in another language shows none of them in English."""

from __future__ import annotations

import ast
import html
import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from fatescore import gene_sets, report
from fatescore.errors import InputError
from fatescore.i18n import CATALOGUES, LANGUAGES, current, gettext, language, ngettext
from fatescore.pl.labels import CODES, WORDS, code_label, label, measure_label
from fatescore.report.answers import answer
from fatescore.report.elements import cell_text
from fatescore.report.rendering import library
from fatescore.report.sentences import reason_text
from fatescore.tables import TABLES

SCRIPT = Path(__file__).parents[2] / "docs" / "catalogues.py"
OTHERS = [code for code in LANGUAGES if code != "en"]
CHINESE = re.compile("[\u4e00-\u9fff]")
# Terms that a Chinese paper writes in Latin letters too; the glossary explains them in Chinese.
TERMS = {"AUROC", "FDR", "Hedges' g", "fate_bias"}
NAME = re.compile(r"[\w-]+(/\w+)?", re.ASCII)  # of a pathway
CITATION = re.compile(r"[A-Z]\w+ (?:19|20)\d\d", re.ASCII)
FIELD = re.compile(r"\{(\w+(?::\w+)?)\}")
RUN = re.compile(r"[A-Za-z]{2,}(?:,? [a-z]{2,}){3,}")  # four English words in a row


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("catalogues", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read(path: Path) -> Catalog:
    with path.open("rb") as stream:
        return read_po(stream, locale=path.stem if path.suffix == ".po" else None)


def messages(code: str) -> list[Message]:
    return [message for message in read(CATALOGUES / f"{code}.po") if message.id]


def forms(text: Any) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def test_every_text_can_be_collected() -> None:
    """An f-string is not one text, and Babel sees no text inside of one."""
    for path in CATALOGUES.parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                assert not any(map(is_fixed, ast.walk(node))), f"{path}:{node.lineno}: text inside an f-string"
            if isinstance(node, ast.Call) and name_of(node) in {"_", "gettext", "ngettext", "gettext_noop"}:
                assert not any(isinstance(given, ast.JoinedStr) for given in node.args), f"{path}:{node.lineno}"


def is_fixed(node: ast.AST) -> bool:
    called = isinstance(node, ast.Call) and name_of(node) in {"_", "gettext", "ngettext", "gettext_noop"}
    return called and any(isinstance(given, ast.Constant) and isinstance(given.value, str) for given in node.args)


def name_of(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


@pytest.mark.parametrize("code", OTHERS)
def test_every_text_is_translated(script: ModuleType, code: str) -> None:
    catalogue = read(CATALOGUES / f"{code}.po")
    assert not catalogue.obsolete
    texts = {forms(message.id) for message in messages(code)}
    found = {forms(message.id) for message in script.collect() if message.id}
    assert texts == found, "run: python docs/catalogues.py"
    assert [message.id for message in messages(code) if message.fuzzy or not all(forms(message.string))] == []


@pytest.mark.parametrize("code", OTHERS)
def test_translations_keep_the_fields(code: str) -> None:
    for message in messages(code):
        fields = {field for text in forms(message.id) for field in FIELD.findall(text)}
        for text in forms(message.string):
            assert set(FIELD.findall(text)) == fields, message.id
            assert set(CITATION.findall(text)) == set(CITATION.findall(forms(message.id)[0])), message.id
            assert set(re.findall(r"_[A-Z-]+_", text)) == set(re.findall(r"_[A-Z-]+_", forms(message.id)[0])), (
                message.id
            )


def test_chinese_is_chinese() -> None:
    names = {title for title in gene_sets.titles().values() if NAME.fullmatch(title)}
    for message in messages("zh"):
        text = forms(message.id)[0]
        for said in forms(message.string):
            in_letters = re.search("[A-Za-z]", FIELD.sub("", text)) and text not in TERMS | names
            assert CHINESE.search(said) or not in_letters, text
            assert not RUN.search(said), text


@pytest.mark.parametrize("code", OTHERS)
def test_headings_stay_distinct(code: str) -> None:
    english = {column.label for table in TABLES for column in table.columns if not column.is_any} | set(WORDS)
    with language(code):
        assert len({gettext(text) for text in english}) == len(english)


@pytest.mark.parametrize("code", OTHERS)
def test_every_column_has_a_heading(code: str) -> None:
    known = {column.label for table in TABLES for column in table.columns if not column.is_any} - {"set:<gene set>"}
    with language(code):
        for column in {column for table in TABLES for column in table.columns if column.label in known}:
            assert CHINESE.search(label(column)) or label(column) in TERMS, column


def test_a_heading_of_several_columns_names_its_part() -> None:
    with language("zh"):
        assert label("fraction_muscle") == "肌肉细胞比例"
        assert label("set:wnt_canonical") == "经典 Wnt 通路"


def test_every_code_has_a_chinese_label() -> None:
    with language("zh"):
        assert all(CHINESE.search(code_label(code)) for code in CODES)


def test_a_title_of_a_gene_set_is_translated_or_a_name() -> None:
    with language("zh"):
        for name, title in gene_sets.titles().items():
            assert CHINESE.search(measure_label(name)) or NAME.fullmatch(title), title


def test_names_are_never_translated() -> None:
    with language("zh"):
        for column in ("dataset", "sample", "donor", "condition", "case", "control", "contrast", "gene"):
            assert cell_text(column, "failed") == "failed"
        assert cell_text("status", "failed") == "失败"


def test_the_language_ends_with_its_block() -> None:
    with pytest.raises(InputError, match='no pages in the language "xx"'), language("xx"):
        pass
    with language("zh"):
        assert (current(), ngettext("{n} donor", "{n} donors", 1), gettext("unheard of")) == (
            "zh",
            "{n} 个供体",
            "unheard of",
        )
    assert (current(), ngettext("{n} donor", "{n} donors", 1)) == ("en", "{n} donor")


@pytest.fixture(scope="module")
def pages(results: Any) -> dict[str, str]:
    with language("zh"):
        made = {name: report.dataset_page(tables) for name, tables in results.tables.items()}
        return made | {"summary": report.summary_page(results.summary())}


def shown(page: str) -> Iterator[str]:
    """Yield every text of a page that a reader sees: between tags, in labels, and inside charts."""
    data = re.findall(r'<script type="application/json" data-chart[^>]*>(.*?)</script>', page, re.DOTALL)
    for one in map(json.loads, data):
        yield from strings(one)
    body = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.DOTALL)
    body = re.sub(r'<ul class="references">.*?</ul>', " ", body, flags=re.DOTALL)  # titles of papers
    yield from (html.unescape(text) for text in re.findall(r'(?:aria-label|title|alt)="([^"]*)"', body))
    yield html.unescape(re.sub(r"<[^>]*>", "\n", body))


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from strings(one)


def test_a_chinese_page_says_so(pages: dict[str, str]) -> None:
    for page in pages.values():
        assert '<html lang="zh-CN">' in page
        assert "自由文本" in page


def test_a_chinese_page_has_no_english_sentence(pages: dict[str, str], results: Any) -> None:
    free = {reason_text(one.reason) for tables in results.tables.values() for one in tables.statuses}
    free |= {
        note for tables in results.tables.values() for one in tables.statuses for note in one.facts.get("notes", ())
    }
    free |= {str(one.facts.get("title", "")) for tables in results.tables.values() for one in tables.statuses}
    free |= {"Osteoporosis and the fate of marrow stroma"}
    for name, page in pages.items():
        for text in shown(page):
            for known in sorted(free - {""}, key=len, reverse=True):
                text = text.replace(known, "")
            assert RUN.findall(text) == [], name


def test_an_english_page_has_no_chinese(results: Any) -> None:
    page = report.summary_page(results.summary())
    assert '<html lang="en">' in page
    assert not CHINESE.search(re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL))


def test_numbers_are_the_same_in_every_language(results: Any, pages: dict[str, str]) -> None:
    english = report.dataset_page(results.tables["GSE1"])
    order = r'data-order="([^"]*)"'
    assert re.findall(order, pages["GSE1"]) == re.findall(order, english)
    assert len(re.findall(order, english)) > 100


def test_in_english_the_libraries_speak_their_own_words(results: Any) -> None:
    page = report.summary_page(results.summary())
    found = re.search(r'id="library-texts">(.*?)</script>', page)
    assert found is not None
    words = json.loads(found[1])
    vega = str(library("vega"))
    assert all(f'{key}:"{text}"' in vega for key, text in words["chart"].items())
    import itables

    tables = (Path(itables.__file__).parent / "html" / "dt_bundle.js").read_text(encoding="utf-8")
    said = {key: text for key, text in words["table"].items() if isinstance(text, str)}
    assert all(f's{key[0].upper()}{key[1:]}:"{text}"' in tables for key, text in said.items())
    assert all(f'{key}:"{text}"' in tables for key, text in words["table"]["entries"].items())
    sorting = {key: text for key, text in words["table"]["aria"].items() if isinstance(text, str)}
    for key, text in {**sorting, **words["table"]["aria"]["paginate"]}.items():
        assert f'{key}:"{text}"' in tables


@pytest.mark.parametrize("code", LANGUAGES)
def test_names_that_look_like_fields_are_names(results: Any, code: str) -> None:
    row = results.tables["kit"].contrasts.set_index("measure").loc["fate_bias"].to_dict()
    evil = "{0} {case} %s <b>"
    row |= {"case": evil, "dataset": evil, "audit_verdict": "completely_confounded", "audit_fields": evil}
    with language(code):
        found = answer(row)
    assert found.headline.count(evil) == 3  # the data set, the case and the field of the warning
    assert evil in found.title
    assert evil in found.verdict

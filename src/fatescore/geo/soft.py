"""Read a family SOFT file: series, platforms and samples with their tables."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from fatescore import packed
from fatescore.errors import InputError
from fatescore.geo.matrix_header import SampleFields
from fatescore.geo.series_matrix import MISSING
from fatescore.typing import StrPath

_TEXT = pd.StringDtype("pyarrow")
_MOST_COLUMNS = 1_000  # nothing that describes probes has more; a column of text takes pyarrow milliseconds
_PLATFORMS = ("PLATFORM", "ANNOTATION")
_ENTITY = re.compile(r"^\^\s*(\w+)\s*=?\s*(.*)$")


@dataclass
class SoftEntity:
    """One ``^ENTITY``: its fields without prefix, and its table as text."""

    kind: str
    name: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    table: pd.DataFrame | None = None


@dataclass
class SoftFamily:
    """The content of a family SOFT file, by accession."""

    series: dict[str, SoftEntity] = field(default_factory=dict)
    platforms: dict[str, SoftEntity] = field(default_factory=dict)
    samples: dict[str, SoftEntity] = field(default_factory=dict)

    def sample_table(self) -> pd.DataFrame:
        """Return samples x fields, as :attr:`SeriesMatrix.samples`."""
        columns = SampleFields(len(self.samples))
        for position, entity in enumerate(self.samples.values()):
            for name, cells in entity.fields.items():
                if name == "geo_accession":
                    continue
                for cell in cells:
                    columns.add(position, name, cell)
        return columns.table(list(self.samples))

    def values(self, platform: str = "") -> pd.DataFrame:
        """Return probes x samples of one platform, float64, from the columns ``VALUE``.

        Raises
        ------
        InputError
            When several platforms have samples and none is named, or a value is not a number.
        """
        platforms = {name: (entity.fields.get("platform_id") or [""])[0] for name, entity in self.samples.items()}
        with_values = sorted({platforms[name] for name, entity in self.samples.items() if entity.table is not None})
        if not platform and len(with_values) > 1:
            raise InputError(
                f"the family has samples on {', '.join(with_values)}", expected="one platform", fix="name the platform"
            )
        chosen = platform or (with_values[0] if with_values else "")
        parts: list[pd.DataFrame] = []
        for name, entity in self.samples.items():
            part = _values(entity, parts[0].index if parts else pd.Index([])) if platforms[name] == chosen else None
            parts += [] if part is None else [part]
        return pd.concat(parts, axis=1) if parts else pd.DataFrame(dtype=float)


def read_soft(path: StrPath) -> SoftFamily:
    """Read a SOFT file (family, platform or sample), plain or gzip, line by line.

    Parameters
    ----------
    path
        ``*.soft[.gz]`` or the text download of a platform or sample.

    Raises
    ------
    InputError
        When the file cannot be read to its end or has no entity.
    """
    source = Path(path)
    family = SoftFamily()
    by_kind = {"SERIES": family.series, "PLATFORM": family.platforms, "ANNOTATION": family.platforms,
               "SAMPLE": family.samples}  # fmt: skip
    with _whole(source):
        for entity in _entities(source):
            if entity.kind in by_kind:
                by_kind[entity.kind][entity.name] = entity
    if not (family.series or family.platforms or family.samples):
        raise InputError(f"{source} has no line that starts with ^", expected="a SOFT file", fix="check the file")
    return family


def read_platform(path: StrPath, platform: str = "") -> pd.DataFrame | None:
    """Return the table of a platform of a SOFT file, reading no further; ``None`` where there is none.

    Parameters
    ----------
    path
        ``*.soft[.gz]``, ``GPL*.annot.gz`` or the text download of a platform.
    platform
        Which platform, by accession; the first that has a table without it. GEO's annotation files do not say theirs.
    """
    source = Path(path)
    with _whole(source), contextlib.closing(_entities(source)) as entities:
        for entity in entities:
            fits = not platform or entity.name == platform or entity.kind == "ANNOTATION"
            if entity.kind in _PLATFORMS and fits and entity.table is not None:
                return entity.table
    return None


@contextlib.contextmanager
def _whole(source: Path) -> Iterator[None]:
    try:
        yield
    except packed.DAMAGE as error:
        raise InputError(
            f"{source} cannot be read ({error})", expected="a whole SOFT file", fix="fetch it again"
        ) from error


def _entities(source: Path) -> Generator[SoftEntity, None, None]:
    entity: SoftEntity | None = None
    rows: list[bytes] | None = None
    for raw in packed.lines(source):
        if rows is not None and not _ends_table(raw):
            if raw.strip():
                rows.append(raw)
            continue
        line = _decode(raw)
        prefix = line[:1]
        if prefix == "^":
            if entity is not None:
                yield _with_table(entity, rows)
            match = _ENTITY.match(line)
            entity, rows = (SoftEntity(match[1].upper(), match[2].strip()) if match else None), None
        elif entity is None or not prefix:
            continue
        elif prefix == "!" and "table_begin" in line.lower():
            rows = rows or []
        elif prefix == "!" and "table_end" in line.lower():
            _with_table(entity, rows)
            rows = None
        elif prefix == "!":
            _add_field(entity, line)
        elif line.startswith("#VALUE ") and entity.kind == "SAMPLE":
            entity.fields.setdefault("value_definition", []).append(line.partition("=")[2].strip())
    if entity is not None:
        yield _with_table(entity, rows)


def _ends_table(raw: bytes) -> bool:
    return raw[:1] == b"^" or (raw[:1] == b"!" and raw.lower().startswith((b"!platform_table", b"!sample_table")))


def _decode(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return text.rstrip("\r\n").replace("\r", " ")  # a lone carriage return belongs to its line


def _add_field(entity: SoftEntity, line: str) -> None:
    name, equals, value = line[1:].partition("=")
    if equals:
        prefix = f"{entity.kind.lower()}_"
        key = name.strip()
        key = key[len(prefix) :] if key.lower().startswith(prefix) else key
        entity.fields.setdefault(key, []).append(value.strip())


def _with_table(entity: SoftEntity, rows: list[bytes] | None) -> SoftEntity:
    """Parse the collected lines into the entity's table."""
    if rows:
        names = _unique_names(_decode(rows[0]).rstrip("\t").split("\t"))
        if not rows[1:]:
            entity.table = pd.DataFrame(columns=pd.Index(names), dtype=str)
        else:
            table = _read_fast(b"".join(rows[1:]), names)
            entity.table = _read_ragged(rows[1:], names) if table is None else table
    return entity


def _read_fast(body: bytes, names: list[str]) -> pd.DataFrame | None:
    """Read rows that all have the header's width, fast and into little memory; ``None`` when one has not."""
    if b"\r" in body:
        body = body.replace(b"\r\n", b"\n").replace(b"\r", b" ")
    try:
        table = arrow_csv.read_csv(
            pa.py_buffer(body),
            arrow_csv.ReadOptions(column_names=names),
            arrow_csv.ParseOptions(delimiter="\t", quote_char=False),
            arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
        )
    except pa.ArrowException:
        return None
    frame: pd.DataFrame = table.to_pandas(types_mapper={pa.string(): _TEXT}.get)
    return frame


def _read_ragged(rows: list[bytes], names: list[str]) -> pd.DataFrame:
    lines = (_decode(row).split("\t")[: len(names)] for row in rows)
    cells = [line + [""] * (len(names) - len(line)) for line in lines]
    return pd.DataFrame(cells, columns=pd.Index(names), dtype=_TEXT)


def _unique_names(names: list[str]) -> list[str]:
    counts: dict[str, int] = {}
    out = []
    for name in names:
        clean = name.strip().strip('"')
        counts[clean] = counts.get(clean, 0) + 1
        out.append(clean if counts[clean] == 1 else f"{clean}.{counts[clean]}")
    return out


def _values(entity: SoftEntity, index_before: pd.Index) -> pd.DataFrame | None:
    """Return the entity's numbers; an index equal to ``index_before`` is that very object, to save memory."""
    if entity.table is None or "VALUE" not in entity.table:
        return None
    text = entity.table["VALUE"].str.strip()
    missing = text.isin(MISSING)
    number = _numbers(text.mask(missing))
    wrong = number.isna() & ~missing
    if wrong.any():
        raise InputError(f'{entity.name} has "{text[wrong].iloc[0]}" in column VALUE', expected="a number")
    index = pd.Index(entity.table.iloc[:, 0].str.strip(), dtype=object)
    if not index.is_unique:
        raise InputError(f'{entity.name} has the row "{index[index.duplicated()][0]}" twice', expected="one per probe")
    index = index_before if index.equals(index_before) else index
    return pd.DataFrame({entity.name: number.to_numpy(dtype=float)}, index=index)


def _numbers(text: pd.Series[str]) -> pd.Series[float]:
    """Return exact numbers, fast where all are plain; pandas.to_numeric misses the last digit."""
    try:
        exact = pc.cast(pa.array(text, pa.string(), from_pandas=True), pa.float64())
        return pd.Series(exact.to_numpy(zero_copy_only=False), index=text.index)
    except pa.ArrowInvalid:  # a word, or a plus sign, which only Python reads
        return text.astype(object).map(exact_number)


def exact_number(cell: object) -> float:
    """Return the number nearest to what is written, NaN where it is none."""
    try:
        return float(str(cell)) if "_" not in str(cell) else float("nan")
    except ValueError:
        return float("nan")


def plain_table(data: bytes) -> pd.DataFrame:
    """Read a table without SOFT around it, as a browser shows it or a person writes it; ``#`` lines are comments."""
    rows = [row for row in data.splitlines() if row.strip() and not row.startswith(b"#")]
    wide = bool(rows) and rows[0].count(b"\t") > _MOST_COLUMNS
    table = _with_table(SoftEntity("PLATFORM", ""), rows).table if rows and not wide else None
    return pd.DataFrame() if table is None else table

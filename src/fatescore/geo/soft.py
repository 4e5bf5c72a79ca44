"""Read a family SOFT file: series, platforms and samples with their tables."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from fatescore.errors import InputError
from fatescore.geo.series_matrix import MISSING, SampleFields
from fatescore.typing import StrPath

_ENTITY = re.compile(r"^\^\s*(\w+)\s*=?\s*(.*)$")


@dataclass
class SoftEntity:
    """One ``^ENTITY``: its fields without prefix, the table's column descriptions, the table as text."""

    kind: str
    name: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
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

    def values(self, platform: str = "", column: str = "VALUE") -> pd.DataFrame:
        """Return probes x samples of one platform, float64.

        Raises
        ------
        InputError
            When several platforms have samples and none is named, or a value is not a number.
        """
        of = {name: (entity.fields.get("platform_id") or [""])[0] for name, entity in self.samples.items()}
        found = sorted({of[name] for name, entity in self.samples.items() if entity.table is not None})
        if not platform and len(found) > 1:
            raise InputError(
                f"the family has samples on {', '.join(found)}", expected="one platform", fix="name the platform"
            )
        chosen = platform or (found[0] if found else "")
        parts = [_values(entity, column) for name, entity in self.samples.items() if of[name] == chosen]
        tables = [part for part in parts if part is not None]
        return pd.concat(tables, axis=1) if tables else pd.DataFrame(dtype=float)


def read_soft(path: StrPath, *, tables: bool = True) -> SoftFamily:
    """Read a SOFT file (family, platform or sample), plain or gzip, line by line.

    Parameters
    ----------
    path
        ``*.soft[.gz]`` or the text download of a platform or sample.
    tables
        Read the tables too.

    Raises
    ------
    InputError
        When the file cannot be read to its end or has no entity.
    """
    source = Path(path)
    family = SoftFamily()
    homes = {"SERIES": family.series, "PLATFORM": family.platforms, "ANNOTATION": family.platforms,
             "SAMPLE": family.samples}  # fmt: skip
    try:
        for entity in _entities(source, tables):
            home = homes.get(entity.kind)
            if home is not None:
                home[entity.name] = entity
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"{source} cannot be read ({error})", expected="a whole SOFT file", fix="fetch it again"
        ) from error
    if not (family.series or family.platforms or family.samples):
        raise InputError(f"{source} has no line that starts with ^", expected="a SOFT file", fix="check the file")
    return family


def _entities(source: Path, tables: bool) -> Iterator[SoftEntity]:
    entity: SoftEntity | None = None
    rows: list[str] | None = None
    for line in _lines(source):
        mark = line[:1]
        if rows is not None and mark != "^" and not line.lower().startswith(("!platform_table", "!sample_table")):
            if tables and line.strip():
                rows.append(line)
            continue
        if mark == "^":
            if entity is not None:
                yield _closed(entity, rows)
            match = _ENTITY.match(line)
            entity, rows = (SoftEntity(match[1].upper(), match[2].strip()) if match else None), None
        elif entity is None or not mark:
            continue
        elif mark == "!" and "table_begin" in line.lower():
            rows = rows or []
        elif mark == "!" and "table_end" in line.lower():
            _closed(entity, rows)
            rows = None
        elif mark == "!":
            _field(entity, line)
        elif mark == "#":
            name, _, text = line[1:].partition("=")
            entity.columns[name.strip()] = text.strip()
    if entity is not None:
        yield _closed(entity, rows)


def _lines(source: Path) -> Iterator[str]:
    with source.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
    # newline="\n": a lone carriage return belongs to its line.
    with gzip.open(source, "rb") if packed else source.open("rb") as stream:
        for line in stream:
            try:
                text = line.decode("utf-8")
            except UnicodeDecodeError:
                text = line.decode("latin-1")
            yield text.rstrip("\r\n").replace("\r", " ")


def _field(entity: SoftEntity, line: str) -> None:
    name, equals, value = line[1:].partition("=")
    if equals:
        prefix = f"{entity.kind.lower()}_"
        key = name.strip()
        key = key[len(prefix) :] if key.lower().startswith(prefix) else key
        entity.fields.setdefault(key, []).append(value.strip())


def _closed(entity: SoftEntity, rows: list[str] | None) -> SoftEntity:
    """Turn the collected lines into the entity's table."""
    if rows:
        width = rows[0].rstrip("\t").count("\t") + 1
        text = "\n".join(row if row.count("\t") < width else "\t".join(row.split("\t")[:width]) for row in rows[1:])
        names = _unrepeated(rows[0].rstrip("\t").split("\t"))
        entity.table = pd.read_csv(
            io.StringIO(text), sep="\t", dtype=str, quoting=3, keep_default_na=False, names=names, header=None,
            index_col=False,
        ).fillna("") if text else pd.DataFrame(columns=pd.Index(names), dtype=str)  # fmt: skip
    return entity


def _unrepeated(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    out = []
    for name in names:
        clean = name.strip().strip('"')
        seen[clean] = seen.get(clean, 0) + 1
        out.append(clean if seen[clean] == 1 else f"{clean}.{seen[clean]}")
    return out


def _values(entity: SoftEntity, column: str) -> pd.DataFrame | None:
    if entity.table is None or column not in entity.table:
        return None
    text = entity.table[column].str.strip()
    number = pd.to_numeric(text.where(~text.isin(MISSING)), errors="coerce")
    wrong = number.isna() & ~text.isin(MISSING)
    if wrong.any():
        raise InputError(f'{entity.name} has "{text[wrong].iloc[0]}" in column {column}', expected="a number")
    index = pd.Index(entity.table.iloc[:, 0].str.strip(), dtype=object)
    if not index.is_unique:
        raise InputError(f'{entity.name} has the row "{index[index.duplicated()][0]}" twice', expected="one per probe")
    return pd.DataFrame({entity.name: number.to_numpy(dtype=float)}, index=index)

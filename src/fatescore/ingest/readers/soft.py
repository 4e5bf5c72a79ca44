"""Layout ``soft``: the values are in a family SOFT file, one table per sample, beside their platform's own table."""

from __future__ import annotations

import fnmatch
import re
from collections import Counter
from pathlib import Path

import pandas as pd

from fatescore.errors import InputError, few
from fatescore.geo import SeriesMatrix, SoftFamily, read_soft
from fatescore.geo.series_matrix import MISSING
from fatescore.ingest.matrix import Located, Raw, ReadOptions, platforms_near
from fatescore.ingest.readers import Layout, register, series_matrix

LAYOUT: Layout = register(
    Layout(
        name="soft",
        title="SOFT files",
        endings=(".soft", ".soft.txt"),
        starts=re.compile(rb"\^"),  # GEO's text download of a sample or a platform is called .txt
        open=lambda path, file: locate_platform(path, read_soft(path), file, platforms_near(path)),
        read=lambda located, options: _read(located, options),
    )
)


def _read(located: Located, options: ReadOptions) -> Raw:
    raw = series_matrix.read(located, options.organism)
    raw.note_absent_samples()
    return raw


def has_values(family: SoftFamily, file: str = "") -> bool:
    """Tell whether samples have values, on a platform that fits; a family may be metadata only."""
    return bool(_fitting(_platforms(family), file))


def locate_platform(path: Path, family: SoftFamily, file: str, platforms: Path) -> Located:
    """Return one platform of a family, in the form of a series matrix, and that platform's own table.

    ``file`` is a pattern that chooses among its platforms with values, such as ``GPL96``; ``platforms`` the folder with
    their annotations.
    """
    found = _platforms(family)
    chosen = _fitting(found, file)
    if len(chosen) != 1:
        raise _not_one(path, found, chosen, file)
    samples = family.sample_table()
    on_it = samples.get("platform_id", pd.Series("", index=samples.index)) == chosen[0]
    fields = next((entity.fields for entity in family.series.values()), {})
    series = {**fields, "platform_id": [chosen[0]]}  # the series names its other platforms too
    platform = family.platforms.get(chosen[0])
    matrix = SeriesMatrix(series, samples[on_it], family.values(chosen[0]))
    return Located("soft", path, matrix, path, platforms, annotation=None if platform is None else platform.table)


def _fitting(platforms: dict[str, int], file: str) -> list[str]:
    return [name for name in platforms if not file or fnmatch.fnmatch(name, file)]


def _platforms(family: SoftFamily) -> dict[str, int]:
    """Return how many samples with values each platform has."""
    filled = [
        one
        for one in family.samples.values()
        if one.table is not None and "VALUE" in one.table and not one.table["VALUE"].str.strip().isin(MISSING).all()
    ]
    return dict(sorted(Counter((one.fields.get("platform_id") or [""])[0] for one in filled).items()))


def _not_one(path: Path, found: dict[str, int], chosen: list[str], file: str) -> InputError:
    listed = few([f"{name or '(unnamed)'} ({n} samples)" for name, n in found.items()], 20)
    if not found:
        return InputError(
            f"{path} has no sample table with values in a column VALUE", expected="values in the SOFT file",
            fix="use the supplementary files",
        )  # fmt: skip
    what = f'no platform that fits "{file}"' if not chosen else "values on several platforms"
    return InputError(
        f"{path} has {what}: {listed}", expected="one platform",
        fix=f'set "file" for this data set to one of them, such as {next(iter(found))}',
    )  # fmt: skip

"""Compare the tables and h5ad files of two runs, cell by cell, across a change of names.

    python benchmarks/compare_runs.py OLD NEW [--names benchmarks/compare_runs_e7d5d50.json]

OLD and NEW are results folders. The JSON maps old names to new ones: ``tables`` {old: new}, ``columns`` {table: {old:
new}}, ``values`` {table: {column: {old: new}}}, ``rewritten`` {table: {column: [[pattern, replacement], ...]}} and
``dropped`` {table: [columns that went]}. Every number must be the same text (10 significant digits in TSV), or the same
bits (Parquet, h5ad). What differs is listed; exit status 1 if anything does.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd


def frame(path: Path) -> pd.DataFrame:
    if path.stat().st_size == 0:
        return pd.DataFrame()
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    return pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)


def same(a: pd.Series, b: pd.Series) -> bool:
    if pd.api.types.is_numeric_dtype(a) and pd.api.types.is_numeric_dtype(b):
        return np.array_equal(a.to_numpy(float), b.to_numpy(float), equal_nan=True)
    first, second = (one.astype(object).where(one.notna(), "").astype(str).tolist() for one in (a, b))
    return first == second


def compare_tables(name: str, old: pd.DataFrame, new: pd.DataFrame, names: dict) -> tuple[int, list[str]]:
    columns = names["columns"].get("*", {}) | names["columns"].get(name, {})
    values = names["values"].get(name, {})
    dropped = set(names["dropped"].get(name, []))
    if len(old) != len(new):
        return 0, [f"{len(old)} rows became {len(new)}"]
    found, cells = [], 0
    for column in old.columns:
        if column in dropped:
            continue
        now = columns.get(column, column)
        if now not in new:
            found.append(f"column {column} ({now}) is gone")
            continue
        before = old[column]
        for pattern, new_text in names["rewritten"].get(name, {}).get(column, ()):
            before = before.map(lambda v, p=pattern, t=new_text: re.sub(p, t, v))
        if column in values:
            before = before.map(lambda v, m=values[column]: m.get(v, v))
        cells += len(old)
        if not same(before, new[now]):
            bad = [(x, y) for x, y in zip(before.astype(str), new[now].astype(str), strict=True) if x != y]
            found.append(f"column {column}: {len(bad)} of {len(old)} differ, such as {bad[:2]}")
    return cells, found


def compare_h5ad(old: Path, new: Path, names: dict) -> tuple[int, list[str]]:
    if not old.stat().st_size or not new.stat().st_size:
        return 0, [] if old.stat().st_size == new.stat().st_size else ["one is empty"]
    a, b = ad.read_h5ad(old), ad.read_h5ad(new)
    found, cells = [], 0
    if a.shape != b.shape:
        return 0, [f"shape {a.shape} became {b.shape}"]
    for what in ("X", *a.layers):
        x, y = (m.X if what == "X" else m.layers[what] for m in (a, b))
        x, y = (np.asarray(m.todense() if hasattr(m, "todense") else m) for m in (x, y))
        cells += x.size
        if not np.array_equal(x, y, equal_nan=True):
            found.append(f"{what} differs in {int((x != y).sum())} values")
    for part in ("obs", "var"):
        n, f = compare_tables(part, getattr(a, part).reset_index(), getattr(b, part).reset_index(), names)
        cells, found = cells + n, found + [f"{part}: {one}" for one in f]
    for key in a.obsm:
        x, y = (m.obsm.get(key) for m in (a, b))
        cells += np.size(x)
        if y is None or not np.array_equal(np.asarray(x, float), np.asarray(y, float), equal_nan=True):
            found.append(f"obsm {key} differs")
    return cells, found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--names", type=Path)
    args = parser.parse_args()
    names: dict = {"tables": {}, "columns": {}, "values": {}, "rewritten": {}, "dropped": {}}
    names |= json.loads(args.names.read_text()) if args.names else {}
    total, files, bad = 0, 0, 0
    for path in sorted([*args.old.rglob("*.tsv"), *args.old.rglob("*.parquet"), *args.old.rglob("*.h5ad")]):
        place = path.relative_to(args.old)
        if place.parts[0] in ("logs", "benchmarks") or path.name == "data_dictionary.tsv":
            continue
        now = args.new / place.with_name(names["tables"].get(path.name, path.name))
        if not now.exists():
            print(f"{place}: no {now.name}")
            bad += 1
            continue
        if path.suffix == ".h5ad":
            cells, found = compare_h5ad(path, now, names)
        else:
            cells, found = compare_tables(path.stem, frame(path), frame(now), names)
        total, files, bad = total + cells, files + 1, bad + bool(found)
        for one in found:
            print(f"{place}: {one}")
    print(f"{files} files, {total:,} values compared, {bad} files differ")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())

"""Tables of miRNA targets as miRTarBase and TargetScan give them, one gene set per miRNA.

Columns are those of their downloads. A target has a negative weight: the score of a set is the activity of its
miRNA, which is high where the targets are low.
"""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd

from fatescore import organisms
from fatescore._extras import how_to_install
from fatescore.errors import InputError
from fatescore.typing import Organism

_SPECIES_PREFIX = r"^(?!mir-|let-|lin-)([a-z]{3,5})-"  # families (miR-21, let-7) are of no one species
_TARGETSCAN_MIRNA = ("mirna", "representative mirna", "mir family")
_TARGETSCAN_SPECIES = ("species id", "gene tax id")
_TARGETSCAN_SCORE = (
    "cumulative weighted context++ score",
    "weighted context++ score",
    "total context++ score",
    "context++ score",
)
_NO_SCORE = ("", "NULL")
_EXPECTED = 'the columns "miRNA" and "Target Gene" (miRTarBase), or "miR Family" and "Gene Symbol" (TargetScan)'


def read(path: Path, organism: Organism, *, weak: bool = True) -> tuple[dict[str, dict[str, float]], list[str]]:
    """Read a table of miRNA targets (``.csv``, ``.xlsx`` or tab separated; text may be gzipped) and notes on it.

    The sets are ``miRNA -> {target: weight below 0}``, names sorted. Rows of another species are left out where the
    table says the species, rows of non-functional pairs always, rows of weak evidence unless ``weak``.
    """
    table = _table(path)
    found = ", ".join(str(name) for name in table.columns[:6])
    columns = [" ".join(str(name).split()).casefold() for name in table.columns]
    if len(set(columns)) < len(columns):
        raise InputError(f"{path} has two columns of one name ({found})", expected=_EXPECTED)
    table.columns = pd.Index(columns)
    if not is_header(columns):
        raise InputError(f"{path} is no table of miRNA targets (columns {found})", expected=_EXPECTED)
    if {"mirna", "target gene"} <= set(columns):
        pairs, notes = _mirtarbase(table, organism, weak)
    else:
        pairs, notes = _targetscan(table, organism, path)
    pairs = pairs[(pairs["mirna"] != "") & (pairs["gene"] != "")]
    if pairs.empty:
        raise InputError(f"{path} has no targets for {organism}", fix="check the organism and the species columns")
    pairs = pairs.sort_values(["mirna", "gene"], kind="stable")
    groups = pairs.groupby("mirna", sort=False)
    return {str(name): dict(zip(rows["gene"], rows["weight"], strict=True)) for name, rows in groups}, notes


def is_header(columns: Collection[str]) -> bool:
    """Tell whether these names, in small letters, are the columns of a table of miRNA targets."""
    targetscan = "gene symbol" in columns and any(name in columns for name in _TARGETSCAN_MIRNA)
    return targetscan or {"mirna", "target gene"} <= set(columns)


def _table(path: Path) -> pd.DataFrame:
    name = path.name.lower().removesuffix(".gz")
    try:
        if name.endswith(".xlsx"):
            table = pd.read_excel(path, dtype=str, keep_default_na=False)
        else:
            separator = "," if name.endswith(".csv") else "\t"
            table = pd.read_csv(path, sep=separator, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except ImportError as error:
        raise InputError(
            f"{path}: reading .xlsx needs openpyxl", fix=f"{how_to_install('openpyxl')}, or save the table as .csv"
        ) from error
    except (ValueError, OSError, EOFError, KeyError, zlib.error, zipfile.BadZipFile) as error:
        raise InputError(f"{path} cannot be read as a table ({error})", expected=_EXPECTED) from error
    return pd.DataFrame({name: table[name].fillna("").astype(str).str.strip() for name in table.columns})


def _of_species(table: pd.DataFrame, columns: tuple[str, ...], organism: Organism) -> pd.Series[bool]:
    """Tell the rows whose species columns, as far as there are any, name the organism."""
    facts = organisms.get(organism)
    called = (facts.scientific_name.casefold(), facts.name, facts.mirna_prefix, str(facts.taxonomy_id))
    keep = pd.Series(True, index=table.index)
    for column in columns:
        if column in table:
            keep &= table[column].str.casefold().isin(called)
    species = table["mirna"].str.extract(_SPECIES_PREFIX, expand=False)
    return keep & (species.isna() | (species == facts.mirna_prefix))


def _mirtarbase(table: pd.DataFrame, organism: Organism, weak: bool) -> tuple[pd.DataFrame, list[str]]:
    keep = _of_species(table, ("species (mirna)", "species (target gene)"), organism)
    notes = [f"{int((~keep).sum())} rows of another species were left out"] if not keep.all() else []
    support = table.get("support type", pd.Series("", index=table.index)).str.casefold()
    for drop, told in ((support.str.startswith("non-functional"), "say that there is no effect"),
                       (support.str.contains("weak") & (not weak), "have weak evidence only")):  # fmt: skip
        lost = keep & drop
        if lost.any():
            notes.append(f"{int(lost.sum())} rows that {told} were left out")
        keep &= ~drop
    pairs = table.loc[keep, ["mirna", "target gene"]].drop_duplicates()
    return pairs.rename(columns={"target gene": "gene"}).assign(weight=-1.0), notes


def _score(cell: str) -> float:
    try:
        return float(cell)  # pandas' own reading is not exact to the last digit
    except ValueError:
        return math.nan


def _targetscan(table: pd.DataFrame, organism: Organism, path: Path) -> tuple[pd.DataFrame, list[str]]:
    mirna = next(name for name in _TARGETSCAN_MIRNA if name in table)
    table = table.assign(mirna=table[mirna], gene=table["gene symbol"])
    keep = _of_species(table, _TARGETSCAN_SPECIES, organism)
    notes = [f"{int((~keep).sum())} rows of another species were left out"] if not keep.all() else []
    table = table[keep]
    score = next((name for name in _TARGETSCAN_SCORE if name in table), "")
    if not score:
        return table[["mirna", "gene"]].drop_duplicates().assign(weight=-1.0), notes
    values = pd.Series([_score(cell) for cell in table[score]], index=table.index, dtype=float)
    wrong = table.index[~np.isfinite(values) & ~table[score].isin(_NO_SCORE)]
    if len(wrong):
        raise InputError(
            f'{path}, row {wrong[0] + 2}, column "{score}": "{table.loc[wrong[0], score]}" is no number',
            expected="a score",
        )
    # sites of one transcript add up; of several transcripts the one that is repressed most stands for the gene
    transcript = table["transcript id"] if "transcript id" in table else table["gene"]
    sites = pd.DataFrame({"mirna": table["mirna"], "gene": table["gene"], "transcript": transcript, "weight": values})
    sums = sites.dropna().groupby(["mirna", "gene", "transcript"])["weight"].agg(math.fsum)
    pairs = sums.groupby(["mirna", "gene"]).min().reset_index()
    lost = len(table[["mirna", "gene"]].drop_duplicates()) - int((pairs["weight"] < 0).sum())
    if lost:
        notes.append(f"{lost} targets without a score below 0 were left out")
    return pairs[pairs["weight"] < 0], notes

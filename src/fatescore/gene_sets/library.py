"""A user's own gene sets: a file, a table of miRNA targets, or a library known to Enrichr or MSigDB by name.

Genes get their current symbols, and a hash of the source is recorded.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from fatescore import organisms
from fatescore.errors import InputError, few
from fatescore.files import check_input, sha256, write_json
from fatescore.gene_sets import mirna_tables, symbols
from fatescore.gene_sets.formats import read_gmt, read_json_sets, write_json_sets
from fatescore.gene_sets.forms import GeneSetDict, renamed, weights_of
from fatescore.packed import read_bytes
from fatescore.typing import Organism, StrPath

_TABLES = (".tsv", ".txt", ".csv", ".xlsx")
_FILES = (".gmt", ".json", *_TABLES, ".gz")
_NAME = re.compile(r"[\w .,()+-]{1,150}")
_MSIGDB = re.compile(r"(?P<category>[a-z0-9.]+)\.v(?P<version>\d{4}\.\d+\.(?P<organism>[A-Z][a-z]))(?:\.symbols)?")
_NO_LIMIT = 1_000_000  # gseapy drops sets of more than 2000 genes by default


@dataclass(frozen=True)
class Library:
    """A user's gene sets.

    Attributes
    ----------
    sets
        Gene set name -> {gene symbol: weight}.
    source
        Path of the file, or name of the library.
    sha256
        Of the file, or of the cached copy of the library.
    notes
        What was changed or left out, one sentence each.
    """

    sets: GeneSetDict
    source: str
    sha256: str
    notes: tuple[str, ...] = ()


def read_library(
    source: StrPath, *, organism: Organism, cache_dir: StrPath | None = None, weak: bool = True
) -> Library:
    r"""Read a user's own gene sets.

    Parameters
    ----------
    source
        Path of a ``.gmt`` (or ``.txt`` of that form) or ``.json`` file; of a table of miRNA targets
        (``.tsv .txt .csv``, and ``.xlsx`` where openpyxl is installed) as miRTarBase or TargetScan give it, all of them
        also as ``.gz``; or the name of a library: one of Enrichr's (``MSigDB_Hallmark_2020``) or a collection of MSigDB
        with its version (``h.all.v2024.1.Hs``).
    organism
        One of :func:`fatescore.organisms.names`: whose rows of a table to take, and whose symbols to write.
    cache_dir
        Folder for libraries fetched by name; by default ``fatescore`` in ``$XDG_CACHE_HOME`` or ``~/.cache``.
        A library is fetched once. Its hash is recorded and must hold at every later use.
    weak
        Keep miRTarBase's weak evidence (CLIP, arrays) beside its strong evidence.

    Returns
    -------
    The sets with current symbols; names that are not known stay as they are. A miRNA's set is its activity: its
    targets have negative weights, -1 from miRTarBase, and from TargetScan the summed weighted context++ score.

    Raises
    ------
    InputError
        When the file cannot be read or is of no known kind, holds nothing for the organism, the library's name is
        not known, there is no network, or the cached copy was changed.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "mine.gmt"
    >>> _ = path.write_text("bone\t\tCBFA1\tSP7\n")
    >>> read_library(path, organism="human").sets
    {'bone': {'RUNX2': 1.0, 'SP7': 1.0}}
    """
    organisms.get(organism)
    read = read_sets(source, organism, cache_dir=cache_dir, weak=weak)
    notes = list(read.notes)
    return Library(_current_symbols(read.sets, organism, read.source, notes), read.source, read.sha256, tuple(notes))


def read_sets(
    source: StrPath, organism: Organism | None, *, cache_dir: StrPath | None = None, weak: bool = True
) -> Library:
    """Read gene sets as they are named in the source; the arguments are those of :func:`read_library`.

    Without an organism a library is that of human, and a table of miRNA targets is refused.
    """
    text = os.fspath(source)
    notes: list[str] = []
    path = Path(text)
    if is_file(source):
        check_input(path, "a .gmt or .json file, a table of miRNA targets, or the name of a library")
        sets, notes = _from_file(path, organism, weak)
    else:
        path = _cached(text, organism or "human", Path(cache_dir) if cache_dir is not None else _default_cache())
        sets = read_json_sets(path)
    return Library(sets, text, sha256(path), tuple(notes))


def is_file(source: StrPath) -> bool:
    """Tell whether a source of gene sets is a file, be it there or not, and no name of a library."""
    path = Path(source)
    return not isinstance(source, str) or path.suffix.lower() in _FILES or path.name != source or path.exists()


def _from_file(path: Path, organism: Organism | None, weak: bool) -> tuple[GeneSetDict, list[str]]:
    name = path.name.lower().removesuffix(".gz")
    if name.endswith(".json"):
        return read_json_sets(path), []
    if name.endswith(".gmt") or (name.endswith(".txt") and not _is_of_mirnas(path)):  # Enrichr writes GMT as .txt
        return weights_of(read_gmt(path)), []
    if not name.endswith(_TABLES):
        raise InputError(f"{path} is of no known kind", expected=f"a file ending {', '.join(_FILES)}")
    if organism is None:
        raise InputError(f"{path} is a table of miRNA targets, of one or more species", fix='give organism="human"')
    sets, notes = mirna_tables.read(path, organism, weak=weak)
    return weights_of(sets), notes


def _is_of_mirnas(path: Path) -> bool:
    first = read_bytes(path).decode("utf-8-sig", errors="replace").partition("\n")[0]
    return mirna_tables.is_header([" ".join(name.split()).casefold() for name in first.split("\t")])


def _current_symbols(
    sets: Mapping[str, Mapping[str, float]], organism: Organism, source: str, notes: list[str]
) -> GeneSetDict:
    names = list(dict.fromkeys(gene for genes in sets.values() for gene in genes))
    table = symbols.resolve(names, organism)
    current = dict(zip(names, table["symbol"], strict=True))
    unknown = [name for name, known in zip(names, symbols.mapped(table["mapped_by"]), strict=True) if not known]
    if len(unknown) == len(names):
        raise InputError(
            f"{source} names no known {organism} gene ({names[0]})", expected="gene symbols", fix="check the organism"
        )
    changed = [name for name in names if current[name] != name]
    if changed:
        notes.append(f"{len(changed)} of {len(names)} genes were given their current symbol")
    if unknown:
        notes.append(f"{len(unknown)} of {len(names)} genes are not known, or not by one gene: {few(unknown, 5)}")
    return GeneSetDict({name: renamed(name, genes, current, source) for name, genes in sets.items()})


def _default_cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "fatescore"


def _cached(name: str, organism: Organism, cache: Path) -> Path:
    """Return the cached copy of a library, fetched if it is not there yet, verified if it is."""
    if not _NAME.fullmatch(name):
        raise InputError(f'"{name}" is neither a file nor the name of a library', fix="check the path")
    path = cache / "libraries" / organism / f"{quote(name)}.json"
    record = path.with_name(path.name + ".manifest.json")
    if not record.is_file():  # written last, so without it the copy may be incomplete
        write_json_sets(_fetch(name, organism, cache), path)
        write_json(record, {"name": name, "organism": organism, "sha256": sha256(path)})
        return path
    try:
        wanted = json.loads(record.read_text(encoding="utf-8"))["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{record} cannot be read", fix=f"delete it to fetch {name} again") from error
    found = sha256(path) if path.is_file() else "absent"
    if found != wanted:
        raise InputError(
            f"the cached copy of {name} is not what was fetched ({path}, sha256 {found})", expected=f"sha256 {wanted}",
            fix=f"delete {record} to fetch it again",
        )  # fmt: skip
    return path


def _fetch(name: str, organism: Organism, cache: Path) -> dict[str, dict[str, float]]:
    msigdb = _MSIGDB.fullmatch(name)
    facts = organisms.get(organism)
    if msigdb and msigdb["organism"] != facts.msigdb:
        codes = [f"{known.msigdb} for {known.name}" for known in map(organisms.get, organisms.names()) if known.msigdb]
        raise InputError(f"{name} is not a library of {organism}", expected=", ".join(codes))
    if not msigdb and not facts.enrichr:
        raise InputError(f"Enrichr has no libraries of {organism}", fix="download the sets as GMT and give their path")
    try:
        fetched = _call_gseapy(name, organism, msigdb)
    except ValueError as error:
        if isinstance(error, OSError):  # requests has errors that are both
            raise _unreachable(name, cache, error) from error
        raise InputError(
            f'"{name}" is neither a file nor a library that Enrichr has for {organism}',
            fix="gseapy.get_library_name() lists them",
        ) from error
    except Exception as error:  # gseapy raises requests' errors, or bare ones, when it has no answer
        raise _unreachable(name, cache, error) from error
    sets = {str(key): dict.fromkeys(map(str, genes), 1.0) for key, genes in (fetched or {}).items() if len(genes)}
    if not sets:
        raise InputError(f'library "{name}" has no gene sets for {organism}', fix="check the name and the version")
    return sets


def _call_gseapy(name: str, organism: Organism, msigdb: re.Match[str] | None) -> Mapping[str, list[str]] | None:
    import gseapy

    get: Callable[..., Mapping[str, list[str]] | None]
    if msigdb:
        get = gseapy.Msigdb.get_gmt
        return get(category=msigdb["category"], dbver=msigdb["version"])
    get = gseapy.get_library
    return get(name, organism=organisms.get(organism).enrichr, min_size=1, max_size=_NO_LIMIT)


def _unreachable(name: str, cache: Path, error: Exception) -> InputError:
    return InputError(
        f'library "{name}" could not be fetched ({type(error).__name__}) and {cache} has no copy of it',
        expected="a network", fix="or download it as GMT elsewhere and give its path",
    )  # fmt: skip

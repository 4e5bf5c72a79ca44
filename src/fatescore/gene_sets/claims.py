"""The claims of the review on each gene, sentence by sentence, and the gene sets that they support."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import pandas as pd

from fatescore import organisms
from fatescore._data import data_dir
from fatescore.errors import InputError, nearest
from fatescore.gene_sets.collection import core_genes, definition, members, mirna_sets, mirna_targets
from fatescore.gene_sets.symbols import MAPPED, resolve
from fatescore.tables.io import read_text_table
from fatescore.typing import Organism, StrPath

CLAIM_COLUMNS = (
    "claim_id", "section", "entity", "entity_type", "symbols", "effect_osteogenic", "effect_adipogenic", "targets",
    "mechanism", "context", "locator", "reference", "confidence", "note",
)  # fmt: skip
WHY_COLUMNS = (
    "gene_set", "sign", "weight", "measurable", "claim_id", "entity", "effect_osteogenic", "effect_adipogenic",
    "mechanism", "locator", "reference", "confidence", "note",
)  # fmt: skip
ENTITY_TYPES = (
    "ligand", "receptor", "transducer", "transcription_factor", "enzyme", "mirna", "pathway", "marker", "gene",
    "cytokine", "drug", "physical_therapy", "cell_therapy", "disease", "complex", "concept",
)  # fmt: skip
EFFECTS = ("+", "-", "0", "context", "not_stated")
CONFIDENCES = ("stated", "inferred")
MIRTARBASE = "mirtarbase"  # instead of a confidence: a target that an experiment names and the review does not
TEXTBOOK = "textbook"  # the same for a gene of the extended index

_mirna_sets = functools.cache(mirna_sets)
_VOCABULARIES = {
    "entity_type": ENTITY_TYPES,
    "effect_osteogenic": EFFECTS,
    "effect_adipogenic": EFFECTS,
    "confidence": CONFIDENCES,
}
_PATTERNS = {
    "claim_id": (r"C\d{3}", "C and three digits"),
    "locator": (r"\d(\.\d){0,2}:[1-9]\d*", "section:sentence, such as 1.1.1:4"),
    "reference": (r"(\d+(-\d+)?(;\d+(-\d+)?)*)?", "numbers and ranges joined by ;, such as 8;51-52, or nothing"),
    "mechanism": (r"(?s).+", "what the sentence says, in our words"),
}
# Names that the review uses and that elsewhere mean another gene: offered, never assumed.
_REVIEW_NAMES = {"ALP": "ALPL", "OCN": "BGLAP", "OSX": "SP7"}


def load_claims(path: StrPath | None = None) -> pd.DataFrame:
    """Load the statements of the review, one row each.

    Parameters
    ----------
    path
        A table in the same shape; the shipped ``gene_sets/claims.tsv`` when not given.

    Returns
    -------
    Text columns ``claim_id section entity entity_type symbols effect_osteogenic effect_adipogenic targets mechanism
    context locator reference confidence note``. Symbols are human (``mouse:Mir705`` for a gene that the mouse alone
    has); several symbols or targets are joined by ``;``. An effect is that of the entity when present or active:
    ``+``, ``-``, ``0``, ``context`` (it depends, or lies on another lineage) or ``not_stated``. ``confidence`` is
    ``stated`` or ``inferred``.

    Raises
    ------
    InputError
        When a column is missing, a word is not in its vocabulary, an id is repeated, or a locator is not in its
        section.

    Examples
    --------
    >>> from fatescore.gene_sets.claims import load_claims
    >>> claims = load_claims().set_index("claim_id")
    >>> claims.loc["C011", ["entity", "effect_adipogenic", "locator"]].tolist()
    ['BMP4', '+', '1.1.1:1']
    """
    claims = _shipped_claims() if path is None else _read_claims(Path(path))
    return claims.copy()


def why(gene: str, *, organism: Organism = "human") -> pd.DataFrame:
    """Return why a gene is in its gene sets: every claim that names it, and every set that contains it.

    Parameters
    ----------
    gene
        A symbol, alias or Ensembl id of any organism, or a name of the claims (``"TAZ"``, ``"PEMF"``).
    organism
        One of :func:`fatescore.organisms.names`: whose miRNA target sets are shown, and how names are read first.

    Returns
    -------
    Text columns ``gene_set sign weight measurable claim_id entity effect_osteogenic effect_adipogenic mechanism
    locator reference confidence note``. Rows with a set come first, in the order of the tables; a claim that
    supports two sets has two rows. Claims that support no set have an empty ``gene_set``; miRNA targets known from
    experiments only have no ``claim_id``, ``confidence`` ``mirtarbase`` and their ids in ``reference``; genes of the
    extended index have ``confidence`` ``textbook`` and their source in ``reference``. The
    ``sign`` of a miRNA target is ``-``: it falls when the miRNA is active. Effects are those of ``entity``, which
    may be a regulator of the gene.

    Raises
    ------
    InputError
        For a gene that no claim and no set names, and for an organism that is not known.

    Examples
    --------
    >>> from fatescore.gene_sets.claims import why
    >>> rows = why("HDAC9")
    >>> rows.loc[rows["claim_id"] == "C145", ["gene_set", "sign", "effect_osteogenic", "locator"]].values.tolist()
    [['epigenetic_pro', '+', '+', '1.3:7']]
    >>> why("Hdac9", organism="mouse")["gene_set"].unique().tolist()
    ['epigenetic_pro', 'mir_188']
    >>> why("HDAC99")
    Traceback (most recent call last):
        ...
    fatescore.errors.InputError: gene "HDAC99" is in no claim and in no gene set; ...did you mean "HDAC9"?
    """
    organisms.get(organism)
    names = _find(gene, organism)
    claims = [claim for claim in _records(_shipped_claims()) if _concerns(claim, names)]
    rows = [*_member_rows(claims, names), *_target_rows(claims, names, organism), *_textbook_rows(names)]
    linked = {row["claim_id"] for row in rows}
    rows += [_claim_row(claim) for claim in claims if claim["claim_id"] not in linked]
    return pd.DataFrame(rows, columns=list(WHY_COLUMNS))


def known_genes(organism: Organism = "human") -> list[str]:
    """Return every symbol of the organism that a claim or a set names, sorted.

    Examples
    --------
    >>> {"Bglap", "Bglap2"} <= set(known_genes("mouse")), "Bglap3" in known_genes("mouse")
    (True, False)
    """
    return sorted(organisms.spelled(_genes(), organism))


def _read_claims(source: Path) -> pd.DataFrame:
    claims = read_text_table(source, "the table of claims")
    missing = [column for column in CLAIM_COLUMNS if column not in claims]
    if missing:
        raise InputError(f'{source} has no column "{missing[0]}"', expected=f"columns {' '.join(CLAIM_COLUMNS)}")
    claims = claims[list(CLAIM_COLUMNS)]
    for line, row in zip(claims.index, _records(claims), strict=True):
        _check_row(row, f"{source}, row {line}")
    repeated = claims.loc[claims["claim_id"].duplicated(), "claim_id"]
    if len(repeated):
        raise InputError(f'{source}: claim id "{repeated.iloc[0]}" is repeated', expected="one row of each id")
    return claims.reset_index(drop=True)


def _check_row(row: dict[str, str], place: str) -> None:
    for column, words in _VOCABULARIES.items():
        if row[column] not in words:
            raise InputError(f'{place}: {column} is "{row[column]}"', fix=nearest(row[column], words))
    for column, (pattern, expected) in _PATTERNS.items():
        if not re.fullmatch(pattern, row[column]):
            raise InputError(f'{place}: {column} is "{row[column]}"', expected=expected)
    if row["locator"].partition(":")[0] != row["section"]:
        raise InputError(
            f'{place}: locator "{row["locator"]}" is outside section "{row["section"]}"',
            expected="the locator to begin with the section",
        )


@functools.lru_cache(maxsize=1)
def _shipped_claims() -> pd.DataFrame:
    return _read_claims(data_dir("gene_sets") / "claims.tsv")


@functools.lru_cache(maxsize=1)
def _textbook() -> pd.DataFrame:
    return read_text_table(data_dir("gene_sets") / "extended.tsv", "the textbook markers")


@functools.lru_cache(maxsize=1)
def _genes() -> frozenset[str]:
    """Every gene of the tables, as they write it."""
    named = {gene for cell in _shipped_claims()["symbols"] for gene in _split(cell)}
    return frozenset(named.union(*(table["gene"] for table in (members(), mirna_targets(), _textbook()))) - {""})


def _find(gene: str, organism: Organism) -> frozenset[str]:
    """Return the genes, or the entity of claims and its genes, that ``gene`` stands for."""
    clean = str(gene).strip()
    claims = _shipped_claims()
    if own := _named(clean, organism):
        return own
    by_case = {entity.casefold(): entity for entity in claims["entity"]}
    if clean.casefold() in by_case:
        entity = by_case[clean.casefold()]
        return frozenset({entity, *_split(claims.loc[claims["entity"] == entity, "symbols"].iloc[0])})
    for other in organisms.names():  # after the entities: in the rat, NF-kB is a former name of Nfkb1
        if found := _named(clean, other):
            return found
    meant = _REVIEW_NAMES.get(clean.upper(), clean)
    names = [*known_genes(), *known_genes(organism), *claims["entity"].unique()]
    raise InputError(
        f'gene "{gene}" is in no claim and in no gene set',
        expected="a gene of the review or of its miRNA target sets",
        fix=nearest(meant, names, otherwise="fatescore gene-sets list shows the sets"),
    )


def _named(name: str, organism: Organism) -> frozenset[str]:
    row = resolve([name], organism).iloc[0]
    if row["mapped_by"] not in MAPPED:
        return frozenset()
    return frozenset(gene for gene in _genes() if row["symbol"] in organisms.symbols_of(gene, organism))


def _concerns(claim: dict[str, str], names: frozenset[str]) -> bool:
    """Tell whether a claim names one of ``names``: as its entity, by symbol, or as a target."""
    own = {claim["entity"], *_split(claim["symbols"])}
    return not names.isdisjoint(own | _targets(claim["targets"]))


@functools.lru_cache(maxsize=512)
def _targets(cell: str) -> frozenset[str]:
    """Return the targets of a claim; one that is an entity (TGF-beta, miR-705) also stands for its symbols."""
    claims = _shipped_claims()
    found = set(_split(cell))
    of_entities = claims.loc[claims["entity"].isin(found), "symbols"].unique()
    return frozenset(found.union(*(_split(symbols) for symbols in of_entities)))


def _member_rows(claims: list[dict[str, str]], names: frozenset[str]) -> list[dict[str, str]]:
    by_id = {claim["claim_id"]: claim for claim in claims}
    rows = []
    for member in _records(members()):
        if member["gene"] not in names:
            continue
        place = {key: member[key] for key in ("gene_set", "sign", "weight", "measurable")}
        rows += [{**_claim_row(by_id[name]), **place} for name in _split(member["claims"]) if name in by_id]
    return rows


def _target_rows(claims: list[dict[str, str]], names: frozenset[str], organism: Organism) -> list[dict[str, str]]:
    rows = []
    for target in _records(mirna_targets(organism)):
        symbols = _split(target["symbols"])
        if target["gene"] not in names or not symbols:
            continue
        reason = _not_read(target["set_name"], target["gene"], symbols, organism)
        place = {
            "gene_set": target["set_name"],
            "sign": "-",
            "weight": "0" if reason else "1",
            "measurable": f"no: {reason}" if reason else "yes",
        }
        papers = [f"PubMed {paper}" for paper in _split(target["pubmed_ids"])]
        ids = _join(*_split(target["mirtarbase_ids"]), *papers)
        cited = [
            claim
            for claim in claims
            if (claim["entity"], claim["locator"]) == (target["mirna"], target["locator"])
            and not names.isdisjoint(_targets(claim["targets"]))
        ]
        rows += [{**_claim_row(claim), **place, "note": _join(claim["note"], target["note"], ids)} for claim in cited]
        if not cited:
            shown = _not_of_review(target["mirna"], ids, MIRTARBASE, target["note"])
            rows.append({**shown, **place, "mechanism": f"represses {target['symbols']}"})
    return rows


def _textbook_rows(names: frozenset[str]) -> list[dict[str, str]]:
    rows = []
    for gene in _records(_textbook()):
        if gene["gene"] in names:
            place = {"gene_set": gene["gene_set"], "sign": gene["sign"], "weight": gene["weight"], "measurable": "yes"}
            rows.append({**_not_of_review(gene["gene"], gene["source"], TEXTBOOK, gene["note"]), **place})
    return rows


def _not_read(gene_set: str, gene: str, symbols: list[str], organism: Organism) -> str:
    """Return why the activity of a miRNA is not read from this target, or an empty string."""
    sets, rules = _mirna_sets(organism), definition()["mirna"]
    if not sets.get(gene_set, {}).keys().isdisjoint(symbols):
        return ""
    if gene in core_genes():
        return "stands in the core index, so that it would be circular"
    if gene in rules["not_genes"]:
        return "a locus for transgenes, not a target in the cell"
    return f"fewer than {rules['min_targets']} targets are left in {organism}"


def _not_of_review(entity: str, reference: str, confidence: str, note: str) -> dict[str, str]:
    effects = {"effect_osteogenic": "not_stated", "effect_adipogenic": "not_stated"}
    source = {"entity": entity, "reference": reference, "confidence": confidence, "note": note}
    return {**dict.fromkeys(WHY_COLUMNS, ""), **effects, **source}


def _claim_row(claim: dict[str, str]) -> dict[str, str]:
    return {column: claim.get(column, "") for column in WHY_COLUMNS}


def _records(table: pd.DataFrame) -> list[dict[str, str]]:
    return [{str(key): str(value) for key, value in record.items()} for record in table.to_dict("records")]


def _split(cell: str) -> list[str]:
    return [part for part in cell.split(";") if part]


def _join(*parts: str) -> str:
    return "; ".join(part for part in parts if part)

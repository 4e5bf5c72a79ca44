"""The gene sets of the review: list, show and export them, explain why a gene is in them, match them to a file."""

from __future__ import annotations

import argparse
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fatescore import organisms

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

HELP = "list, show, explain and export the gene sets, and match them to a file"

# Codes of index.yaml in words; the arms and blocks of the index favour the fate they are named after.
_FAVOURS = {
    "bone": "bone", "fat": "fat", "against_bone": "against bone", "against_fat": "against fat",
    "both": "both fates (no sign)", "against_both": "against both fates",
}  # fmt: skip
_ARMS = {"osteogenic": ("Bone genes", "bone"), "adipogenic": ("Fat genes", "fat")}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="one line per gene set: name, number of genes, title, what it favours")
    show = actions.add_parser("show", help="the genes of one set with their weights, and those mRNA cannot measure")
    show.add_argument("name", help="name of a gene set, as list gives it")
    why = actions.add_parser("why", help="the claims of the review on which a gene's place in its sets rests")
    why.add_argument("gene", help="gene symbol, alias, or another thing that the review names")
    export = actions.add_parser("export", help="write the sets to OUTPUT/COLLECTION.ORGANISM.FORMAT")
    export.add_argument(
        "--format", default="gmt", metavar="gmt|json",
        help="gmt (a gene with a negative weight ends with -) or json (keeps weights)",
    )  # fmt: skip
    export.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder to write into")
    cover = actions.add_parser("coverage", help="genes of every set that a file measures, and whether it is scorable")
    cover.add_argument("input", type=Path, help=".h5ad, or .tsv/.csv[.gz] of genes x samples")
    cover.add_argument(
        "--sets", metavar="SOURCE", help="your own sets: .gmt, .json, a miRNA target table, or a library"
    )
    for action in (listing, show, why, export, cover):
        default = {"required": True} if action is cover else {"default": "human"}
        action.add_argument("--organism", metavar="|".join(organisms.names()), help="whose symbols", **default)
    for action in (listing, show, export):
        action.add_argument(
            "--collection", default="review", metavar="NAME", help="review (default), or extended: textbook markers too"
        )


def run(args: argparse.Namespace) -> None:
    """Do the action."""
    {"list": _list, "show": _show, "why": _why, "export": _export, "coverage": _coverage}[args.action](args)


def _list(args: argparse.Namespace) -> None:
    from fatescore import gene_sets

    for name, genes in gene_sets.load(args.collection, organism=args.organism).items():
        print("\t".join([name, str(len(genes)), *_about(name)]).rstrip())


def _about(name: str) -> tuple[str, str]:
    """Return the title of a set and what it favours."""
    from fatescore.gene_sets.collection import definition

    axis = definition()["axes"].get(name)
    if axis is not None:
        return str(axis["title"]), _FAVOURS[axis["favours"]]
    arm, _, block = name.partition("_")
    title, favours = _ARMS.get(arm, ("", ""))
    return (f"{title}, {block}" if block else title), favours


def _show(args: argparse.Namespace) -> None:
    from fatescore import gene_sets
    from fatescore.errors import InputError, nearest

    sets = gene_sets.load(args.collection, organism=args.organism)
    not_measurable = gene_sets.not_measurable(args.organism).get(args.name, {})
    if args.name not in sets and not not_measurable:
        if args.name in gene_sets.titles():
            raise InputError(
                f'gene set "{args.name}" has too few genes to be scored in {args.organism}',
                fix="fatescore gene-sets list shows those that can be",
            )
        raise InputError(f'gene set "{args.name}" is not known', fix=nearest(args.name, sets))
    for gene, weight in sets.get(args.name, {}).items():
        print(f"{gene}\t{weight:+g}")
    for gene, reason in not_measurable.items():
        print(f"{gene}\t0\tnot measurable: {reason}")


def _why(args: argparse.Namespace) -> None:
    from fatescore.gene_sets import claims

    table = claims.why(args.gene, organism=args.organism)
    inside, outside = table[table["gene_set"] != ""], table[table["gene_set"] == ""]
    if inside.empty:
        print(f"{args.gene} is in no gene set.")
    for name, rows in inside.groupby("gene_set", sort=False):
        first = rows.iloc[0]
        weight = ", weight 0" if float(first["weight"]) == 0 else ""
        because = "because of" if (rows["claim_id"] != "").any() else "though the review does not name it there:"
        print(f"{args.gene} is in {name} ({first['sign']}{weight}) {because}")
        _print_claims(rows)
        if weight:
            print(f"  Not measurable here: {str(first['measurable']).removeprefix('no: ')}.")
    if not outside.empty:
        print("Claims of the review that support no set:")
        _print_claims(outside)


def _print_claims(rows: pd.DataFrame) -> None:
    for row in rows.to_dict("records"):
        cited = f"[{row['reference'].replace(';', ',')}]" if row["claim_id"] and row["reference"] else row["reference"]
        place = ", ".join(part for part in (row["locator"], cited, row["confidence"]) if part)
        about = row["mechanism"] or row["note"]
        print(f"  {row['claim_id'] or row['entity']} ({place}): {row['entity']}: {about}")


def _export(args: argparse.Namespace) -> None:
    from fatescore import gene_sets
    from fatescore.errors import InputError, nearest

    if args.format not in ("gmt", "json"):
        raise InputError(f'--format "{args.format}" is not known', fix=nearest(args.format, ["gmt", "json"]))
    sets = gene_sets.load(args.collection, organism=args.organism)
    path = args.output / f"{args.collection}.{args.organism}.{args.format}"
    if args.format == "json":
        gene_sets.write_json_sets(sets, path)
    else:
        about = {name: "; favours ".join(_about(name)).replace("favours against", "is against") for name in sets}
        gene_sets.write_gmt(sets, path, description={name: f"fatescore: {text}" for name, text in about.items()})
    print(path)


def _coverage(args: argparse.Namespace) -> None:
    from fatescore import gene_sets, ingest

    organisms.get(args.organism)
    library = gene_sets.read_library(args.sets, organism=args.organism) if args.sets else None
    adata = ingest.read_expression(args.input, args.organism)
    if library is not None:
        print("\n".join([f"{library.source} (sha256 {library.sha256})", *library.notes]))
    sets = gene_sets.load("review", organism=args.organism) if library is None else library.sets
    aliased = _by_alias(adata)
    for row in gene_sets.coverage(sets, list(adata.var_names)).to_dict("records"):
        genes = sets[str(row["gene_set"])]
        print(_coverage_line(row, {gene: aliased[gene] for gene in genes if gene in aliased}))
    print("\n".join(_scorable_lines(adata, args.organism)))


def _by_alias(adata: AnnData) -> dict[str, str]:
    """Return the current symbol and the name in the file of genes that carry an alias or a previous symbol."""
    from fatescore.tables import columns as col

    rows = adata.var[adata.var[col.MAPPED_BY].isin(["previous", "alias"])]
    return dict(zip(map(str, rows.index), rows[col.ORIGINAL_ID].astype(str), strict=True))


def _coverage_line(row: Mapping[Hashable, object], aliased: dict[str, str]) -> str:
    parts = [f"{row['gene_set']}: {row['found']} of {row['size']} found"]
    if aliased:
        parts.append("by alias " + ", ".join(f"{gene} (as {name})" for gene, name in aliased.items()))
    if row["missing"]:
        parts.append("missing " + str(row["missing_genes"]).replace(";", ", "))
    return "; ".join(parts)


def _scorable_lines(adata: AnnData, organism: str) -> Sequence[str]:
    import numpy as np

    from fatescore import gene_sets
    from fatescore.report.sentences import reason_text
    from fatescore.tables import join_notes

    # as in scoring: a gene without counts in any observation was not measured
    measured = list(adata.var_names[np.asarray(abs(adata.X).sum(axis=0)).ravel() > 0])
    lines = []
    for name in gene_sets.index_names():
        notes = gene_sets.why_not_scorable(gene_sets.load_index(name, organism=organism), measured)
        lines.append(f"index {name}: " + (f"not scorable: {reason_text(join_notes(notes))}" if notes else "scorable"))
    return lines

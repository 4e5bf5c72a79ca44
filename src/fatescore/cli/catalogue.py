"""List the known data sets, or show what is known of some and where it was verified."""

from __future__ import annotations

import argparse

from fatescore import catalogue

HELP = "list known data sets and what was verified of them"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    parser.add_argument("accession", nargs="*", metavar="ACC", help="entries to show (default: list all)")


def run(args: argparse.Namespace) -> None:
    """Run the verb."""
    if not args.accession:
        print("accession\tconfidence\tpopulation\tassay\torganism\ttitle\tnot known")
    for name in args.accession or catalogue.names():
        entry = catalogue.load(name)
        if args.accession:
            print("\n".join(_describe(entry)))
        else:
            known = [entry.dataset[key] for key in ("population", "assay", "organism", "title")]
            print("\t".join([name, entry.confidence, *known, ", ".join(entry.unknown)]))


def _describe(entry: catalogue.Entry) -> list[str]:
    lines = [f"{entry.accession}  {entry.dataset['title']}", f"  {entry.about}", ""]
    lines += [f"  {key}: {value}" for key, value in entry.dataset.items() if key not in ("dataset", "title")]
    lines += [f"  {column}: not known: {needed}" for column, needed in entry.unknown.items()]
    lines += ["", "  fact\texpected\tseen in"]
    for fact in entry.facts:
        when = "when the values are read" if fact.name == "scale" else "on the first fetch"
        seen_in = fact.seen_in or f"unverified: checked {when}"
        lines.append(f"  {fact.name}\t{catalogue.format_value(fact.expected)}\t{seen_in}")
    lines += [f"  {column} is read from {pattern['field']}" for column, pattern in entry.patterns.items()]
    return [*lines, ""]

"""Dispatch to the verbs; turn an expected error into one line and exit status 2."""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from fatescore._version import __version__
from fatescore.errors import FatescoreError, FatescoreWarning, of_system

VERBS = (
    "init", "fetch", "ingest", "score", "report", "tables", "steps", "simulate", "gene_sets", "inspect", "bundle",
    "catalogue",
)  # fmt: skip


class _Parser(argparse.ArgumentParser):
    """States a mistake on the command line in one line, as every other error."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message}; see {self.prog} --help\n")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command; every verb module adds its own part."""
    parser = _Parser(
        prog="fatescore",
        description="Score bone-marrow stromal cells between bone and fat, from GEO to a report.",
    )
    parser.add_argument("--version", action="version", version=f"fatescore {__version__}")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb in VERBS:
        module = importlib.import_module(f"fatescore.cli.{verb}")
        if verb == "steps":
            module.add_verbs(verbs)
            continue
        sub = verbs.add_parser(
            verb.replace("_", "-"),
            help=module.HELP,
            description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(sub)
        sub.set_defaults(run=module.run)
    return parser


def entry() -> int:
    """Run the command line of this process; a step of the workflow does its work in a process of its own."""
    return main(child_process=True)


def main(argv: Sequence[str] | None = None, *, child_process: bool = False) -> int:
    """Run the command line; return the exit status."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    args = build_parser().parse_args(argv)
    args.child_process = child_process
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always", FatescoreWarning)
            warnings.showwarning = _in_one_line(args.verb, warnings.showwarning)
            return args.run(args) or 0
    except FatescoreError as error:
        print(f"fatescore {args.verb}: error: {error}", file=sys.stderr)
    except BrokenPipeError:
        return 141
    except OSError as error:
        print(f"fatescore {args.verb}: error: {of_system(error)}", file=sys.stderr)
    return 2


def _in_one_line(verb: str, otherwise: Callable[..., None]) -> Callable[..., None]:
    """Show a warning of ours as an error is shown, without the place in the code."""

    def show(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
        if issubclass(category, FatescoreWarning):
            print(f"fatescore {verb}: warning: {message}", file=sys.stderr)
        else:
            otherwise(message, category, *place, **more)

    return show

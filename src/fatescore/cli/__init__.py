"""The ``fatescore`` command: one file per verb, argument parsing and calls, nothing else."""

from fatescore.cli.main import entry, main

__all__ = ["entry", "main"]

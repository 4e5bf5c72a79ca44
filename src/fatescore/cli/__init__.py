"""The ``fatescore`` command: one file per verb, argument parsing and calls, nothing else."""

from fatescore.cli.main import main

__all__ = ["main"]

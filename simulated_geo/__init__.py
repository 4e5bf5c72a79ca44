"""A GEO-shaped mirror of simulated series, for ``make demo`` and the tests; not part of the installed package."""

from simulated_geo.mirror import mirror

__all__ = ["mirror"]

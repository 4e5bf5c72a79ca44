"""Data sets that are known: what they are, how their samples are named, and what of it has been seen."""

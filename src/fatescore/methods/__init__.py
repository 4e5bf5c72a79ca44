"""Scoring methods: one file each, arrays in, arrays out."""

from fatescore.methods._registry import Method, get, names

__all__ = ["Method", "get", "names"]

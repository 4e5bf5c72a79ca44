"""The version, read by the build and recorded in every output."""

__version__ = "0.1.0"

"""Addresses as residents write them, and the keys by which names are found."""

from geodata.addresses.names import keys

__all__ = ["keys"]

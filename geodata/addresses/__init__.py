"""Addresses as residents write them, the keys by which names are found, and what a typed text asks for."""

from geodata.addresses.names import keys, sort_key
from geodata.addresses.parse import Address, parse, readings
from geodata.addresses.question import query

__all__ = ["Address", "keys", "parse", "query", "readings", "sort_key"]

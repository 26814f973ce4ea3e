"""Benchmarks: the figures of docs/benchmarks.md, measured anew by `make bench`."""

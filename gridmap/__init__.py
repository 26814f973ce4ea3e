"""The domain of GridMap: what is where, who answers for it, what happened, what it means.

This package knows PostgreSQL and geometry; it knows neither files (see `geodata`) nor HTTP (see `web`).
"""

"""Data in and out of GridMap: files, formats, datums, addresses, the sample community."""

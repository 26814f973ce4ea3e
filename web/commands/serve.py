"""`gridmap serve`."""

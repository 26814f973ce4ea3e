"""`gridmap user` and `gridmap token`."""

"""The pages, the API and the commands of GridMap."""

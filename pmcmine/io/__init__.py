"""Handle files, folders and connections. Knows nothing about articles."""

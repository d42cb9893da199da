class BackupError(Exception):
    """Its text is a whole sentence, translated already: the command prints it and ends with status 1."""

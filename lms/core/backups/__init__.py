"""Backups: one archive of the database and all files, proved by hashes and counts, and the way back from it.

``archive`` and ``keeping`` are plain Python; ``engines`` speaks to PostgreSQL and SQLite; ``making``, ``restoring`` and
``rehearsing`` are what the commands call.
"""

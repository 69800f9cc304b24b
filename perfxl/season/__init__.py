"""A season: what goes out, what comes back and what is made of it.

Imports all packages but the command line.
"""

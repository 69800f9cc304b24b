"""One return: read, checked, its result written, its record kept.

Imports forms, rules and all below; knows of no season.
"""

"""The score grid as data: read, judged sound, edited in Excel, and what it makes of a return.

Imports `form` and below.
"""

"""Next year's targets from the returns of past years.

Imports `settings`, `run` and below.
"""

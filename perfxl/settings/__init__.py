"""The settings of a season: the workbook an office fills in, its rules, its folder.

Imports `returns` and below.
"""

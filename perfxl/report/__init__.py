"""The Word report that goes with a return: drafted from its tables, and held against them.

Imports `rubric`, `check` and below; rules on reports use it.
"""

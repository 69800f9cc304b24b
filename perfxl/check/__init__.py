"""A rule, what it finds, and two rounds of one return compared.

Imports `form` and below; knows no particular rule.
"""

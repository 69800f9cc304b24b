"""How people write: amounts, quantities, units, dates, names; and others' texts made safe.

Imports `expr` alone.
"""

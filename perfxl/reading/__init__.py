"""From the bytes of a file to a return: intake, sheets, binding; to a drawing of an office's own.

Imports `form` and below, pandas and openpyxl; no rule, no particular form.
"""

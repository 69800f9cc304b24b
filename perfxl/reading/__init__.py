"""From the bytes of a file to a return: intake, sheets, binding.

Imports `form` and below, and pandas; no rule, no particular form.
"""

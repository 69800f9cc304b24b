"""Many returns at once: where they come from, in which processes, what is kept between runs.

Imports `returns` and below.
"""

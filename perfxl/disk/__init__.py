"""The machine: files written whole, what travels with perfxl, lines on the terminal.

Imports `text` and `errors`.
"""

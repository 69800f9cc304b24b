"""Expressions over the cells of a form: one tree, evaluated, printed as Excel, told in words.

Imports nothing of ours.
"""

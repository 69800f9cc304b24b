"""The command line: what is typed or clicked, what is shown, how rules are told (`catalogue`).

Over everything; imports late, help is cheap.
"""

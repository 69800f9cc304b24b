"""How a spreadsheet names its cells and sheets; rows and columns count from 0."""

from __future__ import annotations

from functools import cache


@cache
def column_name(column: int) -> str:
    """Give the letters of a column."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """Give the column that these letters name."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def a1(row: int, column: int, absolute: bool = False) -> str:
    """Give the A1 reference of a cell."""
    if absolute:
        return f"${column_name(column)}${row + 1}"
    return f"{column_name(column)}{row + 1}"


def quoted_sheet(name: str) -> str:
    """Give a sheet's name as formulas want it."""
    return "'" + name.replace("'", "''") + "'"

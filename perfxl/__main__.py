"""`python -m perfxl`."""

from perfxl.cli import main

main()

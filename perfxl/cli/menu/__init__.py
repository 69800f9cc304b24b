"""«用 perfxl 审核» in the right-click menus of file managers: put there for the user alone.

Uses `disk` and below, and `launch`, and no library: it can be taken away where none loads any more.
"""

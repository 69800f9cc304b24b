"""«用 perfxl 审核» in the right-click menus of file managers: put there for the user alone.

May use `disk` and below, and nothing that is heavy: no pandas, no numpy, no calamine.
"""

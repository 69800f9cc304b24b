"""«用 perfxl 审核» in the right-click menus of file managers: put there for the user alone.

Uses `disk` and below, and `launch`; nothing that is heavy: no pandas, no numpy, no calamine.
"""

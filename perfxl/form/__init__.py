"""What any form is: its cells, what must hold between them, where they stand, what is answered.

Imports `text` and `expr`; knows no particular form.
"""

"""An office's own form: a drawing with tokens understood, or tokens proposed for one without.

Pure: `reading.drawing` gives the drawing. What is wrong comes back as `FormFault`s, all at once.
"""

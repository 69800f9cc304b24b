"""The forms we ship: declarations only; what they mean is said by `form.relations`.

Nothing outside names a block of one of them. `office` understands those an office draws itself.
"""

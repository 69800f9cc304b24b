"""The forms: declarations only; what they mean is said by `model` and `relations`."""

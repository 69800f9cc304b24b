"""The command line: what is typed, what is shown. Over everything; imports late, help is cheap."""

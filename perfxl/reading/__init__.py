"""From the bytes of a file to a return: intake, sheets, binding."""

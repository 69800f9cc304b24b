"""The desk: the commands as a page in the browser, for those who open no terminal.

Imports all packages but the command line; the only user of starlette, uvicorn and jinja2.
"""

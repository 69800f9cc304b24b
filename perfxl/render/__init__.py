"""From a form and its values, or a draft, to .xlsx and .docx; what a document of ours may carry.

The only importer of XlsxWriter and python-docx.
"""

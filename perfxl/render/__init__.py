"""From a form and its values to a workbook; the only importer of xlsxwriter."""

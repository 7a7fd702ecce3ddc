"""Sections as the rows of a file that a spreadsheet opens: written out, and read back exactly."""

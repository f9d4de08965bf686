"""The add-in, built without Excel: from the VBA project that xlwings ships and the sources in `workbook/`."""

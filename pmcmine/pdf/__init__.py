"""Articles that exist only as PDF: text in reading order, figures with their captions. Needs `pmcmine[pdf]`.

PyMuPDF, which reads the files, is under the GNU AGPL (or a licence of Artifex); nothing else of pmcmine needs it.
"""

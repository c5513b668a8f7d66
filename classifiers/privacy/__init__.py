"""Flag what may identify patients: identifiers in text, faces and burned-in text in images.

They are flags with a place and a score, found by rules; absence of a flag is no promise (see docs/privacy.md).
"""

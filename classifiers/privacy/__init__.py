"""Flags of what may tell who a patient is: identifiers in text, faces and burned-in writing in images.

They are flags with a place and a score, found by rules; absence of a flag is no promise (see docs/privacy.md).
"""

"""Concepts: vocabularies, and linking of text to them.

`vocabulary` is the memory-mapped artefact, `compile` makes it from `atoms` that the readers of `formats/` give.
`matcher` finds names in text, `abbreviations` and `context` read what surrounds them, `linker` puts it together.
"""

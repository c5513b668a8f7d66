"""Vocabularies of concepts: sources, compilation, look-up."""

"""Kinds of images, from pixels and caption together."""

"""Manage one run: its facts, requirements, owned files, progress and end. No Beam."""

"""Beam jobs: each module reads as the graph that it builds. No logic that needs a test without Beam."""

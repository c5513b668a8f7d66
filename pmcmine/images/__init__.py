"""Image files: checks, frames, names, fingerprints."""

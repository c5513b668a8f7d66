"""Search a release: full text, vectors and concepts, fused by rank."""

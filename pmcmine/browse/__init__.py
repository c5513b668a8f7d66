"""Serve `pmcmine browse`, a local page for browsing a release: figures, boxes, spans, concepts, mentions, rights."""

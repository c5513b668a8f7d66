"""`pmcmine browse`: a local page to look at a release: figures, boxes, spans, concepts, mentions, rights."""

"""Near duplicates: signatures of texts and images, exact checks, clusters, and decontamination."""

"""Choose figures of a release by a recipe: filters, quantiles, duplicates, quotas. It is deterministic."""

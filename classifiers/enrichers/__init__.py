"""Enrichers: one module per table and column, each a class named by an entry point of `pmcmine.enrichers`."""

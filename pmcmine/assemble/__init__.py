"""Committed blocks to shards and tables: plan, duplicates, shards, tables, cards."""

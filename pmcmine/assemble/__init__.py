"""Assemble committed blocks into shards and tables: plan, duplicates, shards, tables, cards."""

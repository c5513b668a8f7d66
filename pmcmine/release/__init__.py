"""A release: layout, plan, tables, and conditions on them."""

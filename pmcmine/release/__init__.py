"""A release: its layout, plan, tables and conditions on them."""

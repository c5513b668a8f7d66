"""Patients of case reports and case series: who they are, and where their course is told."""

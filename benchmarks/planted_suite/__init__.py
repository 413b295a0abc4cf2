"""Subjects with one planted fault, and healthy ones."""

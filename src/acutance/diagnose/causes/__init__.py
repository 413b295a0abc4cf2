"""Causes of lost and of invented detail, one file each, found by its name (theory C)."""

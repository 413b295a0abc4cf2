"""Interventions: each changes one thing on the same images. One file each, found by its name (theory C)."""

"""Figures as SVG text, one file each: pure functions of the frozen data, styled by the page's CSS variables."""

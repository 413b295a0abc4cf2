"""The parts of benchmarks/pix2pix_table.py."""

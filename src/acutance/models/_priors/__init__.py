"""Priors fitted to the codes of any autoencoder, one file each, to draw samples from."""

"""Every family trained on the same images with the same decoder, and measured on the same held-out ones."""

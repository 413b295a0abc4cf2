"""The kinds of work that claims ask for, one file each."""

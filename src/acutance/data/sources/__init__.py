"""Kinds of sources, one file each.

An entry is a module that defines `listing(argument: str, options: Options) -> Listing`. Its file name is how it is
typed: `builtin_icons.py` is `builtin:icons`, `wds.py` is `wds:...`; `zip.py` also opens every path that ends in `.zip`.
Names that begin with an underscore are parts shared by several kinds.
"""

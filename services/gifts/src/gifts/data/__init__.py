"""What a new system starts with."""

from importlib.resources import files


def first_catalogue() -> bytes:
    """The catalogue that `seed` publishes."""
    return files("gifts.data").joinpath("catalogue.json").read_bytes()


def first_levels() -> bytes:
    """The level table that `seed` publishes."""
    return files("gifts.data").joinpath("levels.json").read_bytes()


def first_word_list() -> bytes:
    """The word list that `seed` publishes."""
    return files("gifts.data").joinpath("word_list.json").read_bytes()

"""One statement per function, in `.sql` files of the same name; nothing is decided here."""

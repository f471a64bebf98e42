"""The local stack: real servers and every process of Largesse on one machine."""

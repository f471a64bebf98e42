"""What is the same for whoever talks to Stripe, takes its money or sends it.

Import what is needed from the modules: the library takes a while to load.
"""

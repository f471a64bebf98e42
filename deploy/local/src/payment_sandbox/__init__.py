"""A stand-alone payment provider for the local stack: a checkout page, an API, signed webhooks.

It plays a provider such as Stripe and belongs to no service: the wallet knows it by its HTTP
interface and its webhooks alone. Nothing here takes money.
"""

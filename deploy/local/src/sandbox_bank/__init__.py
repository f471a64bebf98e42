"""A stand-alone bank for the local stack: it takes transfers, pays, fails and returns them.

It plays a rail by which money leaves and belongs to no service: payouts knows it by its HTTP
interface alone. Nothing here pays anybody.
"""

"""The live hub: reads what happens from Kafka once, and tells it to everybody who watches."""

"""What tests of services share: databases of their own on a real server, topics of their own."""

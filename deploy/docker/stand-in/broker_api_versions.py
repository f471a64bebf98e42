#!/usr/local/bin/python3
"""Asks a broker which versions it speaks, as Kafka's tool of that name does; for health checks."""

import socket
import struct
import sys

host, _, port = sys.argv[sys.argv.index("--bootstrap-server") + 1].rpartition(":")
# ApiVersions (key 18) version 0, correlation id 1, a null client id.
request = struct.pack(">hhih", 18, 0, 1, -1)
with socket.create_connection((host, int(port)), timeout=5) as connection:
    connection.sendall(struct.pack(">i", len(request)) + request)
    head = connection.recv(10, socket.MSG_WAITALL)
# Length, correlation id, error code.
if len(head) != 10 or struct.unpack(">iih", head)[1:] != (1, 0):
    sys.exit(f"no broker answers at {host}:{port}")

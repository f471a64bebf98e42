"""Where the service meets what is not its own; transactions open here, and rails are asked."""

"""What is checked of rendered objects: each check yields what is wrong, in words."""

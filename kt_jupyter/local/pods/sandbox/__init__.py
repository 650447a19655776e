"""The program that runs one container. Nothing imports it: the server starts this directory with Python."""

"""The magics: each parses its line, calls the layer below, and returns what that gave."""

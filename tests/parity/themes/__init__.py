"""One module a theme: `SCENARIOS`, plain data."""

"""How core objects look, as text and as HTML."""

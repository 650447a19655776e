"""Cells that run on pods: how they are sent, how what they do is shown here, and what comes back."""

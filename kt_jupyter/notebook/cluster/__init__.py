"""What ``%kt_cluster`` tells: which cluster this is, what may be done there, and how to be granted more."""

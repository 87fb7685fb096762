"""The pipeline on one machine: a workspace of three stores, its inbox, and many hotels over worker processes."""

"""One machine: a workspace of three stores, what is new in its inbox, and many hotels over worker processes."""

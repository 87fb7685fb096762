"""A stricter local AWS: ministack, with the rules of AWS that it does not know, and with a record of who called what.

Each rule is a function that returns faults, beside a link to the page of AWS that states it. `double.py` puts the rules
into ministack; tests put templates and log lines before the same functions. Nothing here imports the program, because
it runs in the environment of ministack.
"""

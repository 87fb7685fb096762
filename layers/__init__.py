"""The layers that are deployed with the functions: which packages they hold, and the program that builds them."""

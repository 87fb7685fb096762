"""Mutation testing: change one place of the program, run the tests that reach it, and see whether one of them fails."""

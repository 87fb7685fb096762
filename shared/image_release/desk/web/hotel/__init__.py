"""The page of one hotel: its pictures, why they stand where they stand, and everything that a person may correct."""

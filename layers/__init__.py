"""What a function finds beside its code: the recipe of the layers, and what builds them."""

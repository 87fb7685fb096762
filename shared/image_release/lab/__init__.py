"""Tools that measure the product: `grouping` checks which images are one picture, `ordering` checks the order."""

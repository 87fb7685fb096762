"""The lab: instruments for people. `grouping` asks "is it the same picture?", `ordering` "is the order right?"."""

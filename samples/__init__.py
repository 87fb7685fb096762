"""The sample hotels, what partners make of them, and the demo."""

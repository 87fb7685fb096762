"""The sample hotels, the feeds that partners make of them, and the demo."""

"""The serverless suite, with no AWS in it: what each function does, through ports for stores, queues and time.

A function imports the module it needs and not this package: what `process_hotel` loads would cost the others half a
second of CPU at every cold start.
"""

// How ministack, the local AWS of `make aws` and `make e2e`, differs from AWS. No other file depends on it.
"use strict";

// It uses plain HTTP on 127.0.0.1, so a rule that demands TLS would deny every request.
exports.speaksTls = (custom) => !custom.localAws;

// It cannot deploy an alarm on an expression of several metrics, nor one on other alarms. So it has no alarm that moves a
// deployment back either, and it keeps no metrics of requests to a bucket.
exports.knowsMetricMath = (custom) => !custom.localAws;
exports.knowsCompositeAlarms = (custom) => !custom.localAws;
exports.knowsRequestMetrics = (custom) => !custom.localAws;

// How ministack, the local AWS of `make aws` and `make e2e`, differs from AWS. No other file depends on it.
"use strict";

// It uses plain HTTP on 127.0.0.1, so a rule that demands TLS would deny every request.
exports.speaksTls = (custom) => !custom.localAws;

// It cannot deploy an alarm on the quotient of two metrics.
exports.knowsMetricMath = (custom) => !custom.localAws;

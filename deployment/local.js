// What ministack, the AWS of `make aws` and `make e2e`, does otherwise than AWS. Nothing else depends on where it runs.
"use strict";

// It speaks plain HTTP on 127.0.0.1, and would refuse every request under a rule that asks for TLS.
exports.speaksTls = (custom) => !custom.localAws;

// It cannot deploy an alarm on a quotient of two metrics.
exports.knowsMetricMath = (custom) => !custom.localAws;

// It asks for a right of its own to send a batch; in AWS that is sqs:SendMessage.
exports.sendActions = (custom) => ["sqs:SendMessage", ...(custom.localAws ? ["sqs:SendMessageBatch"] : [])];

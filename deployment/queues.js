// The queues that functions read, with their dead-letter queues, and the queues for failed direct invocations.
"use strict";

const encryption = require("./encryption");
const names = require("./names");

const FORTNIGHT_S = 14 * 24 * 3600; // the longest time that SQS keeps a message
const TIMEOUTS = 6; // AWS recommends six: a message must not return while an invocation may still process it

module.exports = ({ prefix, functions, custom }) => {
  const resources = {};
  for (const { reads, failed, timeout } of functions) {
    for (const id of reads) {
      const dead = names.deadLetters(id);
      resources[id] = queue(custom, id, {
        VisibilityTimeout: TIMEOUTS * timeout,
        RedrivePolicy: {
          deadLetterTargetArn: { "Fn::GetAtt": [dead, "Arn"] },
          maxReceiveCount: custom.receives,
        },
      });
      resources[dead] = queue(custom, dead, {
        RedriveAllowPolicy: { redrivePermission: "byQueue", sourceQueueArns: [names.queueArn(prefix, id)] },
      });
    }
    if (failed) {
      resources[failed] = queue(custom, failed, {});
    }
  }
  for (const id of new Set(Object.values(custom.inbox))) {
    resources[`${id}Policy`] = inboxMaySend(prefix, id, custom.stores.inbox);
  }
  return resources;
};

function queue(custom, id, properties) {
  return {
    Type: "AWS::SQS::Queue",
    DeletionPolicy: "Delete",
    UpdateReplacePolicy: "Delete",
    Properties: {
      QueueName: names.queueName(custom.prefix, id),
      MessageRetentionPeriod: FORTNIGHT_S,
      ...encryption.queue(custom),
      ...properties,
    },
  };
}

function inboxMaySend(prefix, id, inbox) {
  return {
    Type: "AWS::SQS::QueuePolicy",
    Properties: {
      Queues: [{ Ref: id }],
      PolicyDocument: {
        Version: "2012-10-17",
        Statement: [
          {
            Sid: "InboxTells",
            Effect: "Allow",
            Principal: { Service: "s3.amazonaws.com" },
            Action: "sqs:SendMessage",
            Resource: { "Fn::GetAtt": [id, "Arn"] },
            Condition: names.fromBucket(inbox),
          },
        ],
      },
    },
  };
}

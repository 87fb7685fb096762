// Names of resources: `UrgentQueue` in the template is `image-release-dev-urgent` in the account.
"use strict";

const kebab = (id) => id.replace(/([a-z])([A-Z])/g, "$1-$2").toLowerCase();
const pascal = (name) => name.split("_").map((word) => word[0].toUpperCase() + word.slice(1)).join("");

exports.kebab = kebab;
exports.deadLetters = (queue) => `${queue.replace(/Queue$/, "")}DeadLetters`;
exports.queueName = (prefix, id) => `${prefix}-${kebab(id.replace(/Queue$/, ""))}`;
exports.queueArn = (prefix, id) => ({
  "Fn::Sub": `arn:\${AWS::Partition}:sqs:\${AWS::Region}:\${AWS::AccountId}:${exports.queueName(prefix, id)}`,
});
exports.functionName = (prefix, name) => `${prefix}-${name}`;
exports.ALL_REQUESTS = "AllRequests"; // the request metrics of a bucket
exports.fromBucket = (bucket) => ({
  ArnEquals: { "aws:SourceArn": { "Fn::Sub": `arn:\${AWS::Partition}:s3:::${bucket}` } },
  StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } },
});
exports.LIVE = "live"; // the alias of every function
exports.aliasId = (name) => `${pascal(name)}LiveAlias`;
exports.newVersionAlarm = (prefix) => `${prefix}-new-version`;
exports.roleId = (name) => `${pascal(name)}Role`;
exports.bucketId = (store) => `${pascal(store)}Bucket`;
exports.alarmId = (subject, what) => `${pascal(subject)}${what}Alarm`;

// Returns the queue that a function's event names as `!GetAtt UrgentQueue.Arn`.
exports.attributeOf = (reference) => {
  const attribute = reference["Fn::GetAtt"];
  return Array.isArray(attribute) ? attribute[0] : attribute.split(".")[0];
};

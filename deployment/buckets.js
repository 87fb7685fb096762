// Three buckets that nobody outside can reach, and what is told when something is put into the inbox.
//
// No rule of age: an original stays while something names it, a rendition while a manifest does, and only the program
// knows that. What is ended by age is an upload that was begun and never finished.
"use strict";

const local = require("./local");
const names = require("./names");

module.exports = ({ prefix, custom }) => {
  const resources = {};
  for (const [store, name] of Object.entries(custom.stores)) {
    resources[names.bucketId(store)] = bucket(name);
    if (local.speaksTls(custom)) {
      resources[`${names.bucketId(store)}Policy`] = onlyOverTls(store);
    }
  }
  const inbox = resources[names.bucketId("inbox")];
  inbox.Properties.NotificationConfiguration = {
    QueueConfigurations: Object.entries(custom.inbox).map(([below, queue]) => ({
      Event: "s3:ObjectCreated:*",
      Filter: { S3Key: { Rules: [{ Name: "prefix", Value: below }] } },
      Queue: names.queueArn(prefix, queue),
    })),
  };
  // S3 asks the queues whether it may send to them while the bucket is made.
  const told = [...new Set(Object.values(custom.inbox))];
  inbox.DependsOn = told.map((queue) => `${queue}Policy`);
  return resources;
};

function bucket(name) {
  return {
    Type: "AWS::S3::Bucket",
    DeletionPolicy: "Retain",
    UpdateReplacePolicy: "Retain",
    Properties: {
      BucketName: name,
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }],
      },
      LifecycleConfiguration: {
        Rules: [
          { Id: "unfinished-uploads", Status: "Enabled", AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 } },
        ],
      },
    },
  };
}

// Wildcards that take rights away: nobody, with whatever right, reads or writes without TLS.
function onlyOverTls(store) {
  const arn = `\${${names.bucketId(store)}.Arn}`;
  return {
    Type: "AWS::S3::BucketPolicy",
    Properties: {
      Bucket: { Ref: names.bucketId(store) },
      PolicyDocument: {
        Version: "2012-10-17",
        Statement: [
          {
            Sid: "OnlyOverTls",
            Effect: "Deny",
            Principal: "*",
            Action: "s3:*",
            Resource: [{ "Fn::Sub": arn }, { "Fn::Sub": `${arn}/*` }],
            Condition: { Bool: { "aws:SecureTransport": "false" } },
          },
        ],
      },
    },
  };
}

// Three private buckets, and the queues that are notified when an object is put into the inbox.
//
// Nothing is deleted by age, except uploads that were never finished and records of changes, which are kept for 90 days.
// An original stays while a catalogue names it, and a rendition while a manifest does; only the program knows that.
"use strict";

const local = require("./local");
const names = require("./names");

const RECORDS_OF_CHANGES = { Id: "records-of-changes", Status: "Enabled", Prefix: "changes/", ExpirationInDays: 90 };

module.exports = ({ prefix, custom }) => {
  const resources = {};
  for (const [store, name] of Object.entries(custom.stores)) {
    resources[names.bucketId(store)] = bucket(name, store === "state" ? [RECORDS_OF_CHANGES] : []);
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
  // S3 checks that it may send to the queues when the bucket is created.
  const told = [...new Set(Object.values(custom.inbox))];
  inbox.DependsOn = told.map((queue) => `${queue}Policy`);
  return resources;
};

function bucket(name, rules) {
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
          ...rules,
        ],
      },
    },
  };
}

// The wildcards deny rights: no one may read or write without TLS.
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

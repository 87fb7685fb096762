// Three private buckets, and who is notified when an object is put into the inbox or a manifest into the published one.
//
// Nothing is deleted by age, except uploads that were never finished, records of changes and notes of what was published,
// which are kept for 90 days, and replaced versions in the inbox. An original stays while a catalogue names it, and a rendition while a manifest does; only
// the program knows that.
"use strict";

const cdn = require("./cdn");
const encryption = require("./encryption");
const local = require("./local");
const names = require("./names");
const publishedEvents = require("./published_events");

const BY_AGE = [
  { Id: "records-of-changes", Status: "Enabled", Prefix: "changes/", ExpirationInDays: 90 },
  { Id: "notes-of-what-was-published", Status: "Enabled", Prefix: "noted/", ExpirationInDays: 90 },
];

module.exports = (suite) => {
  const { prefix, custom } = suite;
  const resources = {};
  for (const [store, name] of Object.entries(custom.stores)) {
    resources[names.bucketId(store)] = bucket(custom, name, store === "state" ? BY_AGE : []);
    const statements = [
      ...(local.speaksTls(custom) ? [onlyOverTls(store)] : []),
      ...(store === "published" ? cdn.mayRead(suite) : []),
    ];
    if (statements.length) {
      resources[`${names.bucketId(store)}Policy`] = policy(store, statements);
    }
  }
  keepDecisions(resources[names.bucketId("inbox")], custom);
  const inbox = resources[names.bucketId("inbox")];
  inbox.Properties.NotificationConfiguration = {
    QueueConfigurations: Object.entries(custom.inbox).map(([below, queue]) => ({
      Event: "s3:ObjectCreated:*",
      Filter: { S3Key: { Rules: [{ Name: "prefix", Value: below }] } },
      Queue: names.queueArn(prefix, queue),
    })),
  };
  // S3 checks that it may send to the queues and to the topic when the bucket is created.
  const told = [...new Set(Object.values(custom.inbox))];
  inbox.DependsOn = told.map((queue) => `${queue}Policy`);
  const published = resources[names.bucketId("published")];
  published.Properties.NotificationConfiguration = publishedEvents.notification();
  published.DependsOn = ["PublishedTopicPolicy"];
  return resources;
};

// A first deployment that fails deletes its buckets, which are empty, so that it can be repeated. Later they stay.
function bucket(custom, name, rules) {
  const watched = local.knowsRequestMetrics(custom) ? { MetricsConfigurations: [{ Id: names.ALL_REQUESTS }] } : {};
  return {
    Type: "AWS::S3::Bucket",
    DeletionPolicy: "RetainExceptOnCreate",
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
      BucketEncryption: encryption.bucket(custom),
      ...watched,
      LifecycleConfiguration: {
        Rules: [
          { Id: "unfinished-uploads", Status: "Enabled", AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 } },
          ...rules,
        ],
      },
    },
  };
}

// People's decisions lie in the inbox, and nothing can compute them again: what is overwritten or deleted by mistake can
// be brought back for a while.
function keepDecisions(inbox, { inboxVersionDays }) {
  inbox.Properties.VersioningConfiguration = { Status: "Enabled" };
  inbox.Properties.LifecycleConfiguration.Rules.push(
    {
      Id: "replaced-versions",
      Status: "Enabled",
      NoncurrentVersionExpiration: { NoncurrentDays: Number(inboxVersionDays) },
    },
    { Id: "marks-of-deleted-objects", Status: "Enabled", ExpiredObjectDeleteMarker: true },
  );
}

function policy(store, Statement) {
  return {
    Type: "AWS::S3::BucketPolicy",
    Properties: { Bucket: { Ref: names.bucketId(store) }, PolicyDocument: { Version: "2012-10-17", Statement } },
  };
}

// The wildcards deny rights: no one may read or write without TLS.
function onlyOverTls(store) {
  const arn = `\${${names.bucketId(store)}.Arn}`;
  return {
    Sid: "OnlyOverTls",
    Effect: "Deny",
    Principal: "*",
    Action: "s3:*",
    Resource: [{ "Fn::Sub": arn }, { "Fn::Sub": `${arn}/*` }],
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  };
}

// The topic that tells when a hotel was published, for whoever keeps a copy of what is published. A message is S3's
// notification of one manifest; it comes at least once, and messages may overtake each other, so read the manifest itself.
"use strict";

const encryption = require("./encryption");
const names = require("./names");

exports.resources = ({ prefix, custom }) => ({
  PublishedTopic: {
    Type: "AWS::SNS::Topic",
    Properties: { TopicName: `${prefix}-published`, ...encryption.topic(custom) },
  },
  PublishedTopicPolicy: {
    Type: "AWS::SNS::TopicPolicy",
    Properties: {
      Topics: [{ Ref: "PublishedTopic" }],
      PolicyDocument: {
        Version: "2012-10-17",
        Statement: [
          {
            Sid: "PublishedBucketTells",
            Effect: "Allow",
            Principal: { Service: "s3.amazonaws.com" },
            Action: "sns:Publish",
            Resource: { Ref: "PublishedTopic" },
            Condition: names.fromBucket(custom.stores.published),
          },
        ],
      },
    },
  },
});

exports.notification = () => ({
  TopicConfigurations: [
    {
      Event: "s3:ObjectCreated:*",
      Filter: {
        S3Key: {
          Rules: [
            { Name: "prefix", Value: "hotels/" },
            { Name: "suffix", Value: "/manifest.json" },
          ],
        },
      },
      Topic: { Ref: "PublishedTopic" },
    },
  ],
});

exports.outputs = () => ({
  PublishedTopic: { Value: { Ref: "PublishedTopic" }, Description: "Tells when the manifest of a hotel was published" },
});

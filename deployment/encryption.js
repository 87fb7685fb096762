// What buckets, queues, topics and the table are encrypted with: keys of AWS, or the key that the parameter `kmsKey` names.
//
// The key and its policy belong to whoever deploys; docs/operations.md (Your own key) says what the policy must allow.
"use strict";

const HOUR_S = 3600;

const ofBucket = ({ kmsKey }) =>
  kmsKey
    ? { ServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms", KMSMasterKeyID: kmsKey }, BucketKeyEnabled: true }
    : { ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } };

exports.bucket = (custom) => ({ ServerSideEncryptionConfiguration: [ofBucket(custom)] });

exports.queue = ({ kmsKey }) =>
  kmsKey ? { KmsMasterKeyId: kmsKey, KmsDataKeyReusePeriodSeconds: HOUR_S } : { SqsManagedSseEnabled: true };

exports.topic = ({ kmsKey }) => (kmsKey ? { KmsMasterKeyId: kmsKey } : {});

exports.table = ({ kmsKey }) => ({
  SSESpecification: { SSEEnabled: true, ...(kmsKey ? { SSEType: "KMS", KMSMasterKeyId: kmsKey } : {}) },
});

// What a role needs besides its other rights: reading decrypts, and writing or sending makes data keys.
exports.rights = ({ kmsKey }) =>
  kmsKey ? [{ Sid: "UseKey", Effect: "Allow", Action: ["kms:Decrypt", "kms:GenerateDataKey"], Resource: kmsKey }] : [];

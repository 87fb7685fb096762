// One role for each function: its log, its queues, and what permissions.yml names; and one policy for people who use the
// desk. Roles have no managed policies, and no action has a wildcard.
"use strict";

const encryption = require("./encryption");
const names = require("./names");
const taggers = require("./taggers");

const ACTIONS = {
  read: ["s3:GetObject"],
  write: ["s3:PutObject", "s3:AbortMultipartUpload"], // a large file is uploaded in parts
  delete: ["s3:DeleteObject"],
};

module.exports = ({ prefix, functions, custom }) => {
  const resources = { DeskPolicy: deskPolicy(custom) };
  const asksGoogle = taggers.asksGoogle(custom.tagger);
  for (const fn of functions) {
    const allowed = custom.permissions[fn.name];
    resources[names.roleId(fn.name)] = role([
      ownLog(prefix, fn.name),
      ...fn.reads.map(receive),
      ...fn.reads.map((queue) => send(names.deadLetters(queue))), // what failed for good, with its reason
      ...stores(allowed, custom.settings),
      ...[...(allowed.send || []), ...(fn.failed ? [fn.failed] : [])].map(send),
      ...(asksGoogle && allowed.quota ? [quota(allowed.quota)] : []),
      ...(asksGoogle && allowed.secret ? [secret(custom.googleSecret)] : []),
      ...encryption.rights(custom),
    ]);
  }
  return resources;
};

// Belongs to nobody until you attach it to a person's role or user.
function deskPolicy(custom) {
  const statements = [...stores(custom.permissions.desk, ""), ...encryption.rights(custom)];
  return {
    Type: "AWS::IAM::ManagedPolicy",
    Properties: {
      Description: "What image-release desk reads, and the decisions that it records",
      PolicyDocument: { Version: "2012-10-17", Statement: statements },
    },
  };
}

function role(statements) {
  return {
    Type: "AWS::IAM::Role",
    Properties: {
      AssumeRolePolicyDocument: {
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
      },
      Policies: [{ PolicyName: "suite", PolicyDocument: { Version: "2012-10-17", Statement: statements } }],
    },
  };
}

// The wildcard stands for the name of the log stream, which Lambda chooses.
function ownLog(prefix, name) {
  const group = `/aws/lambda/${names.functionName(prefix, name)}`;
  const arn = `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:${group}:log-stream:*`;
  return {
    Sid: "OwnLog",
    Effect: "Allow",
    Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
    Resource: { "Fn::Sub": arn },
  };
}

function receive(queue) {
  return {
    Sid: `Receive${queue}`,
    Effect: "Allow",
    Action: [
      "sqs:ReceiveMessage",
      "sqs:DeleteMessage",
      "sqs:GetQueueAttributes",
      "sqs:ChangeMessageVisibility", // so that a message with a transient failure returns sooner
    ],
    Resource: { "Fn::GetAtt": [queue, "Arn"] },
  };
}

function send(queue) {
  return {
    Sid: `Send${queue}`,
    Effect: "Allow",
    Action: ["sqs:SendMessage"], // of batches, too
    Resource: { "Fn::GetAtt": [queue, "Arn"] },
  };
}

function stores(allowed, settings) {
  const statements = [];
  for (const store of ["inbox", "state", "published"]) {
    const below = { ...allowed[store] };
    if (store === "inbox" && settings) {
      below.read = [...(below.read || []), settings];
    }
    if (store === "state" && settings && !(below.read || []).includes("settings/")) {
      below.read = [...(below.read || []), "settings/"];
    }
    const bucket = names.bucketId(store);
    for (const [kind, actions] of Object.entries(ACTIONS)) {
      if (below[kind]) {
        const resources = below[kind].map((key) => ({
          "Fn::Sub": `\${${bucket}.Arn}/${key}${key.endsWith("/") ? "*" : ""}`,
        }));
        statements.push({ Sid: sid(kind, store), Effect: "Allow", Action: actions, Resource: resources });
      }
    }
    if (below.read) {
      const arn = { "Fn::GetAtt": [bucket, "Arn"] };
      statements.push({ Sid: sid("list", store), Effect: "Allow", Action: ["s3:ListBucket"], Resource: arn });
    }
  }
  return statements;
}

function sid(kind, store) {
  return [kind, store].map((word) => word[0].toUpperCase() + word.slice(1)).join("");
}

function quota(actions) {
  const arn = { "Fn::GetAtt": ["QuotaTable", "Arn"] };
  return { Sid: "CountImages", Effect: "Allow", Action: actions, Resource: arn };
}

function secret(name) {
  const arn = `arn:\${AWS::Partition}:ssm:\${AWS::Region}:\${AWS::AccountId}:parameter${name}`;
  return { Sid: "GoogleSecret", Effect: "Allow", Action: ["ssm:GetParameter"], Resource: { "Fn::Sub": arn } };
}

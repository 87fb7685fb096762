// Makes the resources around the functions from serverless.yml. `osls` calls this once for each package.
"use strict";

const alarms = require("./alarms");
const buckets = require("./buckets");
const cdn = require("./cdn");
const dashboard = require("./dashboard");
const encryption = require("./encryption");
const names = require("./names");
const publishedEvents = require("./published_events");
const queues = require("./queues");
const roles = require("./roles");

module.exports = async ({ resolveConfigurationProperty }) => {
  const functions = await resolveConfigurationProperty(["functions"]);
  const custom = await resolveConfigurationProperty(["custom"]);
  const suite = { prefix: custom.prefix, functions: readers(functions), custom };
  return {
    Resources: {
      ...buckets(suite),
      ...queues(suite),
      ...roles(suite),
      ...alarms(suite),
      ...dashboard(suite),
      ...cdn.resources(suite),
      ...publishedEvents.resources(suite),
      QuotaTable: quotaTable(custom),
    },
    Outputs: {
      ...output("Inbox", custom.stores.inbox, "Where catalogues, releases, requests and overrides are put"),
      ...output("Published", custom.stores.published, "Where the manifests and renditions are"),
      ...output("DeskPolicy", { Ref: "DeskPolicy" }, "Rights of a person who uses image-release desk"),
      ...publishedEvents.outputs(),
      ...cdn.outputs(suite),
    },
  };
};

// Returns each function with the queues that it reads and the queue for its failed direct invocations.
function readers(functions) {
  return Object.entries(functions).map(([name, fn]) => {
    const reads = fn.events.filter((event) => event.sqs).map((event) => names.attributeOf(event.sqs.arn));
    const concurrency = fn.events.filter((event) => event.sqs).map((event) => event.sqs.maximumConcurrency);
    const sum = concurrency.reduce((total, one) => total + one, 0);
    if (fn.reservedConcurrency && sum > fn.reservedConcurrency) {
      throw new Error(`${name}: its sources may call it ${sum} times at once, but only ${fn.reservedConcurrency} are reserved`);
    }
    const failed = fn.destinations ? names.attributeOf(fn.destinations.onFailure.arn) : null;
    return { name, reads, failed, timeout: fn.timeout };
  });
}

// Counts the images sent to Google in a minute and in a day, by atomic additions. Old counters expire.
function quotaTable(custom) {
  return {
    Type: "AWS::DynamoDB::Table",
    DeletionPolicy: "Delete",
    UpdateReplacePolicy: "Delete",
    Properties: {
      TableName: custom.quotaTable,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [{ AttributeName: "window", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "window", KeyType: "HASH" }],
      TimeToLiveSpecification: { AttributeName: "expires_at", Enabled: true },
      ...encryption.table(custom),
    },
  };
}

function output(id, value, description) {
  return { [id]: { Value: value, Description: description } };
}

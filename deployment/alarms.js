// The alarms. All of them go to one topic.
"use strict";

const encryption = require("./encryption");
const local = require("./local");
const names = require("./names");
const taggers = require("./taggers");

const MINUTE_S = 60;
const DAY_S = 24 * 3600;
const MANY_ERRORS = 5; // percent of a function's invocations
const MANY_FAILURES = 20; // percent of a queue's messages
const NEARLY_ALL = 0.8; // share of the account's concurrent invocations
const MANY_REFUSALS = 100; // answers 5xx of one bucket in five minutes; the clients send these requests again
const QUIET_S = 15 * MINUTE_S; // three calls of tick

module.exports = ({ prefix, functions, custom }) => {
  const resources = { AlarmTopic: topic(prefix, custom) };
  const add = (subject, what, properties) => {
    const id = names.alarmId(subject, what);
    resources[id] = alarm(`${prefix}-${names.kebab(subject)}-${names.kebab(what)}`, properties);
  };
  for (const { name, reads, failed } of functions) {
    for (const queue of reads) {
      const { oldest } = custom.queues[queue];
      add(queue, "Oldest", age(names.queueName(prefix, queue), oldest));
      if (local.knowsMetricMath(custom)) {
        add(queue, "Failures", failures(names.queueName(prefix, queue)));
      }
      add(names.deadLetters(queue), "Depth", depth(names.queueName(prefix, names.deadLetters(queue))));
    }
    if (failed) {
      add(failed, "Depth", depth(names.queueName(prefix, failed)));
    }
    if (local.knowsMetricMath(custom)) {
      add(name, "Errors", errors(names.functionName(prefix, name)));
    }
    add(name, "Throttles", throttles(names.functionName(prefix, name)));
  }
  for (const [name, metricName] of Object.entries(custom.metrics.held)) {
    add(name, "Held", held(custom.metrics.namespace, metricName, name));
  }
  for (const [metricName, { functions: writers, means }] of Object.entries(custom.metrics.wrong)) {
    if (writers.length === 1 || local.knowsMetricMath(custom)) {
      add(metricName, "Seen", seen(custom.metrics.namespace, metricName, writers, means));
    }
  }
  if (local.knowsRequestMetrics(custom)) {
    for (const store of ["state", "published"]) {
      add(store, "Refusals", refusals(custom.stores[store]));
    }
  }
  add("tick", "Missing", missing(names.functionName(prefix, "tick")));
  add("account", "Concurrency", concurrency(custom.alarms.accountConcurrency));
  if (taggers.asksGoogle(custom.tagger)) {
    add("vision", "Spending", spending(custom));
  }
  if (local.knowsCompositeAlarms(custom)) {
    resources.NewVersionAlarm = newVersion(prefix, resources);
  }
  return resources;
};

function topic(prefix, custom) {
  const { email } = custom.alarms;
  const Subscription = email ? [{ Protocol: "email", Endpoint: email }] : [];
  return { Type: "AWS::SNS::Topic", Properties: { TopicName: `${prefix}-alarms`, Subscription, ...encryption.topic(custom) } };
}

// On while any function or any queue fails much more than it should, or a message fails for good. A deployment during which it goes on is moved back.
function newVersion(prefix, resources) {
  const ids = Object.keys(resources).filter((id) => /(Errors|Failures|FailedForGoodSeen)Alarm$/.test(id));
  return {
    Type: "AWS::CloudWatch::CompositeAlarm",
    Properties: {
      AlarmName: names.newVersionAlarm(prefix),
      AlarmDescription: "Invocations or messages fail: a deployment during which this begins is moved back",
      AlarmRule: { "Fn::Sub": ids.map((id) => `ALARM("\${${id}}")`).join(" OR ") },
      AlarmActions: [{ Ref: "AlarmTopic" }],
    },
  };
}

function alarm(name, properties) {
  return {
    Type: "AWS::CloudWatch::Alarm",
    Properties: {
      AlarmName: name,
      ComparisonOperator: "GreaterThanThreshold",
      EvaluationPeriods: 1,
      TreatMissingData: "notBreaching",
      AlarmActions: [{ Ref: "AlarmTopic" }],
      OKActions: [{ Ref: "AlarmTopic" }],
      ...properties,
    },
  };
}

function depth(queue) {
  return {
    AlarmDescription: "Messages failed for good: see Dead letters in docs/operations.md",
    ...metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", { QueueName: queue }, "Maximum", MINUTE_S),
    Threshold: 0,
  };
}

function age(queue, oldest) {
  return {
    AlarmDescription: `The oldest message has waited for more than ${oldest} s`,
    ...metric("AWS/SQS", "ApproximateAgeOfOldestMessage", { QueueName: queue }, "Maximum", 5 * MINUTE_S),
    EvaluationPeriods: 3,
    Threshold: oldest,
  };
}

// Errors of whole invocations: a timeout, no memory, a module that cannot be imported.
function errors(fn) {
  const of = (name) => ["AWS/Lambda", name, { FunctionName: fn }, "Sum", 5 * MINUTE_S];
  return {
    AlarmDescription: `More than ${MANY_ERRORS} % of the invocations end in an error`,
    Metrics: share("IF(whole > 0, 100 * part / whole, 0)", of("Errors"), of("Invocations")),
    EvaluationPeriods: 2,
    Threshold: MANY_ERRORS,
  };
}

// Failures of single messages: the function names them in its answer, which Lambda counts as a success.
function failures(queue) {
  const of = (name) => ["AWS/SQS", name, { QueueName: queue }, "Sum", 15 * MINUTE_S];
  return {
    AlarmDescription: `More than ${MANY_FAILURES} % of the received messages failed`,
    Metrics: share("IF(whole > part, 100 * (whole - part) / whole, 0)", of("NumberOfMessagesDeleted"), of("NumberOfMessagesReceived")),
    EvaluationPeriods: 2,
    Threshold: MANY_FAILURES,
  };
}

function share(Expression, part, whole) {
  return [{ Id: "share", Expression, Label: "%" }, operand("part", part), operand("whole", whole)];
}

function operand(Id, [Namespace, MetricName, dimensions, Stat, Period]) {
  const { Dimensions } = metric(Namespace, MetricName, dimensions, Stat, Period);
  return { Id, MetricStat: { Metric: { Namespace, MetricName, Dimensions }, Stat, Period }, ReturnData: false };
}

function throttles(fn) {
  return {
    AlarmDescription: "Invocations were refused for 15 minutes: the reserved or the account's concurrency is too small",
    ...metric("AWS/Lambda", "Throttles", { FunctionName: fn }, "Sum", 5 * MINUTE_S),
    EvaluationPeriods: 3,
    Threshold: 0,
  };
}

function concurrency(most) {
  return {
    AlarmDescription: "The account is close to its limit of concurrent invocations",
    ...metric("AWS/Lambda", "ConcurrentExecutions", {}, "Maximum", MINUTE_S),
    EvaluationPeriods: 5,
    Threshold: Math.floor(NEARLY_ALL * most),
  };
}

function held(namespace, metricName, service) {
  return {
    AlarmDescription: "A catalogue or a release would remove so much that it is held until somebody accepts it",
    ...metric(namespace, metricName, { service }, "Sum", 5 * MINUTE_S),
    Threshold: 0,
  };
}

// What the functions count when something is wrong. Each function writes its own series.
function seen(namespace, metricName, writers, means) {
  const of = (service) => [namespace, metricName, { service }, "Sum", MINUTE_S];
  const parts = writers.map((writer) => operand(`by_${writer}`, of(writer)));
  const sum = { Id: "all", Expression: `SUM([${parts.map(({ Id }) => Id)}])`, Label: metricName };
  const watched = writers.length === 1 ? metric(...of(writers[0])) : { Metrics: [sum, ...parts] };
  return { AlarmDescription: means, ...watched, Threshold: 0 };
}

function refusals(bucket) {
  return {
    AlarmDescription: "S3 answers 503 to many requests, because there are more than it can serve: lower bulkConcurrency",
    ...metric("AWS/S3", "5xxErrors", { BucketName: bucket, FilterId: names.ALL_REQUESTS }, "Sum", 5 * MINUTE_S),
    Threshold: MANY_REFUSALS,
  };
}

function missing(fn) {
  return {
    AlarmDescription: "tick did not run for 15 minutes: nothing that is due comes back, and no release is completed",
    ...metric("AWS/Lambda", "Invocations", { FunctionName: fn }, "Sum", QUIET_S),
    ComparisonOperator: "LessThanThreshold",
    TreatMissingData: "breaching",
    Threshold: 1,
  };
}

function spending(custom) {
  return {
    AlarmDescription: "More images were tagged by Google in a day than planned: each costs money",
    ...metric(custom.metrics.namespace, custom.metrics.paid, { service: "process_hotel" }, "Sum", DAY_S),
    Threshold: custom.alarms.visionImagesADay,
  };
}

function metric(Namespace, MetricName, dimensions, Statistic, Period) {
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  return { Namespace, MetricName, Dimensions, Statistic, Period };
}

// The alarms. All of them go to one topic.
"use strict";

const local = require("./local");
const names = require("./names");
const taggers = require("./taggers");

const MINUTE_S = 60;
const DAY_S = 24 * 3600;
const MANY_ERRORS = 5; // percent of a function's invocations
const MANY_FAILURES = 20; // percent of a queue's messages
const NEARLY_ALL = 0.8; // share of the account's concurrent invocations

module.exports = ({ prefix, functions, custom }) => {
  const resources = { AlarmTopic: topic(prefix, custom.alarms.email) };
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
  add("account", "Concurrency", concurrency(custom.alarms.accountConcurrency));
  if (taggers.asksGoogle(custom.tagger)) {
    add("vision", "Spending", spending(custom));
  }
  return resources;
};

function topic(prefix, email) {
  const Subscription = email ? [{ Protocol: "email", Endpoint: email }] : [];
  return { Type: "AWS::SNS::Topic", Properties: { TopicName: `${prefix}-alarms`, Subscription } };
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
    ...metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", { QueueName: queue }, "Maximum", 5 * MINUTE_S),
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
    Metrics: share("100 * part / MAX([part, whole])", of("Errors"), of("Invocations")),
    EvaluationPeriods: 2,
    Threshold: MANY_ERRORS,
  };
}

// Failures of single messages: the function names them in its answer, which Lambda counts as a success.
function failures(queue) {
  const of = (name) => ["AWS/SQS", name, { QueueName: queue }, "Sum", 15 * MINUTE_S];
  return {
    AlarmDescription: `More than ${MANY_FAILURES} % of the received messages failed`,
    Metrics: share("100 * (whole - part) / MAX([whole, 1])", of("NumberOfMessagesDeleted"), of("NumberOfMessagesReceived")),
    EvaluationPeriods: 2,
    Threshold: MANY_FAILURES,
  };
}

function share(Expression, part, whole) {
  const of = (Id, [Namespace, MetricName, dimensions, Stat, Period]) => {
    const { Dimensions } = metric(Namespace, MetricName, dimensions, Stat, Period);
    return { Id, MetricStat: { Metric: { Namespace, MetricName, Dimensions }, Stat, Period }, ReturnData: false };
  };
  return [{ Id: "share", Expression, Label: "%" }, of("part", part), of("whole", whole)];
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

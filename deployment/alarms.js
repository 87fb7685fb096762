// What wakes somebody up; all of it goes to one topic.
"use strict";

const local = require("./local");
const names = require("./names");

const MINUTE_S = 60;
const DAY_S = 24 * 3600;
const MANY_ERRORS = 5; // per cent of a function's invocations
const MANY_FAILURES = 20; // per cent of a queue's messages
const NEARLY_ALL = 0.8; // of what the account may run at once

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
  add("vision", "Spending", spending(custom));
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
    AlarmDescription: "Messages were given up: docs/operations.md, dead letters",
    ...metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", { QueueName: queue }, "Maximum", 5 * MINUTE_S),
    Threshold: 0,
  };
}

function age(queue, oldest) {
  return {
    AlarmDescription: `The oldest message waits for more than ${oldest} s`,
    ...metric("AWS/SQS", "ApproximateAgeOfOldestMessage", { QueueName: queue }, "Maximum", 5 * MINUTE_S),
    EvaluationPeriods: 3,
    Threshold: oldest,
  };
}

// Of an invocation as a whole: a time-out, no memory, a module that cannot be imported.
function errors(fn) {
  const of = (name) => ["AWS/Lambda", name, { FunctionName: fn }, "Sum", 5 * MINUTE_S];
  return {
    AlarmDescription: `More than ${MANY_ERRORS} % of the invocations end in an error`,
    Metrics: share("100 * part / MAX([part, whole])", of("Errors"), of("Invocations")),
    EvaluationPeriods: 2,
    Threshold: MANY_ERRORS,
  };
}

// Of a single message: the function says which one failed, and Lambda counts that as a success.
function failures(queue) {
  const of = (name) => ["AWS/SQS", name, { QueueName: queue }, "Sum", 15 * MINUTE_S];
  return {
    AlarmDescription: `More than ${MANY_FAILURES} % of the messages that were received were not done`,
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
    AlarmDescription: "Invocations are refused for a quarter of an hour: the reservation or the account is too small",
    ...metric("AWS/Lambda", "Throttles", { FunctionName: fn }, "Sum", 5 * MINUTE_S),
    EvaluationPeriods: 3,
    Threshold: 0,
  };
}

function concurrency(most) {
  return {
    AlarmDescription: "The account is near the number of invocations that it may have at once",
    ...metric("AWS/Lambda", "ConcurrentExecutions", {}, "Maximum", MINUTE_S),
    EvaluationPeriods: 5,
    Threshold: Math.floor(NEARLY_ALL * most),
  };
}

function held(namespace, metricName, service) {
  return {
    AlarmDescription: "What came in would delete or withdraw so much that it waits for somebody to accept it",
    ...metric(namespace, metricName, { service }, "Sum", 5 * MINUTE_S),
    Threshold: 0,
  };
}

function spending(custom) {
  return {
    AlarmDescription: "More images were sent to Google in a day than is planned: each costs money",
    ...metric(custom.metrics.namespace, custom.metrics.tagged, { service: "process_hotel" }, "Sum", DAY_S),
    Threshold: custom.alarms.visionImagesADay,
  };
}

function metric(Namespace, MetricName, dimensions, Statistic, Period) {
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  return { Namespace, MetricName, Dimensions, Statistic, Period };
}

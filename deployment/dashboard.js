// The dashboard. The upper rows show business figures, the lower rows show how the suite runs. All widgets have one
// size, two in a row.
"use strict";

const names = require("./names");
const taggers = require("./taggers");

const WIDTH = 12;
const HEIGHT = 6;
const HEADLINE = 1;

module.exports = ({ prefix, functions, custom }) => {
  const all = functions.map(({ name }) => name);
  const queues = functions.flatMap(({ reads }) => reads);
  const dead = [...queues.map(names.deadLetters), ...functions.flatMap(({ failed }) => failed || [])];
  const lambda = (metric, chosen = all) =>
    chosen.map((name) => ["AWS/Lambda", metric, "FunctionName", names.functionName(prefix, name), { label: name }]);
  const sqs = (metric, ids) =>
    ids.map((id) => ["AWS/SQS", metric, "QueueName", names.queueName(prefix, id), { label: id }]);
  const own = (metric, service) => [custom.metrics.namespace, metric, "service", service];
  const each = (metrics) => Object.entries(metrics).map(([service, metric]) => own(metric, service));
  const rows = [
    "Business: hotels, pictures, money",
    widget("Hotels", "Sum", custom.metrics.hotels.map((metric) => own(metric, "process_hotel"))),
    widget("Pictures", "Sum", custom.metrics.pictures.map((metric) => own(metric, "process_hotel"))),
    widget("What came in", "Sum", each(custom.metrics.came)),
    widget("Held until somebody accepts it", "Sum", each(custom.metrics.held)),
    tagged(custom, own),
    widget("GB seconds of process_hotel", "Sum", gbSeconds(prefix, custom)),
    "Operation: what runs, what fails, what waits",
    widget("Duration, 99th percentile (ms)", "p99", lambda("Duration")),
    widget("Invocations", "Sum", lambda("Invocations")),
    widget("Errors", "Sum", lambda("Errors")),
    widget("Throttles", "Sum", lambda("Throttles")),
    widget("At once", "Maximum", lambda("ConcurrentExecutions")),
    widget("Waiting", "Maximum", sqs("ApproximateNumberOfMessagesVisible", queues)),
    widget("Age of the oldest message (s)", "Maximum", sqs("ApproximateAgeOfOldestMessage", queues)),
    widget("Dead letters", "Maximum", sqs("ApproximateNumberOfMessagesVisible", dead)),
    widget("What must not happen", "Sum", wrong(custom.metrics)),
    widget("Requests that S3 refused (5xx)", "Sum", refused(custom.stores)),
  ];
  const body = JSON.stringify({ widgets: placed(rows) });
  return {
    Dashboard: {
      Type: "AWS::CloudWatch::Dashboard",
      Properties: { DashboardName: prefix, DashboardBody: { "Fn::Sub": body } },
    },
  };
};

function widget(title, stat, metrics) {
  return { type: "metric", properties: { title, stat, metrics, period: 300, region: "${AWS::Region}", view: "timeSeries" } };
}

function wrong({ namespace, wrong: metrics }) {
  const each = Object.entries(metrics).flatMap(([metric, { functions }]) => functions.map((service) => [metric, service]));
  return each.map(([metric, service]) => [namespace, metric, "service", service, { label: `${metric} ${service}` }]);
}

function refused({ state, published }) {
  const of = (bucket, label) => ["AWS/S3", "5xxErrors", "BucketName", bucket, "FilterId", names.ALL_REQUESTS, { label }];
  return [of(state, "state"), of(published, "published")];
}

// Images that were tagged and, where Google is asked, how many of them it tagged and what they cost.
function tagged(custom, own) {
  const all = own(custom.metrics.tagged, "process_hotel");
  if (!taggers.asksGoogle(custom.tagger)) {
    return widget("Images tagged", "Sum", [all]);
  }
  return widget("Images tagged, and what Google costs in US$", "Sum", [
    all,
    [...own(custom.metrics.paid, "process_hotel"), { id: "paid" }],
    [{ expression: `paid * ${custom.visionDollars}`, label: "US$", id: "dollars", yAxis: "right" }],
  ]);
}

function gbSeconds(prefix, custom) {
  const fn = names.functionName(prefix, "process_hotel");
  const expression = `milliseconds / 1000 * ${custom.hotelMemory} / 1024`;
  return [
    ["AWS/Lambda", "Duration", "FunctionName", fn, { id: "milliseconds", visible: false }],
    [{ expression, label: "GB seconds", id: "gbs" }],
  ];
}

// A string becomes a headline over the whole width; the widgets below it are placed two in a row.
function placed(rows) {
  const widgets = [];
  let y = 0;
  let column = 0;
  for (const row of rows) {
    if (typeof row === "string") {
      y += column ? HEIGHT : 0;
      widgets.push({ type: "text", x: 0, y, width: 2 * WIDTH, height: HEADLINE, properties: { markdown: `## ${row}` } });
      y += HEADLINE;
      column = 0;
    } else {
      widgets.push({ ...row, x: column * WIDTH, y, width: WIDTH, height: HEIGHT });
      y += column ? HEIGHT : 0;
      column = 1 - column;
    }
  }
  return widgets;
}

// Every function has one alias, `live`, and everything calls the functions by it (docs/decisions/0045-alias-and-roll-back.md).
//
// A deployment publishes a version of every function, and CloudFormation moves the aliases to them at once, without
// weighted traffic. All versions of a deployment carry the same IMAGE_RELEASE_PACKAGE, a digest of all that is deployed:
// `python -m deployment.roll_back` finds by it which versions belong together. An alarm during a deployment moves
// everything back.
"use strict";

const crypto = require("crypto");
const fs = require("fs");
const path = require("path");

const names = require("./names");

const DIGITS = 12;
const VERSIONS_KEPT = 10; // of each function; with them one can roll back

class LiveAlias {
  constructor(serverless, options, { log }) {
    this.serverless = serverless;
    this.log = log;
    this.aws = serverless.getProvider("aws");
    this.hooks = {
      "before:package:compileFunctions": () => this.callByAlias(),
      "after:package:compileFunctions": () => this.addAliases(),
      "before:aws:deploy:deploy:createStack": () => this.watchNewVersion(),
      "after:aws:deploy:finalize:cleanup": () => this.deleteOldVersions(),
    };
  }

  get functions() {
    return Object.entries(this.serverless.service.functions);
  }

  // osls makes every event, permission and destination for `targetAlias` where a function has one.
  callByAlias() {
    for (const [name, fn] of this.functions) {
      fn.targetAlias = { name: names.LIVE, logicalId: names.aliasId(name) };
    }
    this.serverless.service.provider.environment.IMAGE_RELEASE_PACKAGE = this.packageDigest();
  }

  packageDigest() {
    const { service } = this.serverless;
    const hash = crypto.createHash("sha256");
    const layers = Object.values(service.layers).map((layer) => layer.package.artifact);
    for (const file of [service.package.artifact, ...layers]) {
      hash.update(fs.readFileSync(path.join(this.serverless.serviceDir, file)));
    }
    hash.update(JSON.stringify([service.functions, service.provider.environment]));
    return hash.digest("hex").slice(0, DIGITS);
  }

  addAliases() {
    const { Resources } = this.serverless.service.provider.compiledCloudFormationTemplate;
    for (const [name, fn] of this.functions) {
      // Without this a version of a deployment that failed would stay, and the same package could not be deployed again.
      Resources[fn.versionLogicalId].DeletionPolicy = "RetainExceptOnCreate";
      Resources[names.aliasId(name)] = {
        Type: "AWS::Lambda::Alias",
        Properties: {
          Name: names.LIVE,
          FunctionName: { Ref: this.aws.naming.getLambdaLogicalId(name) },
          FunctionVersion: { "Fn::GetAtt": [fn.versionLogicalId, "Version"] },
        },
      };
    }
  }

  // CloudFormation refuses a trigger that does not exist, so the first deployment has none. An alarm that is on already
  // must not stop the deployment that repairs its cause.
  async watchNewVersion() {
    const { prefix, watchMinutes } = this.serverless.service.custom;
    const { CloudWatchClient, DescribeAlarmsCommand } = require("@aws-sdk/client-cloudwatch");
    const client = new CloudWatchClient(await this.aws.getAwsSdkV3Config());
    const AlarmNames = [names.newVersionAlarm(prefix)];
    const found = await client.send(new DescribeAlarmsCommand({ AlarmNames, AlarmTypes: ["CompositeAlarm"] }));
    const [alarm] = found.CompositeAlarms || [];
    if (alarm && alarm.StateValue === "ALARM") {
      this.log.warning(`${AlarmNames[0]} is on already: this deployment will not be moved back by it`);
    }
    const watched = alarm && alarm.StateValue !== "ALARM";
    this.serverless.service.provider.rollbackConfiguration = {
      RollbackTriggers: watched ? [{ Arn: alarm.AlarmArn, Type: "AWS::CloudWatch::CompositeAlarm" }] : [],
      MonitoringTimeInMinutes: watched ? Number(watchMinutes) : 0,
    };
  }

  async deleteOldVersions() {
    const lambda = require("@aws-sdk/client-lambda");
    const client = new lambda.LambdaClient(await this.aws.getAwsSdkV3Config());
    for (const [, { name: FunctionName }] of this.functions) {
      const { FunctionVersion } = await client.send(new lambda.GetAliasCommand({ FunctionName, Name: names.LIVE }));
      const versions = [];
      for await (const page of lambda.paginateListVersionsByFunction({ client }, { FunctionName })) {
        versions.push(...page.Versions.map(({ Version }) => Number(Version)).filter(Boolean));
      }
      const old = versions.sort((a, b) => b - a).slice(VERSIONS_KEPT).filter((version) => version !== Number(FunctionVersion));
      for (const version of old) {
        await client.send(new lambda.DeleteFunctionCommand({ FunctionName, Qualifier: String(version) }));
      }
    }
  }
}

module.exports = LiveAlias;

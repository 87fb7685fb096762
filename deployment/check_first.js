// Before a deployment changes anything, `deployment.preflight` says what it would miss, and stops it then.
"use strict";

const { spawnSync } = require("child_process");
const fs = require("fs");
const path = require("path");

class CheckFirst {
  constructor(serverless) {
    this.serverless = serverless;
    this.hooks = { "before:aws:deploy:deploy:createStack": () => this.check() };
  }

  check() {
    const { serviceDir } = this.serverless;
    const template = path.join(serviceDir, ".serverless", "cloudformation-template-update-stack.json");
    const aws = this.serverless.getProvider("aws");
    const where = ["--stage", aws.getStage(), "--region", aws.getRegion(), "--template", template];
    const done = spawnSync(python(serviceDir), ["-m", "deployment.preflight", ...where], {
      cwd: serviceDir,
      encoding: "utf8",
      // PYTHONPATH of build/aws.env leads to the packages of the layers, whose boto3 knows a few services only.
      env: { ...process.env, PYTHONPATH: "", ...profile(this.serverless) },
    });
    if (done.error || done.status !== 0) {
      const said = done.error ? done.error.message : `${done.stdout}${done.stderr}`;
      throw new this.serverless.classes.Error(`Nothing was deployed:\n${said}`, "PREFLIGHT");
    }
  }
}

// The environment of `make setup`, or another one that has boto3.
function python(folder) {
  const made = path.join(folder, ".venv", "bin", "python");
  return process.env.IMAGE_RELEASE_PYTHON || (fs.existsSync(made) ? made : "python3");
}

// osls takes the profile of the AWS configuration as an option, and boto3 as a variable.
function profile(serverless) {
  const name = serverless.processedInput.options["aws-profile"];
  return name ? { AWS_PROFILE: name } : {};
}

module.exports = CheckFirst;

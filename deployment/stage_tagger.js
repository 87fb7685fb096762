// Says which tagger a stage has: the variables `${tagger:name}`, `${tagger:layers}` and `${tagger:processHotel}`.
//
// It is the one that the parameter `tagger` says. If nobody says one, a new stage has the tagger of new stages, and a
// running stage keeps its own: a deployment that would change it stops.
"use strict";

const names = require("./names");
const taggers = require("./taggers");

const WATCHED = "process_hotel"; // the function whose environment tells the tagger of a running stage
const SAY_IT = `--param="tagger=…" (${taggers.NAMES.join(", ")})`;

class StageTagger {
  constructor(serverless) {
    this.serverless = serverless;
    this.configurationVariablesSources = { tagger: { resolve: (request) => this.resolve(request) } };
    this.hooks = { initialize: () => this.refuseAnUnsaidChange() };
  }

  async resolve({ address, resolveVariable, resolveConfigurationProperty }) {
    this.found ??= this.find(resolveVariable);
    const { name } = await this.found;
    if (address === "name") {
      return { value: name };
    }
    const layers = taggers.layersOf(name);
    if (address === "processHotel") {
      const { naming } = this.serverless.getProvider("aws");
      return { value: layers.map((layer) => ({ Ref: naming.getLambdaLayerLogicalId(layer) })) };
    }
    const all = await resolveConfigurationProperty(["custom", "layers"]);
    return { value: Object.fromEntries(layers.map((layer) => [layer, all[layer]])) };
  }

  // Returns the tagger that was said, the one that runs (null in a new stage), and the one that the stage has.
  async find(resolveVariable) {
    const said = await resolveVariable("param:tagger");
    if (said && !taggers.NAMES.includes(said)) {
      throw this.error(`the parameter tagger is "${said}", but must be one of ${taggers.NAMES.join(", ")}`);
    }
    const running = said ? null : await this.running(await resolveVariable("self:custom.prefix"));
    return { said, running, name: said || running || taggers.OF_NEW_STAGES };
  }

  async running(prefix) {
    const FunctionName = `${prefix}-${WATCHED}`;
    const tagger = await this.taggerOf(FunctionName);
    if (tagger && !taggers.NAMES.includes(tagger)) {
      throw this.error(`${FunctionName} runs with tagger "${tagger}", which this version does not have. Say one: ${SAY_IT}`);
    }
    return tagger;
  }

  async taggerOf(FunctionName) {
    const { LambdaClient, GetFunctionConfigurationCommand } = require("@aws-sdk/client-lambda");
    try {
      const client = new LambdaClient(await this.serverless.getProvider("aws").getAwsSdkV3Config());
      for (const Qualifier of [names.LIVE, undefined]) { // a stage of an older version has no alias
        const found = await sent(client, new GetFunctionConfigurationCommand({ FunctionName, Qualifier }));
        if (found) {
          return found.Environment?.Variables?.IMAGE_RELEASE_TAGGER || "none";
        }
      }
      return null;
    } catch (error) {
      throw this.error(`cannot find out which tagger runs in ${FunctionName}: ${error.message}. Say it: ${SAY_IT}`);
    }
  }

  async refuseAnUnsaidChange() {
    const { commands } = this.serverless.processedInput;
    const changes = commands[0] === "package" || (commands[0] === "deploy" && commands[1] !== "list");
    const { running } = (await this.found) || {};
    if (!changes || !running || running === taggers.OF_NEW_STAGES) {
      return;
    }
    const given = process.argv.slice(2).map(quoted).join(" ");
    const command = (tagger) => `  npx osls ${given} --param="tagger=${tagger}"`;
    throw this.error(
      `Nothing was done: this stage runs with tagger ${running}, and new stages have ${taggers.OF_NEW_STAGES}. Say which one ` +
        `it shall have. To keep it:\n${command(running)}\nTo change it:\n${command(taggers.OF_NEW_STAGES)}\n` +
        "docs/operations.md (Which tagger) says what a change costs, and how to say it for good.",
    );
  }

  error(sentence) {
    return new this.serverless.classes.Error(sentence, "TAGGER_OF_STAGE");
  }
}

// Returns what a command gives, or null if what it asks for does not exist.
async function sent(client, command) {
  try {
    return await client.send(command);
  } catch (error) {
    if (error.name === "ResourceNotFoundException") {
      return null;
    }
    throw error;
  }
}

function quoted(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, "'\\''")}'`;
}

module.exports = StageTagger;

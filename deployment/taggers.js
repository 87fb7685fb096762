// The taggers that a stage can have: which layers process_hotel needs for each, and which of them ask Google.
"use strict";

const LAYERS = {
  none: [],
  google: ["google"],
  local: ["model"],
  "google+local": ["google", "model"],
};

exports.NAMES = Object.keys(LAYERS);
exports.OF_NEW_STAGES = "local";
exports.layersOf = (tagger) => ["common", "pictures", ...LAYERS[tagger]];
exports.asksGoogle = (tagger) => LAYERS[tagger].includes("google");

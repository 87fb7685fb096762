// The page's conduct: it asks the server for a hotel, follows the keys, and sends each edit, one after the other.

import { actionOf } from "./keys.js";
import { View } from "./view.js";

const POLL_MS = 500;
const view = new View();
let hotels = [];
let number = 0;
let model; // the hotel on the screen, undefined while it is being grouped
let cursor = 0; // the chosen image
let marks = new Set();
let asked; // what waits for a group to be chosen: { kind, images, from }

async function ask(path, body) {
  const options = body && {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  };
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Error("The program does not answer: was it ended? What was saved is in labels.csv.");
  }
  const document = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(document.error), { status: answer.status });
  return { status: answer.status, document };
}

async function openHotel(wanted) {
  number = Math.min(Math.max(wanted, 0), hotels.length - 1);
  history.replaceState(null, "", `#${number}`);
  forget();
  model = undefined;
  view.showHotel(number, hotels[number]);
  view.wait(`Grouping ${hotels[number].images} images as the program would…`);
  await look(number);
}

// Show the hotel if it is grouped, else look again later; keys work meanwhile, and may have opened another one.
async function look(mine) {
  const { status, document } = await ask(`hotels/${mine}`);
  if (status === 200) show(document);
  else setTimeout(() => enqueue(() => (number === mine && !model ? look(mine) : undefined)), POLL_MS);
}

function show(document) {
  model = { images: document.images, groups: new Map(), labelOf: [] };
  take(document);
  view.open(number, model);
  cursor = model.groups.get(model.order[0]).images[0];
  view.choose(model, cursor);
  if (document.note) view.say(document.note);
}

// Take over what the server says of groups, order and status.
function take({ version, saved, order, groups }) {
  Object.assign(model, { version, saved, order });
  for (const group of groups) {
    model.groups.set(group.label, group);
    for (const image of group.images) model.labelOf[image] = group.label;
  }
  const left = new Set(order);
  for (const label of model.groups.keys()) if (!left.has(label)) model.groups.delete(label);
}

async function send(what, body = {}) {
  const { version } = model;
  const { document } = await ask(`hotels/${number}/${what}`, { version, ...body });
  take(document);
  view.update(model, document.groups);
  if (document.saved) {
    hotels[number].labelled = model.images.length;
    view.showHotel(number, hotels[number]);
  }
  forget();
  view.choose(model, cursor);
  if (document.version === version) view.say("There is nothing to change.");
}

function edit(kind, body) {
  return send("edits", { edit: { kind, ...body } });
}

// Edit images that leave their group; the cursor stays where they were, with the nearest image that remains.
async function editAway(kind, images, body) {
  const there = model.groups.get(model.labelOf[cursor]).images.filter((image) => !images.includes(image));
  if (images.includes(cursor) && there.length) cursor = there.find((image) => image > cursor) ?? there.at(-1);
  await edit(kind, { images, ...body });
}

function forget() {
  for (const image of marks) view.mark(image, false);
  marks = new Set();
  asked = undefined;
  view.asking(model, [], "");
}

const group = () => model.groups.get(model.labelOf[cursor]);
const chosen = () => (marks.size ? [...marks].sort((a, b) => a - b) : [cursor]);

function goTo(image) {
  cursor = image;
  view.choose(model, cursor);
}

function goToGroup(position) {
  const last = model.order.length - 1;
  goTo(model.groups.get(model.order[Math.min(Math.max(position, 0), last)]).images[0]);
}

function step(by) {
  const { images } = group();
  const next = images[images.indexOf(cursor) + by];
  if (next !== undefined) return goTo(next);
  const neighbour = model.groups.get(model.order[place() + by]);
  if (neighbour) goTo(by > 0 ? neighbour.images[0] : neighbour.images.at(-1));
}

const place = () => model.order.indexOf(model.labelOf[cursor]);

function askWhere(kind, images) {
  asked = { kind, images, from: cursor };
  const what = images.length === 1 ? "this image" : `these ${images.length} images`;
  view.asking(model, images, `Where to with ${what}? Go to the group, then Enter. Esc stops.`);
}

const actions = {
  imageBefore: () => step(-1),
  imageAfter: () => step(1),
  groupBefore: () => goToGroup(place() - 1),
  groupAfter: () => goToGroup(place() + 1),
  tenBefore: () => goToGroup(place() - 10),
  tenAfter: () => goToGroup(place() + 10),
  firstGroup: () => goToGroup(0),
  lastGroup: () => goToGroup(model.order.length - 1),
  mark: () => {
    view.mark(cursor, !marks.has(cursor));
    if (!marks.delete(cursor)) marks.add(cursor);
  },
  mergeBefore: async () => {
    const before = model.groups.get(model.order[place() - 1]);
    if (before) await edit("merge", { image: cursor, into: before.images[0] });
  },
  mergeInto: () => askWhere("merge", group().images),
  moveInto: () => askWhere("move", chosen()),
  confirm: async () => {
    if (!asked) return;
    const { kind, images } = asked;
    const into = cursor;
    await (kind === "merge" ? edit("merge", { image: images[0], into }) : edit("move", { images, into }));
  },
  split: () => editAway("split", chosen()),
  notPhoto: () => {
    const images = chosen();
    const placeholder = !images.every((image) => model.groups.get(model.labelOf[image]).placeholder);
    return editAway("not_photo", images, { placeholder });
  },
  best: () => edit("best", { image: cursor, best: !group().best.includes(cursor) }),
  undo: () => send("undo"),
  redo: () => send("redo"),
  accept: async () => {
    if (!model.saved) await send("accept");
    if (number + 1 < hotels.length) await openHotel(number + 1);
    else view.say("That was the last hotel: all labels are in labels.csv.");
  },
  zoom: () => view.zoom(view.zoomed ? undefined : cursor),
  cancel: () => {
    if (view.helping) return view.help(false);
    if (view.zoomed) return view.zoom(undefined);
    if (asked) cursor = asked.from;
    forget();
    view.choose(model, cursor);
  },
};
const anytime = {
  help: () => view.help(),
  nextHotel: () => number + 1 < hotels.length && openHotel(number + 1),
  previousHotel: () => number > 0 && openHotel(number - 1),
};
const whileAsked = new Set([
  "imageBefore", "imageAfter", "groupBefore", "groupAfter", "tenBefore", "tenAfter", "firstGroup", "lastGroup",
  "confirm", "cancel", "zoom",
]);

async function perform(name) {
  if (view.helping && name !== "help" && name !== "cancel") return;
  if (asked && !whileAsked.has(name)) return;
  const action = anytime[name] ?? (model && actions[name]);
  if (!action) return;
  if (!asked) view.say("");
  await action();
}

// One thing after the other: a key that is pressed before the last edit came back finds the hotel as that edit left it.
let last = Promise.resolve();
function enqueue(what) {
  last = last.then(what).catch(tell);
}

async function tell(error) {
  if (error.status === 409) await openHotel(number).catch((again) => view.say(again.message));
  view.say(error.message);
}

addEventListener("keydown", (event) => {
  const name = actionOf(event);
  if (!name) return;
  event.preventDefault();
  enqueue(() => perform(name));
});
document.getElementById("groups").addEventListener("click", (event) => {
  const tile = event.target.closest(".tile");
  if (!tile || !model) return;
  enqueue(() => {
    goTo(Number(tile.dataset.image));
    return event.shiftKey ? perform("mark") : undefined;
  });
});
document.getElementById("groups").addEventListener("dblclick", () => enqueue(() => perform("zoom")));
document.getElementById("zoom").addEventListener("click", () => view.zoom(undefined));
document.getElementById("help").addEventListener("click", () => view.help(false));
document.getElementById("help-button").addEventListener("click", (event) => {
  event.currentTarget.blur();
  view.help(true);
});
document.getElementById("hotels").addEventListener("change", (event) => {
  event.currentTarget.blur(); // the keys are the page's
  const wanted = Number(event.currentTarget.value);
  enqueue(() => openHotel(wanted));
});

({ hotels } = (await ask("hotels")).document);
view.listHotels(hotels);
enqueue(() => openHotel(Number(location.hash.slice(1)) || 0));

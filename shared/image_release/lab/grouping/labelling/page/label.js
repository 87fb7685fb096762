// Controls the page: loads a hotel from the server, handles the keys, and sends each edit in order.

import { WHILE_PENDING, actionOf } from "./keys.js";
import { View } from "./view.js";

const POLL_MS = 500;
const view = new View();
let hotels = [];
let number = 0;
let model; // the hotel on the screen; undefined while it is being grouped
let cursor = 0; // the chosen image
let marks = new Set();
let pending; // a merge or move whose target is not chosen yet: { kind, images, from }

async function request(path, body) {
  const options = body && {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  };
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Error("The program does not answer. Has it ended? All saved labels are in labels.csv.");
  }
  const document = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(document.error), { status: answer.status });
  return { status: answer.status, document };
}

async function openHotel(wanted) {
  number = Math.min(Math.max(wanted, 0), hotels.length - 1);
  history.replaceState(null, "", `#${number}`);
  clearSelection();
  model = undefined;
  view.showHotel(number, hotels[number]);
  view.wait(`Grouping ${hotels[number].images} images…`);
  await load(number);
}

// Show the hotel if it is grouped, or try again later. Meanwhile a key may have opened another hotel.
async function load(mine) {
  const { status, document } = await request(`hotels/${mine}`);
  if (status === 200) show(document);
  else setTimeout(() => enqueue(() => (number === mine && !model ? load(mine) : undefined)), POLL_MS);
}

function show(document) {
  model = { images: document.images, groups: new Map(), labelOf: [] };
  applyChange(document);
  view.open(number, model);
  cursor = model.groups.get(model.order[0]).images[0];
  view.choose(model, cursor);
  if (document.note) view.showMessage(document.note);
}

// Apply groups, order and status from the server to the model.
function applyChange({ version, saved, order, groups }) {
  Object.assign(model, { version, saved, order });
  for (const group of groups) {
    model.groups.set(group.label, group);
    for (const image of group.images) model.labelOf[image] = group.label;
  }
  const left = new Set(order);
  for (const label of model.groups.keys()) if (!left.has(label)) model.groups.delete(label);
}

async function change(action, body = {}) {
  const { version } = model;
  const { document } = await request(`hotels/${number}/${action}`, { version, ...body });
  applyChange(document);
  view.update(model, document.groups);
  if (document.saved) {
    hotels[number].labelled = model.images.length;
    view.showHotel(number, hotels[number]);
  }
  clearSelection();
  view.choose(model, cursor);
  if (document.version === version) view.showMessage("Nothing changes.");
}

function edit(kind, body) {
  return change("edits", { edit: { kind, ...body } });
}

// Edit images that leave their group. The cursor stays in the group, on the nearest remaining image.
async function editLeavingGroup(kind, images, body) {
  const there = model.groups.get(model.labelOf[cursor]).images.filter((image) => !images.includes(image));
  if (images.includes(cursor) && there.length) cursor = there.find((image) => image > cursor) ?? there.at(-1);
  await edit(kind, { images, ...body });
}

function clearSelection() {
  for (const image of marks) view.mark(image, false);
  marks = new Set();
  pending = undefined;
  view.showPending(model, [], "");
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

function chooseTarget(kind, images) {
  pending = { kind, images, from: cursor };
  const what = images.length === 1 ? "this image" : `these ${images.length} images`;
  view.showPending(model, images, `Choose a group for ${what}: go there and press Enter. Esc cancels.`);
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
  mergeInto: () => chooseTarget("merge", group().images),
  moveInto: () => chooseTarget("move", chosen()),
  confirm: async () => {
    if (!pending) return;
    const { kind, images } = pending;
    const into = cursor;
    await (kind === "merge" ? edit("merge", { image: images[0], into }) : edit("move", { images, into }));
  },
  split: () => editLeavingGroup("split", chosen()),
  notPhoto: () => {
    const images = chosen();
    const placeholder = !images.every((image) => model.groups.get(model.labelOf[image]).placeholder);
    return editLeavingGroup("not_photo", images, { placeholder });
  },
  best: () => edit("best", { image: cursor, best: !group().best.includes(cursor) }),
  undo: () => change("undo"),
  redo: () => change("redo"),
  accept: async () => {
    if (!model.saved) await change("accept");
    if (number + 1 < hotels.length) await openHotel(number + 1);
    else view.showMessage("This was the last hotel. All labels are in labels.csv.");
  },
  zoom: () => view.zoom(view.zoomed ? undefined : cursor),
  cancel: () => {
    if (view.helping) return view.help(false);
    if (view.zoomed) return view.zoom(undefined);
    if (pending) cursor = pending.from;
    clearSelection();
    view.choose(model, cursor);
  },
};
const anytime = {
  help: () => view.help(),
  nextHotel: () => number + 1 < hotels.length && openHotel(number + 1),
  previousHotel: () => number > 0 && openHotel(number - 1),
};
async function perform(name) {
  if (view.helping && name !== "help" && name !== "cancel") return;
  if (pending && !WHILE_PENDING.has(name)) return;
  const action = anytime[name] ?? (model && actions[name]);
  if (!action) return;
  if (!pending) view.showMessage("");
  await action();
}

// Runs actions one after another, so that a key pressed during an edit acts on the hotel after that edit.
let last = Promise.resolve();
function enqueue(action) {
  last = last.then(action).catch(showError);
}

async function showError(error) {
  if (error.status === 409) await openHotel(number).catch((second) => view.showMessage(second.message));
  view.showMessage(error.message);
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
addEventListener("click", (event) => {
  const button = event.target.closest("button[data-action]");
  if (!button) return;
  if (event.detail) button.blur(); // after a click the keys belong to the page; who works with Tab stays where they are
  enqueue(() => perform(button.dataset.action));
});
document.getElementById("hotels").addEventListener("change", (event) => {
  event.currentTarget.blur(); // the keys belong to the page
  const wanted = Number(event.currentTarget.value);
  enqueue(() => openHotel(wanted));
});

({ hotels } = (await request("hotels")).document);
view.listHotels(hotels);
enqueue(() => openHotel(Number(location.hash.slice(1)) || 0));

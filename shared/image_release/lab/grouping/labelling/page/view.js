// Everything on the screen. Only changed parts are updated: a key press touches two tiles, an edit two groups.
// Names and labels come from partners, so they are inserted as text, never as markup.

import { KEYS, WHILE_PENDING } from "./keys.js";

const find = (id) => document.getElementById(id);
const LARGE_AFTER_MS = 140; // no large thumbnails are loaded while an arrow key is held down

function element(kind, className, text) {
  const made = document.createElement(kind);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

// The button of one action. Its name says what it does, also where only its key is seen.
function button({ does, actions, often }, shown, at) {
  const made = element("button", often ? "" : "brief");
  made.type = "button";
  made.dataset.action = actions[at];
  made.title = does[at];
  made.append(element("kbd", "", shown), element("span", "", does[at]));
  made.disabled = actions[at] === "confirm";
  return made;
}

function sizeText(size) {
  return size ? `${size[0]}×${size[1]} · ${Math.max(1, Math.round(size[2] / 1024))} KB` : "size unknown";
}

export class View {
  constructor() {
    this.tiles = [];
    this.sections = new Map();
    this.current = undefined;
    this.showHelp();
    find("buttons").append(...KEYS.flatMap((key) => key.shown.map((shown, at) => button(key, shown, at))));
    find("groups").addEventListener("error", (event) => event.target.closest(".tile")?.classList.add("broken"), true);
  }

  listHotels(hotels) {
    find("hotels").replaceChildren(...hotels.map((hotel, number) => {
      const option = element("option");
      option.value = number;
      this.nameHotel(option, hotel);
      return option;
    }));
  }

  nameHotel(option, { hotel_id, images, labelled }) {
    const done = labelled === images ? "✓ " : "";
    option.textContent = `${done}${hotel_id} · ${images} images${labelled && labelled < images ? `, ${labelled} labelled` : ""}`;
  }

  showHotel(number, hotel) {
    find("hotels").value = number;
    this.nameHotel(find("hotels").options[number], hotel);
    document.title = `${hotel.hotel_id} · label a corpus`;
  }

  wait(text) {
    document.body.dataset.state = "waiting";
    this.tiles = [];
    this.sections.clear();
    this.current = undefined;
    find("groups").replaceChildren(Object.assign(element("div", "", text), { id: "waiting" }));
    find("counts").textContent = "";
    find("saved").textContent = "";
    this.pane(find("chosen"), undefined);
    find("other").hidden = true;
  }

  open(number, model) {
    find("groups").replaceChildren();
    find("groups").scrollTop = 0;
    this.sections.clear();
    this.address = `hotels/${number}/images/`;
    this.tiles = model.images.map((image, at) => this.tile(image, at));
    this.update(model, [...model.groups.values()]);
    document.body.dataset.state = "ready";
  }

  tile(image, at) {
    const tile = element("figure", "tile");
    tile.dataset.image = at;
    const picture = element("img");
    picture.loading = "lazy";
    picture.decoding = "async";
    picture.alt = "";
    picture.width = 156;
    picture.height = 112;
    picture.src = `${this.address}${at}/small`;
    tile.append(picture, element("figcaption", "", sizeText(image.size)));
    tile.title = image.name;
    return tile;
  }

  // Show the changed groups, the order of all groups, and the status.
  update(model, changed) {
    for (const group of changed) this.fill(group);
    const box = find("groups");
    for (const [label, section] of this.sections) {
      if (!model.groups.has(label)) {
        section.remove();
        this.sections.delete(label);
      }
    }
    let at = box.firstElementChild;
    for (const label of model.order) {
      const section = this.sections.get(label);
      if (section === at) at = at.nextElementSibling;
      else box.insertBefore(section, at);
    }
    this.status(model);
  }

  fill(group) {
    let section = this.sections.get(group.label);
    if (!section) {
      section = element("section", "group");
      const title = element("h2");
      const name = group.placeholder ? "not a photo" : group.label.slice(group.label.lastIndexOf("/") + 1);
      title.append(element("span", "", name), element("span"));
      section.append(title, element("div", "tiles"));
      section.classList.toggle("placeholder", group.placeholder);
      this.sections.set(group.label, section);
    }
    section.firstElementChild.lastElementChild.textContent =
      group.images.length === 1 ? "1 image" : `${group.images.length} images`;
    section.dataset.label = group.label;
    const box = section.lastElementChild;
    group.images.forEach((image, position) => {
      const tile = this.tiles[image];
      if (box.children[position] !== tile) box.insertBefore(tile, box.children[position] ?? null);
      tile.classList.toggle("best", group.best.includes(image));
    });
  }

  status(model) {
    const groups = [...model.groups.values()];
    const placeholders = groups.filter((group) => group.placeholder).length;
    find("counts").textContent =
      `${model.images.length} images · ${groups.length - placeholders} photographs` + (placeholders ? ` · ${placeholders} not a photo` : "");
    find("saved").textContent = model.saved ? "saved" : "proposed, not saved yet";
    find("saved").classList.toggle("waiting", !model.saved);
    document.body.dataset.version = model.version;
  }

  // Select an image: move the outline to it and show it in the pane.
  choose(model, image) {
    const tile = this.tiles[image];
    const section = tile.closest(".group");
    if (this.current && this.current.tile !== tile) this.current.tile.classList.remove("current");
    if (this.current && this.current.section !== section) this.current.section.classList.remove("current");
    tile.classList.add("current");
    section.classList.add("current");
    this.current = { tile, section };
    tile.scrollIntoView({ block: "nearest" });
    this.pane(find("chosen"), image, model);
    if (!find("zoom").hidden) this.zoom(image);
  }

  pane(figure, image, model) {
    const [picture, caption] = figure.children;
    clearTimeout(figure.later);
    picture.hidden = image === undefined;
    if (image === undefined) {
      caption.replaceChildren();
      return;
    }
    const { name, size, attacks } = model.images[image];
    caption.replaceChildren(
      element("div", "", model.labelOf[image]),
      element("div", "", sizeText(size)),
      element("div", "", name),
      ...(attacks ? [element("div", "", attacks)] : []),
    );
    if (figure.image === `${this.address}${image}`) return;
    figure.image = `${this.address}${image}`;
    picture.src = `${this.address}${image}/small`;
    figure.later = setTimeout(() => { picture.src = `${this.address}${image}/large`; }, LARGE_AFTER_MS);
  }

  // While the target of a merge or move is chosen: outline its images with dashes and show the first one in the pane.
  showPending(model, images, words) {
    for (const tile of document.querySelectorAll(".tile.source")) tile.classList.remove("source");
    for (const image of images) this.tiles[image].classList.add("source");
    find("other").hidden = !images.length;
    this.allow(images.length > 0);
    if (images.length) this.pane(find("other"), images[0], model);
    this.showMessage(words, true);
  }

  // Disable the buttons that would do nothing now. Nothing is touched unless a merge or move began or ended.
  allow(pending) {
    if (this.isPending === pending) return;
    this.isPending = pending;
    for (const made of find("buttons").children) {
      const { action } = made.dataset;
      made.disabled = action === "confirm" ? !pending : pending && !WHILE_PENDING.has(action);
    }
  }

  mark(image, on) {
    this.tiles[image]?.classList.toggle("marked", on);
  }

  showMessage(words, pending = false) {
    find("message").textContent = words;
    find("message").classList.toggle("pending", pending);
  }

  zoom(image) {
    find("zoom").hidden = image === undefined;
    if (image !== undefined) find("zoom").firstElementChild.src = `${this.address}${image}/large`;
  }

  get zoomed() {
    return !find("zoom").hidden;
  }

  help(on = find("help").hidden) {
    find("help").hidden = !on;
    if (on) find("help").querySelector("button").focus();
  }

  get helping() {
    return !find("help").hidden;
  }

  showHelp() {
    const list = element("dl");
    for (const key of KEYS) {
      const names = element("dt");
      names.append(...key.shown.flatMap((name) => [element("kbd", "", name), " "]));
      list.append(names, element("dd", "", key.help ?? key.does.join(", ")));
    }
    const close = element("button", "", "Close");
    close.type = "button";
    const box = element("div");
    box.append(
      element("h2", "", "Keys"),
      list,
      element("p", "", "Each key has a button at the bottom of the page. Each edit is saved at once. The proposed groups are saved with the first edit, or by the key a."),
      close,
    );
    find("help").append(box);
  }
}

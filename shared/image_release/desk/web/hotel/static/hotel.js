// The page of a hotel: decisions without loading the page again, one after the other.
//
// Every button holds a command. This module sends it, shows at once what it can foresee, and then puts the page's
// content as the desk renders it in place of the old one. Without this module the same buttons post an ordinary form.

import { isTyping } from './desk.js';
import { choosable, chosenImages, onDrag } from './hotel-drag.js';
import { keysOfHotel } from './hotel-keys.js';

const ASK_AGAIN_MS = 1500;
const LOOK_EVERY_MS = 10000;
const SUITE_PATIENCE_MS = 5 * 60 * 1000;

const said = document.getElementById('deed-said');
const why = document.getElementById('why');
const undoButton = document.getElementById('undo');
const redoButton = document.getElementById('redo');

const hotel = () => document.getElementById('hotel');
const address = () => hotel().dataset.address;
const store = `desk-undo-${location.pathname}`;
let steps = JSON.parse(sessionStorage.getItem(store) ?? '{"undo":[],"redo":[]}');
let queue = Promise.resolve();
let waiting = 0;

/** Tell what happens, and offer one thing to do about it. */
function tell(sentence, { isBad = false, offer = null } = {}) {
  said.textContent = sentence;
  said.classList.toggle('bad', isBad);
  if (offer) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = offer.text;
    button.addEventListener('click', offer.action);
    said.append(' ', button);
  }
}

function remember() {
  sessionStorage.setItem(store, JSON.stringify(steps));
  undoButton.disabled = steps.undo.length === 0;
  redoButton.disabled = steps.redo.length === 0;
}

async function ask(path, options = {}) {
  const answer = await fetch(path, { ...options, headers: { Accept: 'application/json', ...options.headers } });
  const found = await answer.json().catch(() => ({ error: 'The desk did not answer. Is it still running?' }));
  if (!answer.ok) throw Object.assign(new Error(found.error ?? 'The desk refused this.'), { status: answer.status });
  return found;
}

/** Everything that a form with this command would send now. */
function fields(command) {
  const form = new FormData(document.getElementById('decide'));
  form.set('do', command);
  return form;
}

function chooseNone() {
  for (const box of choosable()) box.checked = false;
  countChosen();
}

/** Put the content in place of the old one, and keep what the person was doing. */
function show(content) {
  const fresh = new DOMParser().parseFromString(content, 'text/html').getElementById('hotel');
  const open = new Set([...hotel().querySelectorAll('details[open][data-keep]')].map((item) => item.dataset.keep));
  const chosen = new Set(chosenImages());
  const focused = document.activeElement?.closest('#hotel') ? document.activeElement : null;
  const item = focused?.closest('[data-item]')?.dataset.item;
  const key = focused?.dataset.key;
  hotel().replaceWith(document.importNode(fresh, true));
  for (const details of hotel().querySelectorAll('details[data-keep]')) details.open = open.has(details.dataset.keep);
  for (const box of choosable()) box.checked = chosen.has(box.value);
  if (item) focusOn(item, key);
  countChosen();
}

function focusOn(sha256, key) {
  const item = hotel().querySelector(`[data-item="${CSS.escape(sha256)}"]`);
  const button = key && item?.querySelector(`[data-key="${CSS.escape(key)}"]:not([disabled])`);
  (button || item?.closest('[tabindex]') || item)?.focus({ preventScroll: true });
}

/** Move a card at once, before the desk has answered. */
function foresee(command) {
  const [action, sha256, place] = command.split(' ');
  const cards = [...document.querySelectorAll('#pictures > [data-item]')];
  const card = cards.find((item) => item.dataset.item === sha256);
  if (!card) return;
  card.classList.add('moving');
  if (action === 'hide') card.hidden = true;
  if (action !== 'pin') return;
  const others = cards.filter((item) => item !== card);
  const next = others[Number(place) - 1];
  const focused = card.contains(document.activeElement) ? document.activeElement : null;
  if (next) next.before(card);
  else others.at(-1)?.after(card);
  focused?.focus({ preventScroll: true }); // an element that is moved loses the focus
  card.scrollIntoView({ block: 'nearest' });
}

/** Wait until the desk, or the suite, has applied the decisions; then show the hotel as it is. */
async function follow(before, publishes) {
  const until = Date.now() + SUITE_PATIENCE_MS;
  for (;;) {
    const query = new URLSearchParams({ seen: hotel().dataset.version, wait: 1, before });
    const found = await ask(`${address()}/state?${query}`);
    if (!found.under_way && (publishes || found.seq !== before)) {
      await refresh(before);
      return found;
    }
    if (!publishes && Date.now() > until) return { ...found, error: '' };
    if (!found.under_way) await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
}

/** Show the hotel as it is now, beside what it was at manifest `before`. */
async function refresh(before = hotel().dataset.seq) {
  const query = new URLSearchParams({ seen: hotel().dataset.version, content: 1, before });
  show((await ask(`${address()}/state?${query}`)).content);
}

/** Record one decision, and show what comes of it. `kind` says which stack of steps it changes. */
async function decide(form, kind) {
  const before = Number(hotel().dataset.seq);
  tell('Recording …');
  let found;
  try {
    form.set('seen', hotel().dataset.version);
    found = await ask(`${address()}/decisions`, {
      method: 'POST',
      body: form,
      headers: { 'X-Form-Token': document.body.dataset.formToken },
    });
  } catch (error) {
    await refresh().catch(() => {});
    const again = { text: 'Decide this all the same', action: () => enqueue(form, kind) };
    tell(error.message, { isBad: true, offer: error.status === 409 ? again : null });
    return;
  }
  if (found.digests.length) {
    const step = found.digests.toReversed().join(' ');
    if (kind === 'undo') steps.redo.push(step);
    else steps.undo.push(step);
    if (kind === 'new') steps.redo = [];
  }
  remember();
  hotel().dataset.version = found.version;
  const notes = found.notes.map((note) => `${note[0].toUpperCase()}${note.slice(1)}.`).join(' ');
  if (!found.publishes) {
    tell(`Recorded. The suite publishes it soon; this page then shows it. ${notes}`);
    follow(before, false).then(
      (state) => tell(state.seq === before ? 'Recorded, and not published yet. It stays recorded.' : `Published. ${notes}`),
      (error) => tell(error.message, { isBad: true }),
    );
    await refresh();
    return;
  }
  tell(`Recorded. The hotel is being processed … ${notes}`);
  const state = await follow(before, true);
  if (state.error) tell(`Recorded, but the hotel could not be processed now: ${state.error}`, { isBad: true });
  else tell(`Done. ${notes}`);
}

/** Decide something, as the page's form is filled in now. */
function act(command, kind = 'new') {
  const form = fields(command);
  foresee(command);
  why.value = '';
  chooseNone();
  enqueue(form, kind);
}

/** Send a decision after everything that was decided before. */
function enqueue(form, kind) {
  waiting += 1;
  queue = queue
    .then(() => decide(form, kind))
    .catch((error) => tell(error.message, { isBad: true }))
    .finally(() => {
      waiting -= 1;
      document.body.dataset.waiting = waiting || '';
    });
  document.body.dataset.waiting = waiting;
}

function step(from, kind) {
  const digests = steps[from].pop();
  if (!digests) {
    tell(from === 'undo' ? 'You have decided nothing on this page that could be undone; each older decision can be undone at the end of the page.' : 'There is nothing to take back.');
    return;
  }
  act(`revoke ${digests}`, kind);
}

const undo = () => step('undo', 'undo');
const redo = () => step('redo', 'redo');

function countChosen() {
  const count = chosenImages().length;
  document.getElementById('chosen-count').textContent = count ? `${count} chosen` : 'None chosen';
  document.getElementById('chosen').dataset.count = count;
}

document.addEventListener('submit', (event) => {
  if (event.target.id !== 'decide' || !event.submitter?.value) return;
  event.preventDefault();
  act(event.submitter.value);
});
document.addEventListener('change', (event) => {
  if (event.target.name === 'chosen') countChosen();
});
undoButton.addEventListener('click', undo);
redoButton.addEventListener('click', redo);
document.getElementById('choose-none').addEventListener('click', chooseNone);
document.getElementById('side-by-side').addEventListener('click', (event) => {
  const [one, other, ...more] = chosenImages();
  if (!other || more.length) tell('Choose exactly two images to see them side by side.');
  else location.assign(`${event.currentTarget.dataset.address}?${new URLSearchParams({ one, other })}`);
});
document.addEventListener('keydown', (event) => {
  if (!(event.ctrlKey || event.metaKey) || isTyping(event)) return;
  const key = event.key.toLowerCase();
  const action = key === 'y' || (key === 'z' && event.shiftKey) ? redo : key === 'z' ? undo : null;
  if (!action) return;
  event.preventDefault();
  action();
});
onDrag(act);
keysOfHotel(act, tell);

/** Tell the person when somebody else, or a run, has changed the hotel meanwhile. */
async function look() {
  if (waiting || document.hidden) return;
  const query = new URLSearchParams({ seen: hotel().dataset.version });
  const found = await ask(`${address()}/state?${query}`);
  if (waiting || !found.happened) return;
  tell(`This page is older than its hotel. Meanwhile: ${found.happened}.`, {
    offer: { text: 'Show the hotel as it is now', action: () => refresh().then(() => tell('This is the hotel as it is now.')) },
  });
}
setInterval(() => look().catch(() => {}), LOOK_EVERY_MS);
document.addEventListener('visibilitychange', () => look().catch(() => {}));

remember();
countChosen();
if (hotel().dataset.underWay) {
  follow(Number(new URLSearchParams(location.search).get('before') ?? hotel().dataset.seq), true).catch(() => {});
}
document.body.dataset.state = 'ready';

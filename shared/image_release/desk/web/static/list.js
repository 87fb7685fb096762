// The list of hotels: answers while the person types, and can be used with keys alone.

import { onKeys } from './desk.js';

const form = document.getElementById('query');
const words = document.getElementById('q');
const TYPING_MS = 200;
let latest = 0;
let timer = 0;

/** The address that the form asks for, without what is empty or as usual. */
function asked() {
  const values = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    const isUsual = (name === 'sort' && value === 'look') || (name === 'fewer' && value === '5');
    if (value && !isUsual) values.append(name, value);
  }
  return `/?${values}`;
}

/** Show the list at an address, in place of the present one. */
async function show(address, { isNew = true } = {}) {
  const mine = ++latest;
  document.body.dataset.state = 'loading';
  const answer = await fetch(address).catch(() => null);
  if (mine !== latest) return;
  if (!answer?.ok) {
    location.assign(address);
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  if (mine !== latest) return;
  const [found, filters] = ['found', 'filters'].map((id) => page.getElementById(id));
  if (!found) {
    location.assign(address);
    return;
  }
  document.getElementById('found').replaceWith(found);
  renew(filters);
  if (isNew) history.replaceState(null, '', address);
  document.body.dataset.state = 'ready';
}

/** Take over the counts of the filters; the boxes stay, so that the focus stays where it is. */
function renew(filters) {
  const fresh = new Map([...filters.querySelectorAll('input[name=f]')].map((box) => [box.value, box]));
  for (const box of form.querySelectorAll('input[name=f]')) {
    const label = box.closest('label');
    const other = fresh.get(box.value).closest('label');
    label.className = other.className;
    label.querySelector('b').textContent = other.querySelector('b').textContent;
    label.childNodes[1].textContent = other.childNodes[1].textContent;
  }
}

words.addEventListener('input', () => {
  clearTimeout(timer);
  timer = setTimeout(() => show(asked()), TYPING_MS);
});
form.addEventListener('change', (event) => {
  if (event.target !== words) show(asked());
});
form.addEventListener('submit', (event) => {
  event.preventDefault();
  clearTimeout(timer);
  show(asked()).then(() => move(1, true));
});
words.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') words.blur();
});

const names = () => [...document.querySelectorAll('.hotel-row .name')];

/** Go to the next hotel (1) or the one before (-1). */
function move(step, isFirst = false) {
  const all = names();
  const at = all.indexOf(document.activeElement);
  const next = all[isFirst ? 0 : Math.min(Math.max(at + step, 0), all.length - 1)];
  next?.focus();
  next?.closest('.hotel-row').scrollIntoView({ block: 'nearest' });
}

const keys = {
  '/': () => {
    words.focus();
    words.select();
  },
  j: () => move(1),
  k: () => move(-1),
  n: () => document.querySelector('a[rel=next]')?.click(),
  p: () => document.querySelector('a[rel=prev]')?.click(),
};
onKeys(keys);

const open = () => (names().includes(current) ? current : names()[0])?.click();
let current = null;
document.addEventListener('focusin', (event) => {
  if (event.target.matches('.hotel-row .name')) current = event.target;
});
for (const button of document.querySelectorAll('[data-key]')) {
  button.addEventListener('click', () => {
    document.getElementById('keys').close();
    current?.focus();
    (keys[button.dataset.key] ?? open)();
  });
}
if (matchMedia('(max-width: 700px)').matches && !form.querySelector('input[name=f]:checked')) {
  form.querySelector('details').open = false;
}
document.body.dataset.state = 'ready';

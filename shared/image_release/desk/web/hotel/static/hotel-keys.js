// The keys of a hotel's page. Each key presses the button that shows what it does.

import { onKeys } from './desk.js';
import { chosenImages } from './hotel-drag.js';

const items = () => [...document.querySelectorAll('#hotel [data-item]')].filter((item) => item.checkVisibility());

/** The image that keys are about: the focused one, or the first. */
function current() {
  return document.activeElement?.closest('[data-item]') ?? null;
}

/** The button of an item, or of the picture that the item is a copy of. */
function buttonOf(item, key) {
  for (let at = item; at; at = at.parentElement?.closest('[data-item]')) {
    const button = [...at.querySelectorAll(`[data-key="${key}"]`)].find((found) => found.closest('[data-item]') === at);
    if (button) return button;
  }
  return null;
}

export function keysOfHotel(act, tell) {
  const go = (by) => {
    const all = items();
    const at = all.indexOf(current());
    const next = all[at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1)];
    if (!next) return;
    if (!next.hasAttribute('tabindex')) next.tabIndex = -1;
    next.focus();
    next.scrollIntoView({ block: 'nearest' });
  };
  const press = (key) => () => {
    const button = buttonOf(current(), key);
    if (!button) return tell('Go to an image first (arrow keys) for which this key means something.');
    if (button.disabled) return;
    if (button.matches('select')) {
      button.closest('details').open = true;
      button.focus();
    } else if (button.matches('summary')) button.parentElement.open = !button.parentElement.open;
    else button.click();
  };
  const move = (by) => press(by < 0 ? 'up' : 'down');
  const notTheSame = () => {
    if (chosenImages().length) document.querySelector('[data-key="n-chosen"]').click();
    else press('n')();
  };
  const keys = {
    ArrowLeft: (event) => (event.shiftKey ? move(-1)() : go(-1)),
    ArrowRight: (event) => (event.shiftKey ? move(1)() : go(1)),
    m: () => document.querySelector('[data-key="m"]').click(),
    c: () => document.querySelector('[data-key="c"]').click(),
    n: notTheSame,
    w: () => document.getElementById('why').focus(),
  };
  for (const key of ['f', 'h', 's', 'x', 'b', 'k', 'd']) keys[key] = press(key);
  for (let place = 1; place <= 9; place += 1) {
    keys[String(place)] = () => {
      const card = current()?.closest('#pictures > [data-item]');
      if (card) act(`pin ${card.dataset.item} ${place}`);
      else tell('Go to a picture first (arrow keys).');
    };
  }
  onKeys(keys);
}

// What all pages of the desk share: the list of keys, messages, and calls to the desk.

/** Whether a key belongs to what the person is typing. */
export function isTyping(event) {
  return event.target.closest('input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]') !== null;
}

/** Tell the person a sentence, on the page and to screen readers. */
export function tell(sentence, isBad = false) {
  const said = document.getElementById('said');
  said.textContent = sentence;
  said.classList.toggle('bad', isBad);
  said.hidden = !sentence;
}

/** Post a JSON object to the desk. Throws an Error with the desk's sentence if it was refused. */
export async function post(address, document_) {
  const answer = await fetch(address, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/json',
      'X-Form-Token': document.body.dataset.formToken,
    },
    body: JSON.stringify(document_),
  });
  const found = await answer.json().catch(() => ({ error: 'The desk did not answer. Is it still running?' }));
  if (!answer.ok) throw Object.assign(new Error(found.error ?? 'The desk refused this.'), { status: answer.status });
  return found;
}

/** Do something when a key is pressed outside of fields; `keys` maps keys to functions. */
export function onKeys(keys) {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
    if (document.querySelector('dialog[open]')) return;
    const action = keys[event.key];
    if (!action) return;
    event.preventDefault();
    action(event);
  });
}

const dialog = document.getElementById('keys');
if (dialog) {
  document.getElementById('show-keys').addEventListener('click', () => dialog.showModal());
  onKeys({ '?': () => dialog.showModal() });
}

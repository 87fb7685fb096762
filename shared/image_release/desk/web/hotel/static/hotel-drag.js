// Dragging pictures with a mouse or a pen. Fingers scroll; they use the buttons.

const START_PX = 6;

/** The boxes that choose images. */
export const choosable = () => [...document.querySelectorAll('#hotel input[name=chosen]')];

/** The SHA-256 of the chosen images, each once. */
export const chosenImages = () => [...new Set(choosable().filter((box) => box.checked).map((box) => box.value))];

/** Call `act` with the command that moves a picture to where it was dropped. */
export function onDrag(act) {
  let drag = null;

  const cardAt = (event) => document.elementFromPoint(event.clientX, event.clientY)?.closest('#pictures > [data-item]');
  const mark = (card) => {
    for (const other of document.querySelectorAll('.card.target')) other.classList.remove('target');
    card?.classList.add('target');
  };
  const end = () => {
    mark(null);
    drag?.card.classList.remove('dragging');
    drag = null;
  };

  document.addEventListener('pointerdown', (event) => {
    const card = event.target.closest('.shot img')?.closest('#pictures > [data-item]');
    if (!card || event.button !== 0 || event.pointerType === 'touch') return;
    drag = { card, x: event.clientX, y: event.clientY, started: false };
  });
  document.addEventListener('pointermove', (event) => {
    if (!drag) return;
    drag.started ||= Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > START_PX;
    if (!drag.started) return;
    event.preventDefault();
    drag.card.classList.add('dragging');
    const over = cardAt(event);
    mark(over === drag.card ? null : over);
  });
  document.addEventListener('pointerup', (event) => {
    if (!drag?.started) return end();
    const { card } = drag;
    const over = cardAt(event);
    end();
    if (over && over !== card) act(`pin ${card.dataset.item} ${over.dataset.position}`);
  });
  document.addEventListener('pointercancel', end);
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') end();
  });
}

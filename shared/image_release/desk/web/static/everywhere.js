// Shows how far a search or a decision for every hotel is, and what came of it at the end.

const work = document.getElementById('work');
const bar = document.getElementById('progress');

async function look() {
  try {
    const answer = await fetch(work.dataset.address, { headers: { Accept: 'application/json' } });
    const state = await answer.json();
    if (!answer.ok || state.is_over) {
      location.reload();
      return;
    }
    document.getElementById('what').textContent = state.what;
    document.getElementById('count').textContent =
      state.total === null ? `${state.done}` : `${state.done} of ${state.total}`;
    if (state.total) {
      bar.max = state.total;
      bar.value = state.done;
    } else {
      bar.removeAttribute('value');
    }
  } catch {
    document.getElementById('what').textContent = 'The desk does not answer. Is it still running?';
  }
  setTimeout(look, 400);
}

look();

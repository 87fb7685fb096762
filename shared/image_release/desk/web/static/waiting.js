// The waiting page: shows how far the first build is, and the list when it is there.

const bar = document.getElementById('progress');

async function look() {
  try {
    const answer = await fetch('/progress', { headers: { Accept: 'application/json' } });
    const progress = await answer.json();
    if (progress.is_built) {
      location.reload();
      return;
    }
    document.getElementById('what').textContent = progress.what;
    document.getElementById('count').textContent = progress.total
      ? `${progress.done} of ${progress.total}`
      : `${progress.done}`;
    if (progress.total) {
      bar.max = progress.total;
      bar.value = progress.done;
    }
    show(progress.error);
  } catch {
    show('The desk does not answer. Is it still running?');
  }
  setTimeout(look, 500);
}

function show(sentence) {
  const error = document.getElementById('error');
  error.textContent = sentence;
  error.hidden = !sentence;
}

look();

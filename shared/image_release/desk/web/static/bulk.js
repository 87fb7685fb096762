// After decisions in bulk: shows how many hotels are processed, and which could not be.

const work = document.getElementById('work');
const bar = document.getElementById('applied');
const failed = document.getElementById('failed');

async function look() {
  try {
    const answer = await fetch(`/bulk/${work.dataset.token}/progress`, { headers: { Accept: 'application/json' } });
    if (!answer.ok) return;
    const progress = await answer.json();
    bar.value = progress.done;
    document.getElementById('applied-count').textContent = `${progress.done} of ${progress.total}`;
    failed.replaceChildren(
      ...progress.failed.map((hotel) => {
        const item = document.createElement('li');
        item.textContent = `${hotel.hotel_id}: ${hotel.error}`;
        return item;
      }),
    );
    failed.hidden = !progress.failed.length;
    if (progress.done === progress.total) {
      document.body.dataset.state = 'done';
      return;
    }
  } catch {
    // the next attempt tells more
  }
  setTimeout(look, 500);
}

look();

// The filter: words in any order, without accents and case. The text of each hotel is folded already (folding.py).
const LIKE = {
  "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "ĸ": "k", "ŋ": "n",
  "æ": "ae", "œ": "oe", "þ": "th", "ß": "ss", "’": "'", "‘": "'", "ʼ": "'", "ʻ": "'", "´": "'", "`": "'",
};
const fold = (text) => text.normalize("NFKD").toLowerCase().normalize("NFKD")
  .replace(/[\u0300-\u036f\u0591-\u05bd\u064b-\u0655\p{Cf}]/gu, "").replace(/\p{Pd}/gu, "-")
  .replace(/[^\0-\x7f]|`/gu, (letter) => LIKE[letter] ?? letter).normalize("NFC");
const [form, box, look, nothing] = ["find", "filter", "look", "nothing"].map((id) => document.getElementById(id));
const hotels = document.getElementById("hotels").children;

function filter() {
  const words = fold(box.value).split(/\s+/).filter(Boolean);
  let found = 0;
  for (const card of hotels) {
    card.hidden = !words.every((word) => card.dataset.text.includes(word)) || (look?.checked && !("look" in card.dataset));
    if (!card.hidden) found += 1;
  }
  nothing.textContent = found || !hotels.length ? "" : "No hotel here fits. Try fewer words, or parts of words.";
}

form.hidden = false;
form.addEventListener("input", filter);
form.addEventListener("submit", (event) => event.preventDefault());
filter(); // a browser keeps what was typed when the page is loaded again

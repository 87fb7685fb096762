const box = document.getElementById("filter");
box.hidden = false;
box.addEventListener("input", () => {
  const wanted = box.value.trim().toLowerCase();
  for (const card of document.getElementById("hotels").children) card.hidden = !card.dataset.text.includes(wanted);
});

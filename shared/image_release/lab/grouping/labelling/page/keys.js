// Which key does what: the table that the page obeys and that its help shows.

export const KEYS = [
  { keys: ["ArrowLeft", "ArrowRight"], shown: "← →", does: "the image before, the image after", actions: ["imageBefore", "imageAfter"] },
  { keys: ["ArrowUp", "ArrowDown"], shown: "↑ ↓", does: "the group before, the group after", actions: ["groupBefore", "groupAfter"] },
  { keys: ["PageUp", "PageDown"], shown: "PgUp PgDn", does: "ten groups back, ten on", actions: ["tenBefore", "tenAfter"] },
  { keys: ["Home", "End"], shown: "Home End", does: "the first group, the last", actions: ["firstGroup", "lastGroup"] },
  { keys: [" "], shown: "Space", does: "mark the image, to do something with several", actions: ["mark"], hint: "mark" },
  { keys: ["m"], shown: "m", does: "merge this group into the one before", actions: ["mergeBefore"], hint: "merge with previous" },
  { keys: ["g"], shown: "g", does: "merge this group into another: go there, Enter", actions: ["mergeInto"], hint: "merge into…" },
  { keys: ["v"], shown: "v", does: "move the image (or the marked ones) to another group: go there, Enter", actions: ["moveInto"], hint: "move to…" },
  { keys: ["s"], shown: "s", does: "split the image (or the marked ones) out into a group of its own", actions: ["split"], hint: "split out" },
  { keys: ["x"], shown: "x", does: "not a photo, or a photo after all: the image (or the marked ones)", actions: ["notPhoto"], hint: "not a photo" },
  { keys: ["b"], shown: "b", does: "one of the group's best copies, or not", actions: ["best"], hint: "best copy" },
  { keys: ["u", "Ctrl+z"], shown: "u", does: "undo", actions: ["undo", "undo"], hint: "undo" },
  { keys: ["r", "Ctrl+y", "Ctrl+Z"], shown: "r", does: "redo", actions: ["redo", "redo", "redo"] },
  { keys: ["a"], shown: "a", does: "all groups are right: save them, and on to the next hotel", actions: ["accept"], hint: "all right, next hotel" },
  { keys: ["n", "p"], shown: "n p", does: "the next hotel, the previous one", actions: ["nextHotel", "previousHotel"] },
  { keys: ["z"], shown: "z", does: "the image as large as the screen; arrows go on", actions: ["zoom"], hint: "zoom" },
  { keys: ["Enter"], shown: "Enter", does: "do it: merge or move into the group that you went to", actions: ["confirm"] },
  { keys: ["Escape"], shown: "Esc", does: "stop merging or moving, forget the marks, close", actions: ["cancel"] },
  { keys: ["?"], shown: "?", does: "these keys", actions: ["help"] },
];

const ACTION_OF = new Map(KEYS.flatMap(({ keys, actions }) => keys.map((key, at) => [key, actions[at]])));

export function actionOf(event) {
  if (event.altKey || event.isComposing) return undefined;
  return ACTION_OF.get(event.ctrlKey || event.metaKey ? `Ctrl+${event.key}` : event.key);
}

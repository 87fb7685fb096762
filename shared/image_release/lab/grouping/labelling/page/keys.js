// The keys of the page: one table for the key presses and for the help.

export const KEYS = [
  { keys: ["ArrowLeft", "ArrowRight"], shown: "← →", does: "go to the previous image, the next image", actions: ["imageBefore", "imageAfter"] },
  { keys: ["ArrowUp", "ArrowDown"], shown: "↑ ↓", does: "go to the previous group, the next group", actions: ["groupBefore", "groupAfter"] },
  { keys: ["PageUp", "PageDown"], shown: "PgUp PgDn", does: "go ten groups back, ten forward", actions: ["tenBefore", "tenAfter"] },
  { keys: ["Home", "End"], shown: "Home End", does: "go to the first group, the last group", actions: ["firstGroup", "lastGroup"] },
  { keys: [" "], shown: "Space", does: "mark the image; v, s and x then act on all marked images", actions: ["mark"], hint: "mark" },
  { keys: ["m"], shown: "m", does: "merge this group into the previous one", actions: ["mergeBefore"], hint: "merge with previous" },
  { keys: ["g"], shown: "g", does: "merge this group into another one: go there and press Enter", actions: ["mergeInto"], hint: "merge into…" },
  { keys: ["v"], shown: "v", does: "move the image (or the marked ones) to another group: go there and press Enter", actions: ["moveInto"], hint: "move to…" },
  { keys: ["s"], shown: "s", does: "split the image (or the marked ones) off into a new group", actions: ["split"], hint: "split off" },
  { keys: ["x"], shown: "x", does: "set or clear \"not a photo\" for the image (or the marked ones)", actions: ["notPhoto"], hint: "not a photo" },
  { keys: ["b"], shown: "b", does: "set or clear \"best copy\" for the image", actions: ["best"], hint: "best copy" },
  { keys: ["u", "Ctrl+z"], shown: "u", does: "undo", actions: ["undo", "undo"], hint: "undo" },
  { keys: ["r", "Ctrl+y", "Ctrl+Z"], shown: "r", does: "redo", actions: ["redo", "redo", "redo"] },
  { keys: ["a"], shown: "a", does: "accept all groups, save them, and go to the next hotel", actions: ["accept"], hint: "accept, next hotel" },
  { keys: ["n", "p"], shown: "n p", does: "go to the next hotel, the previous hotel", actions: ["nextHotel", "previousHotel"] },
  { keys: ["z"], shown: "z", does: "show the image in full size; arrow keys still work", actions: ["zoom"], hint: "zoom" },
  { keys: ["Enter"], shown: "Enter", does: "confirm: merge or move into the chosen group", actions: ["confirm"] },
  { keys: ["Escape"], shown: "Esc", does: "cancel a merge or move, clear the marks, close", actions: ["cancel"] },
  { keys: ["?"], shown: "?", does: "show or hide these keys", actions: ["help"] },
];

const ACTION_OF = new Map(KEYS.flatMap(({ keys, actions }) => keys.map((key, at) => [key, actions[at]])));

export function actionOf(event) {
  if (event.altKey || event.isComposing) return undefined;
  return ACTION_OF.get(event.ctrlKey || event.metaKey ? `Ctrl+${event.key}` : event.key);
}

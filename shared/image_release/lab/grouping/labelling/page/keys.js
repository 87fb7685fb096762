// The keys of the page: one table for the key presses, the buttons and the help.
//
// `does` has a word for each action: it names its button. Buttons of entries with `often` show the word, others the key
// alone. `pending`: the key also works while the target of a merge or move is chosen.

export const KEYS = [
  { keys: ["ArrowLeft", "ArrowRight"], shown: ["←", "→"], does: ["previous image", "next image"], actions: ["imageBefore", "imageAfter"], pending: true },
  { keys: ["ArrowUp", "ArrowDown"], shown: ["↑", "↓"], does: ["previous group", "next group"], actions: ["groupBefore", "groupAfter"], pending: true },
  { keys: ["PageUp", "PageDown"], shown: ["PgUp", "PgDn"], does: ["ten groups back", "ten groups forward"], actions: ["tenBefore", "tenAfter"], pending: true },
  { keys: ["Home", "End"], shown: ["Home", "End"], does: ["first group", "last group"], actions: ["firstGroup", "lastGroup"], pending: true },
  { keys: [" "], shown: ["Space"], does: ["mark"], help: "mark the image; v, s and x then act on all marked images", actions: ["mark"], often: true },
  { keys: ["m"], shown: ["m"], does: ["merge with previous"], help: "merge this group into the previous one", actions: ["mergeBefore"], often: true },
  { keys: ["g"], shown: ["g"], does: ["merge into…"], help: "merge this group into another one: go there and press Enter", actions: ["mergeInto"], often: true },
  { keys: ["v"], shown: ["v"], does: ["move to…"], help: "move the image (or the marked ones) to another group: go there and press Enter", actions: ["moveInto"], often: true },
  { keys: ["s"], shown: ["s"], does: ["split off"], help: "split the image (or the marked ones) off into a new group", actions: ["split"], often: true },
  { keys: ["x"], shown: ["x"], does: ["not a photo"], help: "set or clear \"not a photo\" for the image (or the marked ones)", actions: ["notPhoto"], often: true },
  { keys: ["b"], shown: ["b"], does: ["best copy"], help: "set or clear \"best copy\" for the image", actions: ["best"], often: true },
  { keys: ["u", "Ctrl+z"], shown: ["u"], does: ["undo"], actions: ["undo", "undo"], often: true },
  { keys: ["r", "Ctrl+y", "Ctrl+Z"], shown: ["r"], does: ["redo"], actions: ["redo", "redo", "redo"], often: true },
  { keys: ["a"], shown: ["a"], does: ["accept, next hotel"], help: "accept all groups, save them, and go to the next hotel", actions: ["accept"], often: true },
  { keys: ["p", "n"], shown: ["p", "n"], does: ["previous hotel", "next hotel"], actions: ["previousHotel", "nextHotel"] },
  { keys: ["z"], shown: ["z"], does: ["zoom"], help: "show the image in full size; arrow keys still work", actions: ["zoom"], often: true, pending: true },
  { keys: ["Enter"], shown: ["Enter"], does: ["here"], help: "confirm: merge or move into the chosen group", actions: ["confirm"], pending: true },
  { keys: ["Escape"], shown: ["Esc"], does: ["cancel"], help: "cancel a merge or move, clear the marks, close", actions: ["cancel"], pending: true },
  { keys: ["?"], shown: ["?"], does: ["all keys"], help: "show or hide these keys", actions: ["help"] },
];

const ACTION_OF = new Map(KEYS.flatMap(({ keys, actions }) => keys.map((key, at) => [key, actions[at]])));

// The actions that are allowed while the target of a merge or move is chosen.
export const WHILE_PENDING = new Set(KEYS.filter((key) => key.pending).flatMap((key) => key.actions));

// A list or button that has the focus keeps the keys that work it.
const keepsKey = ({ key, target }) =>
  target.closest?.("select") || (target.closest?.("button") && (key === "Enter" || key === " "));

export function actionOf(event) {
  if (event.altKey || event.isComposing || keepsKey(event)) return undefined;
  return ACTION_OF.get(event.ctrlKey || event.metaKey ? `Ctrl+${event.key}` : event.key);
}

// Choosing (docs/protocol.md, S2).
//
// What this module guarantees: the choices are saved on this device at every change and sent nowhere; what
// another tab chooses is shown here at once;
// no more is chosen than the rules allow, and why is said beside the item; what another person left
// unfinished on this device is not shown before somebody says that it is theirs; where a vote was cast the
// receipt is not cleared before somebody presses the button that says so.

import * as choosing from "./choosing.js";
import { offerComparison } from "./compare.js";
import { inApp, offerWayOut } from "./inapp.js";
import { seed, shuffled } from "./order.js";
import {
  clearHandedBack,
  isMine,
  markMine,
  onChange,
  probe,
  readAttempt,
  readDraft,
  setAside,
  wasCast,
  writeDraft,
} from "./store.js";

const root = document.getElementById("booth");
const { call, district } = root.dataset;
const words = JSON.parse(root.dataset.words);
const rule = choosing.ruleOf(JSON.parse(root.dataset.form), Number(root.dataset.budget));
const boxes = [...root.querySelectorAll('input[type="checkbox"][name="project"]')];
const parameters = new URLSearchParams(location.search);

let draft = choosing.emptyDraft(district);
let asked = false; // to stay ready without the network
let begun = false; // the ballot is shown and can be filled in

const amount = (value) => words.money.replace("{n}", value.toLocaleString("en-US"));
const numberOf = (box) => Number(box.value);
const projectOf = (box) => ({
  number: numberOf(box),
  title: box.dataset.title,
  cost: Number(box.dataset.cost),
});

function show(name) {
  for (const panel of root.querySelectorAll("[data-panel]")) panel.hidden = panel.dataset.panel !== name;
}

/** Say beside a project why it cannot be chosen or cannot get more; null takes it away. */
function explain(box, obstacle) {
  const note = document.getElementById(`why-${box.value}`);
  note.hidden = !obstacle;
  if (obstacle) note.textContent = choosing.sentence(words, obstacle, amount);
}

function paint() {
  const { chosen } = draft;
  for (const box of boxes) {
    box.checked = Boolean(choosing.find(chosen, numberOf(box)));
    box.closest("[data-project]").classList.toggle("ballot__project--chosen", box.checked);
    if (rule.points) paintPoints(box);
    if (rule.ordered) paintRank(box);
  }
  if (rule.ordered) paintOrder();
  const { used, whole, money } = choosing.meter(rule, chosen);
  const shown = money ? amount : String;
  const meter = root.querySelector("[data-meter]");
  meter.textContent = words.meter.replace("{a}", shown(used)).replace("{b}", shown(whole));
  const bar = root.querySelector("[data-bar]");
  bar.max = whole;
  bar.value = used;
  const enough = choosing.enough(rule, chosen);
  if (enough) root.querySelector("[data-need]").hidden = true;
  root.querySelector("[data-review]").setAttribute("aria-disabled", String(!enough));
}

/** The stepper of a project that has points. */
function paintPoints(box) {
  const own = choosing.find(draft.chosen, numberOf(box));
  const stepper = box.closest("[data-project]").querySelector("[data-points]");
  stepper.hidden = !own;
  if (!own) return;
  stepper.querySelector("output").textContent = choosing.pointsSaid(words, own.points);
  const full = Boolean(choosing.excess(rule, draft.chosen, own.number, 1));
  stepper.querySelector('[data-step="1"]').setAttribute("aria-disabled", String(full));
}

/** The place of a project beside its title. */
function paintRank(box) {
  const at = draft.chosen.findIndex((project) => project.number === numberOf(box));
  const tag = box.closest("[data-project]").querySelector("[data-rank]");
  tag.hidden = at < 0;
  tag.textContent = at < 0 ? "" : words.place.replace("{n}", String(at + 1));
}

/** The order so far, with a button each way; the first cannot go up, the last cannot go down. */
function paintOrder() {
  const list = root.querySelector("[data-order]");
  const row = root.querySelector("[data-order-row]").content;
  list.closest("[data-order-panel]").hidden = draft.chosen.length === 0;
  list.replaceChildren(
    ...draft.chosen.map((project, at) => {
      const item = row.cloneNode(true);
      item.querySelector("[data-place]").textContent = words.place.replace("{n}", String(at + 1));
      item.querySelector("[data-title]").textContent = `${project.number} ${project.title}`;
      for (const button of item.querySelectorAll("[data-move]")) {
        const stuck = !choosing.move(draft.chosen, project.number, Number(button.dataset.move));
        button.value = String(project.number);
        button.setAttribute("aria-label", button.dataset.label.replace("{title}", project.title));
        button.setAttribute("aria-disabled", String(stuck));
      }
      return item;
    }),
  );
}

let saving = Promise.resolve();

function save() {
  saving = writeDraft(call, draft);
  markMine(call);
  return saving;
}

async function change(event) {
  const box = event.target;
  if (!boxes.includes(box)) return;
  for (const other of boxes) explain(other, null);
  const project = projectOf(box);
  if (box.checked) {
    const obstacle = choosing.obstacle(rule, draft.chosen, project);
    if (obstacle) {
      box.checked = false;
      explain(box, obstacle);
      return;
    }
    draft.chosen = choosing.add(rule, draft.chosen, project);
  } else {
    draft.chosen = choosing.remove(draft.chosen, project.number);
  }
  await keepAndPaint(); // what the meter counts is on the disk
}

/** One point more or less; the last point taken away takes the project off the ballot. */
async function step(button) {
  const box = button.closest("[data-project]").querySelector('input[name="project"]');
  const [number, more] = [numberOf(box), Number(button.dataset.step)];
  for (const other of boxes) explain(other, null);
  const excess = choosing.excess(rule, draft.chosen, number, more);
  if (excess) return explain(box, excess);
  draft.chosen = choosing.give(draft.chosen, number, more);
  if (!choosing.find(draft.chosen, number)) box.focus();
  return keepAndPaint();
}

/** One place up or down in the order. */
async function move(button) {
  const order = choosing.move(draft.chosen, Number(button.value), Number(button.dataset.move));
  if (!order) return;
  draft.chosen = order;
  await keepAndPaint();
  root.querySelector(`[data-move="${button.dataset.move}"][value="${button.value}"]`).focus();
}

async function keepAndPaint() {
  draft.reviewed = false;
  await save();
  paint();
  stayReady();
}

/** What was chosen before, as far as it stands on this ballot and has not been withdrawn. */
function adopt(saved) {
  const withdrawn = new Set(root.dataset.withdrawn.split(" ").filter(Boolean).map(Number));
  const here = saved.district === district ? saved.chosen : [];
  const gone = here.filter((project) => withdrawn.has(project.number));
  const reviewed = saved.reviewed && here === saved.chosen && gone.length === 0;
  draft = { ...saved, district, reviewed, chosen: here.filter((project) => !withdrawn.has(project.number)) };
  root.querySelector("[data-gone]").hidden = gone.length === 0;
  root.querySelector("[data-other-district]").hidden =
    saved.district === district || saved.chosen.length === 0;
}

/** Where every device has its own order: that of this tab, unless another was asked for. */
function mix() {
  const list = root.querySelector("[data-shuffled]");
  if (!list || parameters.get("order")) return;
  if (list.dataset.shuffled === "pages") {
    parameters.set("order", "random");
    parameters.set("seed", String(seed()));
    location.replace(`?${parameters}`);
    return;
  }
  list.replaceChildren(...shuffled(list.children, seed()));
}

async function begin(saved) {
  if (saved) adopt(saved);
  root.querySelector("[data-not-mine]").hidden = draft.counter || draft.chosen.length === 0;
  if (parameters.has("identified")) draft.identified = true;
  settle("identified"); // it is in the draft now: who comes back to this address later has not just identified
  // from the identification on the ballot's district is known, and only its ballot can be cast
  for (const link of root.querySelectorAll("[data-change-district]")) link.hidden = Boolean(draft.identified);
  await save();
  paint();
  // nothing can be ticked before what was saved has been read, so that no tick is ever taken back
  for (const box of boxes) box.disabled = !box.hasAttribute("data-choosable");
  begun = true;
  if (draft.chosen.length) stayReady();
  show("choose");
}

/** From the first choice on there is something to lose: the pages of this vote stay at hand without the network. */
function stayReady() {
  if (draft.counter || asked) return;
  asked = true;
  import("./offline.js").then((offline) => offline.stayReady(call), () => {});
}

/** Show what another tab has left on the device: its choices, or that there are none of this ballot any more. */
async function follow() {
  if (!begun) return start();
  let [saved, mine] = [null, null];
  do {
    mine = saving; // a tick that is made here meanwhile is newer than what was read
    await mine;
    saved = await readDraft(call);
  } while (mine !== saving);
  if (!saved) return location.reload(); // cast, cleared, or somebody else's turn
  if (saved.district !== district) return show("elsewhere");
  const same = JSON.stringify(saved.chosen) === JSON.stringify(draft.chosen);
  adopt(saved);
  paint();
  if (!same) root.querySelector("[data-other-tab]").hidden = false;
  return show("choose");
}

/**
 * Another person has the device now, from staff ("counter") or from whoever began before ("another"):
 * it starts afresh. A reload is no taking over.
 */
async function takeOver() {
  const counter = parameters.has("counter");
  await setAside(call);
  draft = { ...draft, counter, identified: counter };
  await save();
  settle("counter", "another");
  if (counter) await import("./offline.js").then((offline) => offline.endReady(), () => {});
}

/** What the address said has been done; a reload does not do it again. */
function settle(...names) {
  for (const name of names) parameters.delete(name);
  history.replaceState(null, "", `?${parameters}`);
}

async function start() {
  if (!(await probe())) return show("blocked");
  if (!begun) mix();
  await clearHandedBack();
  if (inApp()) {
    offerWayOut(root.querySelector('[data-panel="in-app"]'), start);
    return show("in-app");
  }
  const cast = await wasCast(call);
  if (parameters.has("another") && cast) return show("voted");
  if (parameters.has("counter") || parameters.has("another")) await takeOver();
  const [saved, attempt] = [await readDraft(call), await readAttempt(call)];
  if ((saved?.chosen.length || attempt) && !isMine(call)) return show("whose");
  if (attempt?.entry || (attempt?.signature && saved?.reviewed)) return show("unfinished");
  // who has just identified with a token of their own fills in their own ballot, whoever voted here before
  if (cast && !saved && !attempt && !parameters.has("identified")) return show("voted");
  return begin(saved);
}

root.addEventListener("change", change);
root.addEventListener("click", (event) => {
  const button = event.target.closest("[data-step], [data-move]");
  if (button) (button.dataset.step ? step : move)(button);
});
// a page is left only when the last choice is on the disk
root.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-on]");
  if (!link) return;
  event.preventDefault();
  if (link.hasAttribute("data-review") && !choosing.enough(rule, draft.chosen)) {
    root.querySelector("[data-need]").hidden = false;
    root.querySelector("[data-need]").focus();
    return;
  }
  await saving;
  location.assign(link.href);
});
for (const button of root.querySelectorAll("[data-mine]")) {
  button.addEventListener("click", () => {
    markMine(call);
    start();
  });
}
for (const button of root.querySelectorAll("[data-other-person]")) {
  button.addEventListener("click", async () => {
    await setAside(call);
    settle("another");
    markMine(call);
    await start();
  });
}
onChange((changed) => changed === call && follow());
// where a browser tells tabs nothing, what stands on the device is read when somebody looks again
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && follow());
root.querySelector("[data-here-again]").addEventListener("click", () => location.reload());
// searching and sorting load another page of the ballot
root.querySelector("[data-find]")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  await saving;
  event.target.submit();
});
offerComparison(root);
start();

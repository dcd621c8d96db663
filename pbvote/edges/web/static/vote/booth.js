// Choosing (docs/protocol.md, S2).
//
// What this module guarantees: the choices are saved on this device at every change and sent nowhere;
// no more is chosen than the rules allow, and why is said beside the item; what another person left
// unfinished on this device is not shown before somebody says that it is theirs.

import { offerComparison } from "./compare.js";
import { inApp, offerWayOut } from "./inapp.js";
import { isMine, markMine, probe, readAttempt, readDraft, setAside, writeDraft } from "./store.js";

const root = document.getElementById("booth");
const { call, district, form, money } = root.dataset;
const least = Number(root.dataset.least);
const most = Number(root.dataset.most);
const budget = Number(root.dataset.budget);
const points = { total: Number(root.dataset.pointsTotal), most: Number(root.dataset.pointsMost) };
const boxes = [...root.querySelectorAll('input[type="checkbox"][name="project"]')];
const parameters = new URLSearchParams(location.search);

let draft = { district, chosen: [], counter: false, identified: false, reviewed: false };

const amount = (value) => money.replace("{n}", value.toLocaleString("en-US"));
const spent = () => draft.chosen.reduce((sum, project) => sum + project.cost, 0);
const given = () => draft.chosen.reduce((sum, project) => sum + (project.points ?? 0), 0);
const projectOf = (box) => ({
  number: Number(box.value),
  title: box.dataset.title,
  cost: Number(box.dataset.cost),
});

function show(name) {
  for (const panel of root.querySelectorAll("[data-panel]")) panel.hidden = panel.dataset.panel !== name;
}

/** Why one more project cannot be chosen, as the name of the sentence in the page; "" if it can. */
function obstacle(project) {
  if (draft.chosen.length >= most) return "full";
  if (form === "knapsack" && spent() + project.cost > budget) return "over";
  if (form === "points" && given() >= points.total) return "spent";
  return "";
}

function explain(box, name) {
  const note = document.getElementById(`why-${box.value}`);
  note.hidden = name === "";
  if (name) {
    const over = spent() + Number(box.dataset.cost) - budget;
    const limit = { pointsFull: points.most, spent: points.total }[name] ?? most;
    note.textContent = root.dataset[name].replace("{n}", String(limit)).replace("{money}", amount(over));
  }
}

function paint() {
  const chosen = new Set(draft.chosen.map((project) => project.number));
  for (const box of boxes) {
    box.checked = chosen.has(Number(box.value));
    box.closest("[data-project]").classList.toggle("ballot__project--chosen", box.checked);
    if (form === "points") paintPoints(box);
    if (form === "ranking") paintRank(box);
  }
  if (form === "ranking") paintOrder();
  const [used, whole] = {
    knapsack: [spent(), budget],
    points: [given(), points.total],
  }[form] ?? [chosen.size, most];
  const shown = form === "knapsack" ? amount : String;
  const meter = root.querySelector("[data-meter]");
  meter.textContent = root.dataset.meter.replace("{a}", shown(used)).replace("{b}", shown(whole));
  const bar = root.querySelector("[data-bar]");
  bar.max = whole;
  bar.value = used;
  if (chosen.size >= least) root.querySelector("[data-need]").hidden = true;
  root.querySelector("[data-review]").setAttribute("aria-disabled", String(chosen.size < least));
}

/** The stepper of a project that has points. */
function paintPoints(box) {
  const own = draft.chosen.find((project) => project.number === Number(box.value));
  const stepper = box.closest("[data-project]").querySelector("[data-points]");
  stepper.hidden = !own;
  if (!own) return;
  stepper.querySelector("output").textContent = root.dataset.given.replace("{n}", String(own.points));
  const full = own.points >= points.most || given() >= points.total;
  stepper.querySelector('[data-step="1"]').setAttribute("aria-disabled", String(full));
}

/** The place of a project beside its title. */
function paintRank(box) {
  const at = draft.chosen.findIndex((project) => project.number === Number(box.value));
  const tag = box.closest("[data-project]").querySelector("[data-rank]");
  tag.hidden = at < 0;
  tag.textContent = at < 0 ? "" : root.dataset.place.replace("{n}", String(at + 1));
}

/** The order so far, with a button each way; the first cannot go up, the last cannot go down. */
function paintOrder() {
  const list = root.querySelector("[data-order]");
  const row = root.querySelector("[data-order-row]").content;
  list.closest("[data-order-panel]").hidden = draft.chosen.length === 0;
  list.replaceChildren(
    ...draft.chosen.map((project, at) => {
      const item = row.cloneNode(true);
      item.querySelector("[data-place]").textContent = root.dataset.place.replace("{n}", String(at + 1));
      item.querySelector("[data-title]").textContent = `${project.number} ${project.title}`;
      for (const button of item.querySelectorAll("[data-move]")) {
        const to = at + Number(button.dataset.move);
        button.value = String(project.number);
        button.setAttribute("aria-label", button.dataset.label.replace("{title}", project.title));
        button.setAttribute("aria-disabled", String(to < 0 || to >= draft.chosen.length));
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
  for (const other of boxes) explain(other, "");
  const project = projectOf(box);
  if (box.checked) {
    const why = obstacle(project);
    if (why) {
      box.checked = false;
      explain(box, why);
      return;
    }
    if (form === "points") project.points = 1;
    draft.chosen = [...draft.chosen, project];
    if (form !== "ranking") draft.chosen.sort((a, b) => a.number - b.number);
  } else {
    draft.chosen = draft.chosen.filter((each) => each.number !== project.number);
  }
  await keepAndPaint(); // what the meter counts is on the disk
}

/** One point more or less; the last point taken away takes the project off the ballot. */
async function step(button) {
  const box = button.closest("[data-project]").querySelector('input[name="project"]');
  const own = draft.chosen.find((project) => project.number === Number(box.value));
  const wanted = own.points + Number(button.dataset.step);
  for (const other of boxes) explain(other, "");
  if (wanted > points.most) return explain(box, "pointsFull");
  if (wanted > own.points && given() >= points.total) return explain(box, "spent");
  own.points = wanted;
  if (!wanted) {
    draft.chosen = draft.chosen.filter((project) => project !== own);
    box.focus();
  }
  return keepAndPaint();
}

/** One place up or down in the order. */
async function move(button) {
  const at = draft.chosen.findIndex((project) => project.number === Number(button.value));
  const to = at + Number(button.dataset.move);
  if (to < 0 || to >= draft.chosen.length) return;
  const order = [...draft.chosen];
  [order[at], order[to]] = [order[to], order[at]];
  draft.chosen = order;
  await keepAndPaint();
  root.querySelector(`[data-move="${button.dataset.move}"][value="${button.value}"]`).focus();
}

async function keepAndPaint() {
  draft.reviewed = false;
  await save();
  paint();
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

async function begin(saved) {
  if (saved) adopt(saved);
  root.querySelector("[data-not-mine]").hidden = draft.counter || draft.chosen.length === 0;
  if (parameters.has("identified")) draft.identified = true;
  await save();
  paint();
  // nothing can be ticked before what was saved has been read, so that no tick is ever taken back
  for (const box of boxes) box.disabled = !box.hasAttribute("data-choosable");
  show("choose");
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
  for (const name of ["counter", "another"]) parameters.delete(name);
  history.replaceState(null, "", `?${parameters}`);
}

async function start() {
  if (!(await probe())) return show("blocked");
  if (inApp()) {
    offerWayOut(root.querySelector('[data-panel="in-app"]'), start);
    return show("in-app");
  }
  if (parameters.has("counter") || parameters.has("another")) await takeOver();
  const [saved, attempt] = [await readDraft(call), await readAttempt(call)];
  if ((saved?.chosen.length || attempt) && !isMine(call)) return show("whose");
  if (attempt?.entry || (attempt?.signature && saved?.reviewed)) return show("unfinished");
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
  if (link.hasAttribute("data-review") && draft.chosen.length < least) {
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
    markMine(call);
    await start();
  });
}
// another tab may have chosen, or cast, meanwhile: what stands on the device counts
document.addEventListener("visibilitychange", async () => {
  if (document.visibilityState !== "visible") return;
  await saving;
  if (JSON.stringify(await readDraft(call)) !== JSON.stringify(draft)) location.reload();
});
// searching and sorting load another page of the ballot
root.querySelector("[data-find]")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  await saving;
  event.target.submit();
});
offerComparison(root);
start();

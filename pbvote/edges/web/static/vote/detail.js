// The meter on a project's page: the same choices as on the ballot, kept on this device alone.
//
// What this module guarantees: nothing is sent; what another person left unfinished here is neither
// shown nor changed, and no more is chosen than the rules allow.

import { isMine, markMine, probe, readAttempt, readDraft, writeDraft } from "./store.js";

const root = document.getElementById("detail");
const { call, district, form, meter, money } = root.dataset;
const number = Number(root.dataset.number);
const most = Number(root.dataset.most);
const budget = Number(root.dataset.budget);
const pointsTotal = Number(root.dataset.pointsTotal);
const toggle = root.querySelector("[data-toggle]");
const why = root.querySelector("[data-why]");
const amount = (value) => money.replace("{n}", value.toLocaleString("en-US"));

let draft = { district, chosen: [], counter: false, identified: false, reviewed: false };

const spent = () => draft.chosen.reduce((sum, project) => sum + project.cost, 0);
const given = () => draft.chosen.reduce((sum, project) => sum + (project.points ?? 0), 0);
const chosen = () => draft.chosen.some((project) => project.number === number);

function obstacle() {
  if (draft.chosen.length >= most) return "full";
  if (form === "knapsack" && spent() + Number(root.dataset.cost) > budget) return "over";
  if (form === "points" && given() >= pointsTotal) return "spent";
  return "";
}

function say(name) {
  why.hidden = name === "";
  why.textContent = name ? root.dataset[name] : "";
}

function paint() {
  const [used, whole] = { knapsack: [amount(spent()), amount(budget)], points: [given(), pointsTotal] }[form] ?? [
    draft.chosen.length,
    most,
  ];
  root.querySelector("[data-count]").textContent = meter.replace("{a}", used).replace("{b}", whole);
  root.querySelector("[data-label]").textContent = chosen() ? root.dataset.remove : root.dataset.add;
  toggle.setAttribute("aria-pressed", String(chosen()));
  toggle.hidden = false;
  toggle.classList.toggle("button--quiet", chosen());
  root.querySelector("[data-back]").classList.toggle("button--quiet", !chosen());
}

async function change() {
  say("");
  if (chosen()) {
    draft.chosen = draft.chosen.filter((project) => project.number !== number);
  } else {
    const name = obstacle();
    if (name) return say(name);
    const project = { number, title: root.dataset.title, cost: Number(root.dataset.cost) };
    if (form === "points") project.points = 1;
    draft.chosen = [...draft.chosen, project];
    if (form !== "ranking") draft.chosen.sort((a, b) => a.number - b.number);
  }
  draft.reviewed = false;
  await writeDraft(call, draft);
  markMine(call);
  return paint();
}

async function start() {
  if (!(await probe())) return;
  const saved = await readDraft(call);
  const attempt = await readAttempt(call);
  // somebody's unfinished vote: the ballot's own page asks whose it is
  if (attempt || (saved?.chosen.length && !isMine(call))) return;
  if (saved && saved.chosen.length && saved.district !== district) {
    say("elsewhere");
    return;
  }
  draft = saved ? { ...saved, district } : draft;
  toggle.addEventListener("click", change);
  paint();
}

// another tab may have chosen, or cast, meanwhile
document.addEventListener("visibilitychange", async () => {
  if (document.visibilityState !== "visible" || toggle.hidden) return;
  const saved = await readDraft(call);
  if (JSON.stringify(saved?.chosen ?? []) !== JSON.stringify(draft.chosen)) location.reload();
});
start();

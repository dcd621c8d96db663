// The meter on a project's page: the same choices as on the ballot, kept on this device alone.
//
// What this module guarantees: nothing is sent; what another person left unfinished here is neither
// shown nor changed, and no more is chosen than the rules allow.

import * as choosing from "./choosing.js";
import { isMine, markMine, onChange, probe, readAttempt, readDraft, wasCast, writeDraft } from "./store.js";

const root = document.getElementById("detail");
const { call, district } = root.dataset;
const words = JSON.parse(root.dataset.words);
const rule = choosing.ruleOf(JSON.parse(root.dataset.form), Number(root.dataset.budget));
const { number, title, cost } = root.dataset;
const project = { number: Number(number), title, cost: Number(cost) };
const toggle = root.querySelector("[data-toggle]");
const why = root.querySelector("[data-why]");
const amount = (value) => words.money.replace("{n}", value.toLocaleString("en-US"));

let draft = choosing.emptyDraft(district);

const isChosen = () => Boolean(choosing.find(draft.chosen, project.number));

function say(text) {
  why.hidden = text === "";
  why.textContent = text;
}

function paint() {
  const { used, whole, money } = choosing.meter(rule, draft.chosen);
  const shown = money ? amount : String;
  root.querySelector("[data-count]").textContent = words.meter.replace("{a}", shown(used)).replace("{b}", shown(whole));
  root.querySelector("[data-label]").textContent = isChosen() ? root.dataset.remove : root.dataset.add;
  toggle.setAttribute("aria-pressed", String(isChosen()));
  toggle.hidden = false;
  toggle.classList.toggle("button--quiet", isChosen());
  root.querySelector("[data-back]").classList.toggle("button--quiet", !isChosen());
}

async function change() {
  say("");
  if (isChosen()) {
    draft.chosen = choosing.remove(draft.chosen, project.number);
  } else {
    const obstacle = choosing.obstacle(rule, draft.chosen, project);
    if (obstacle) return say(choosing.sentence(words, obstacle, amount));
    draft.chosen = choosing.add(rule, draft.chosen, project);
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
  if (!saved && (await wasCast(call))) return; // one vote was cast: the ballot's page says so and asks who it is
  if (saved && saved.chosen.length && saved.district !== district) {
    say(root.dataset.elsewhere);
    return;
  }
  draft = saved ? { ...saved, district } : draft;
  toggle.addEventListener("click", change);
  paint();
}

/** Another tab may have chosen, or cast, meanwhile: what stands on the device is shown here too. */
async function follow() {
  if (toggle.hidden) return;
  const saved = await readDraft(call);
  if (JSON.stringify(saved?.chosen ?? []) !== JSON.stringify(draft.chosen)) location.reload();
}

onChange((changed) => changed === call && follow());
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && follow());
start();

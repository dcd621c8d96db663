// Looking the choices over before identification (docs/protocol.md, S2). Nothing is sent from here.
//
// What this module guarantees: what is listed is what will be sealed, also where another tab changes it; the way on depends only on how
// far this device has come (chosen, identified, token received).

import { pointsSaid, ruleOf } from "./choosing.js";
import { amendDraft, isMine, onChange, readAttempt, readDraft } from "./store.js";
import { fill, show, tell } from "./page.js";

const root = document.getElementById("review");
const { call } = root.dataset;
const words = JSON.parse(root.dataset.words);
const rule = ruleOf(JSON.parse(root.dataset.form), 0); // how a ballot reads; nothing is judged here
const amount = (value) => words.money.replace("{n}", value.toLocaleString("en-US"));

function list(chosen) {
  const place = root.querySelector("[data-list]");
  const row = root.querySelector("template").content;
  place.replaceChildren(
    ...chosen.map((project, at) => {
      const item = row.cloneNode(true);
      const place = rule.ordered ? words.place.replace("{n}", String(at + 1)) : "";
      fill(item, "said", rule.points ? pointsSaid(words, project.points) : place);
      fill(item, "number", String(project.number));
      for (const place of item.querySelectorAll('[data-fill="title"]')) tell(place, project.title);
      fill(item, "cost", amount(project.cost));
      return item;
    }),
  );
}

let listed = null;

async function start() {
  const draft = await readDraft(call);
  const attempt = await readAttempt(call);
  if (!draft) return location.replace(`/booth/${call}/`);
  const district = encodeURIComponent(draft.district);
  if (!isMine(call)) return location.replace(`/booth/${call}/?district=${district}`); // which asks whose
  for (const link of root.querySelectorAll("[data-change]")) link.href = `/booth/${call}/?district=${district}`;
  const changed = listed && JSON.stringify(listed) !== JSON.stringify(draft.chosen);
  listed = draft.chosen;
  list(listed);
  if (changed) root.querySelector("[data-other-tab]").hidden = false;
  fill(root, "count", String(draft.chosen.length));
  fill(root, "total", amount(draft.chosen.reduce((sum, project) => sum + project.cost, 0)));
  const token = attempt?.signature || attempt?.entry;
  const next = root.querySelector("[data-next]");
  if (token) next.href = `/booth/${call}/cast`;
  else next.href = `/checkin/${call}/${draft.identified ? "token" : `?district=${district}`}`;
  for (const part of root.querySelectorAll("[data-before]")) part.hidden = Boolean(token || draft.identified);
  root.querySelector("[data-casts]").hidden = !(token || draft.identified);
  root.querySelector("[data-not-me]").onclick = async (event) => {
    event.preventDefault();
    await amendDraft(call, listed, { identified: false, person: "" });
    location.href = `/checkin/${call}/?district=${district}`;
  };
  root.querySelector("[data-identified]").hidden = Boolean(token || !draft.identified || draft.counter);
  // looked over is what stands here; another tab may have changed it since it was read
  if (!draft.reviewed && !(await amendDraft(call, listed, { reviewed: true }))) return start();
  root.querySelector("[data-blank]").hidden = draft.chosen.length > 0;
  if (root.querySelector('[data-panel="list"]').hidden) show(root, "list");
  return null;
}

const follow = () => start().catch(() => show(root, "blocked"));
onChange((changed) => changed === call && follow());
// where a browser tells tabs nothing, what stands on the device is read when somebody looks again
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && follow());
start().catch(() => show(root, "blocked"));

// Looking the choices over before identification (docs/protocol.md, S2). Nothing is sent from here.
//
// What this module guarantees: what is listed is what will be sealed; the way on depends only on how
// far this device has come (chosen, identified, token received).

import { isMine, readAttempt, readDraft, writeDraft } from "./store.js";
import { fill, show } from "./page.js";

const root = document.getElementById("review");
const { call, money } = root.dataset;
const amount = (value) => money.replace("{n}", value.toLocaleString("en-US"));

function list(chosen) {
  const place = root.querySelector("[data-list]");
  const row = root.querySelector("template").content;
  const { form, place: placed, points } = root.dataset;
  place.replaceChildren(
    ...chosen.map((project, at) => {
      const item = row.cloneNode(true);
      const said = { ranking: placed.replace("{n}", String(at + 1)), points: points.replace("{n}", project.points) };
      fill(item, "said", said[form] ?? "");
      fill(item, "number", String(project.number));
      fill(item, "title", project.title);
      fill(item, "cost", amount(project.cost));
      return item;
    }),
  );
}

async function start() {
  const draft = await readDraft(call);
  const attempt = await readAttempt(call);
  if (!draft) return location.replace(`/booth/${call}/`);
  const district = encodeURIComponent(draft.district);
  if (!isMine(call)) return location.replace(`/booth/${call}/?district=${district}`); // which asks whose
  for (const link of root.querySelectorAll("[data-change]")) link.href = `/booth/${call}/?district=${district}`;
  list(draft.chosen);
  fill(root, "count", String(draft.chosen.length));
  fill(root, "total", amount(draft.chosen.reduce((sum, project) => sum + project.cost, 0)));
  const token = attempt?.signature || attempt?.entry;
  const next = root.querySelector("[data-next]");
  if (token) next.href = `/booth/${call}/cast`;
  else next.href = `/checkin/${call}/${draft.identified ? "token" : `?district=${district}`}`;
  for (const part of root.querySelectorAll("[data-before]")) part.hidden = Boolean(token || draft.identified);
  root.querySelector("[data-casts]").hidden = !(token || draft.identified);
  root.querySelector("[data-identified]").hidden = Boolean(token || !draft.identified || draft.counter);
  await writeDraft(call, { ...draft, reviewed: true });
  root.querySelector("[data-blank]").hidden = draft.chosen.length > 0;
  return show(root, "list");
}

start().catch(() => show(root, "blocked"));

// Fetching the ballot token (docs/protocol.md, S4). Runs on the check-in's page, the one place where
// the service knows who is asking; so this module never reads the choices beyond their district.
//
// What this module guarantees:
//  - nothing is asked before the credential and the blinding are on the disk;
//  - only an attempt of the person who has identified is gone on with; another person's is set aside,
//    where its owner finds it again, and choices that may be another person's are never used;
//  - a retry sends the same blinded message, so that a lost answer costs nothing;
//  - only the ballot style and the blinded message leave the device;
//  - where the choices do not fit the ballot style, nothing is asked: the way leads back to the booth;
//  - who has a token already is told so before they choose, and where this device has cast a vote, that too.

import { inApp, offerWayOut } from "./inapp.js";
import { begin, choicesOf, findFault, openManifest } from "./protocol.js";
import { toHex } from "./crypto.js";
import { alone, fetchManifest, fill, refusalOf, show } from "./page.js";
import * as store from "./store.js";

const root = document.getElementById("token-step");
const { call, style, district, person, issueUrl } = root.dataset;
const token = document.querySelector('meta[name="csrf-token"]').content;

const boothUrl = `/booth/${call}/?district=${encodeURIComponent(district)}&identified=1`;

const post = (path, body) =>
  fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token },
    body: JSON.stringify(body),
    credentials: "same-origin",
    referrerPolicy: "no-referrer",
  });

const ask = (blinded) => post(issueUrl, { style, blinded });

/** Whether an attempt is this person's, for this ballot style and this very vote. */
const isOurs = (attempt, manifest) =>
  attempt.person === person &&
  attempt.style === style &&
  attempt.electionHash === toHex(manifest.electionHash);

/** The choices of whoever sits here, if they were looked over and fit the ballot style; else null. */
async function choicesHere(manifest) {
  const draft = await store.readDraft(call);
  if (!draft?.reviewed || draft.district !== district || !store.isMine(call)) return null;
  return findFault(manifest, district, choicesOf(manifest, district, draft.chosen)) ? null : draft;
}

/**
 * From here on the choices are this person's, and nobody else's: where somebody else has identified with them
 * before, without casting them, they are cleared.
 */
async function own() {
  const draft = await store.readDraft(call);
  if (draft?.person && draft.person !== person) await store.setAnotherAside(call);
  else if (draft) await store.amendDraft(call, draft.chosen, { person });
}

/** This person's attempt from before, current or set aside, made the current one; else null. */
async function takeUp(manifest) {
  const current = await store.readAttempt(call);
  if (current && isOurs(current, manifest)) return current;
  if (current) await store.setAnotherAside(call);
  const earlier = (await store.attemptsAside(call)).find((each) => isOurs(each, manifest));
  return earlier ? store.resumeAside(call, earlier, await choicesHere(manifest)) : null;
}

/** A new attempt with the choices it is made for, saved. */
async function beginWith(manifest, draft) {
  const attempt = { ...(await begin(manifest, style)), person, draft };
  await store.writeAttempt(call, attempt);
  return attempt;
}

/** A new attempt to ask for. Null where the choices do not fit. */
async function prepare(manifest) {
  const draft = await choicesHere(manifest);
  return draft ? beginWith(manifest, draft) : null;
}

/** Keep the answer, leave the check-in, go on to the box. */
async function keep(attempt, { signature }) {
  await store.writeAttempt(call, { ...attempt, signature });
  store.markMine(call);
  try {
    await post(`/checkin/${call}/leave`, {});
  } catch {
    // the check-in's cookie ends by itself soon
  }
  location.replace(`/booth/${call}/cast`);
}

/** Where this person's own choices are missing, or are not for their ballot. */
async function choose() {
  const draft = await store.readDraft(call);
  if (draft?.chosen.length && draft.district === district) return location.replace(boothUrl);
  root.querySelector("[data-elsewhere]").hidden = !draft?.chosen.length;
  root.querySelector("[data-nothing]").hidden = Boolean(draft?.chosen.length);
  return show(root, "district");
}

/** The token was issued before. The service does not know whether it was used; this device may. */
async function used() {
  root.querySelector("[data-cast-here]").hidden = !(await store.wasCast(call));
  return show(root, "used");
}

async function step() {
  const bytes = await fetchManifest(call);
  if (!bytes) return show(root, "retry");
  const manifest = await openManifest(bytes);
  await own();
  let attempt = await takeUp(manifest);
  if (!attempt && "hasToken" in root.dataset) return used();
  attempt ??= await prepare(manifest);
  if (!attempt) return choose();
  if (attempt.signature) return keep(attempt, attempt);
  let response = await ask(attempt.blinded);
  let refusal = response.ok ? {} : await refusalOf(response);
  if (refusal.code === "registrar.request-taken") {
    attempt = await beginWith(manifest, attempt.draft);
    response = await ask(attempt.blinded);
    refusal = response.ok ? {} : await refusalOf(response);
  }
  if (response.ok) return keep(attempt, await response.json());
  if (response.status >= 500 || response.status === 429) return show(root, "retry");
  if (refusal.code === "registrar.already-issued") {
    await store.dropAttempt(call);
    return used();
  }
  fill(root, "text", refusal.text);
  return show(root, "refused");
}

async function run() {
  show(root, "working");
  if (!(await store.probe())) return show(root, "blocked");
  if (inApp()) {
    offerWayOut(root.querySelector('[data-panel="in-app"]'), run);
    return show(root, "in-app");
  }
  try {
    return await alone(call, step);
  } catch {
    return show(root, "retry");
  }
}

for (const link of root.querySelectorAll("[data-booth]")) link.href = boothUrl;
for (const button of root.querySelectorAll("[data-retry]")) button.addEventListener("click", run);
run();

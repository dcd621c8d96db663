// Fetching the ballot token (docs/protocol.md, S4). Runs on the check-in's page, the one place where
// the service knows who is asking; so this module never reads the choices beyond their district.
//
// What this module guarantees:
//  - nothing is asked before the credential and the blinding are on the disk;
//  - a retry sends the same blinded message, so that a lost answer costs nothing;
//  - only the ballot style and the blinded message leave the device;
//  - where the choices do not fit the ballot style, nothing is asked: the way leads back to the booth.

import { begin, findFault, openManifest } from "./protocol.js";
import { toHex } from "./crypto.js";
import { alone, fetchManifest, fill, refusalOf, show } from "./page.js";
import * as store from "./store.js";

const root = document.getElementById("token-step");
const { call, style, district, issueUrl } = root.dataset;
const token = document.querySelector('meta[name="csrf-token"]').content;

const post = (path, body) =>
  fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token },
    body: JSON.stringify(body),
    credentials: "same-origin",
    referrerPolicy: "no-referrer",
  });

const ask = (blinded) => post(issueUrl, { style, blinded });

/** The attempt to ask for: the saved one, or a fresh one, saved. Null where the choices do not fit. */
async function prepare(manifest) {
  const saved = await store.readAttempt(call);
  if (saved?.style === style && saved.electionHash === toHex(manifest.electionHash)) return saved;
  if (saved) await store.setAside(call); // of another style, so of another person
  const draft = await store.readDraft(call);
  const numbers = draft?.chosen.map((project) => project.number) ?? [];
  if (draft?.district !== district || findFault(manifest, district, numbers)) return null;
  const attempt = await begin(manifest, style);
  await store.writeAttempt(call, attempt);
  return attempt;
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

/**
 * This person has a token already. If it was asked for on this device and set aside, the same
 * question gets the same answer; asking it cannot claim anything, for the claim is made.
 */
async function resume(fresh) {
  for (const attempt of await store.attemptsAside(call)) {
    if (attempt.style !== style || attempt.blinded === fresh.blinded) continue;
    const response = await ask(attempt.blinded);
    if (response.ok) {
      await store.resumeAside(call, attempt);
      const { draft: _, ...current } = attempt;
      return keep(current, await response.json());
    }
  }
  await store.dropAttempt(call);
  return show(root, "used");
}

async function step() {
  const bytes = await fetchManifest(call);
  if (!bytes) return show(root, "retry");
  const attempt = await prepare(await openManifest(bytes));
  if (!attempt) return show(root, "district");
  if (attempt.signature) return keep(attempt, attempt);
  const response = await ask(attempt.blinded);
  if (response.ok) return keep(attempt, await response.json());
  if (response.status >= 500 || response.status === 429) return show(root, "retry");
  const { code, text } = await refusalOf(response);
  if (response.status === 409 && code !== "stage.closed") return resume(attempt);
  fill(root, "text", text);
  return show(root, "refused");
}

async function run() {
  show(root, "working");
  if (!(await store.probe())) return show(root, "blocked");
  try {
    return await alone(call, step);
  } catch {
    return show(root, "retry");
  }
}

for (const link of root.querySelectorAll("[data-booth]")) {
  link.href = `/booth/${call}/?district=${encodeURIComponent(district)}&identified=1`;
}
for (const button of root.querySelectorAll("[data-retry]")) button.addEventListener("click", run);
run();

// Sealing and casting (docs/protocol.md, S5 and S6).
//
// What this module guarantees:
//  - the choices leave the device sealed or not at all;
//  - the sealed entry is on the disk before it is sent, and every retry sends the same bytes;
//  - the request carries no cookie, no credentials and no referrer;
//  - key, blinding and choices are wiped only when the box has promised to publish this very entry.

import { fromBase64, random, toBase64, toHex } from "./crypto.js";
import { checkCode, checkPromise, choicesOf, entryHash, findFault, finish, openManifest, sealBallot, styleOf } from "./protocol.js";
import { alone, askBox, fetchManifest, fill, pause, refusalOf, show } from "./page.js";
import * as store from "./store.js";

const root = document.getElementById("cast");
const { call } = root.dataset;
const WAITS = [1000, 2000, 4000, 8000, 15000];

/**
 * The attempt with its sealed entry, made and saved once. Null where the choices are not a legal ballot
 * or were not looked over: what is sealed was on the page before.
 */
async function sealed(manifest, attempt, draft) {
  if (attempt.entry) return attempt;
  const { district } = styleOf(manifest, attempt.style);
  const fits = draft?.reviewed && draft.district === district;
  const choices = fits ? choicesOf(manifest, district, draft.chosen) : [];
  if (!fits || findFault(manifest, district, choices)) {
    location.replace(`/booth/${call}/?district=${encodeURIComponent(district)}&identified=1`);
    return null;
  }
  const token = await finish(manifest, attempt).catch((error) => discard(attempt, error));
  const entry = await sealBallot(manifest, attempt, token, choices);
  const ready = { ...attempt, entry: toBase64(entry) };
  await store.writeAttempt(call, ready);
  return ready;
}

/** A false answer of the issuer is forgotten, so that asking again can get the right one. */
async function discard({ signature: _, ...attempt }, error) {
  await store.writeAttempt(call, attempt);
  throw error;
}

/** The box's answer to these bytes; asks again while the box cannot be reached. */
async function send(entry) {
  const options = { method: "POST", body: entry, headers: { "Content-Type": "application/octet-stream" } };
  for (const wait of [0, ...WAITS]) {
    if (wait) show(root, "waiting");
    await pause(wait);
    const response = await askBox(`/box/${call}/ballots`, options);
    if (response) return response;
  }
  return null;
}

async function keep(manifest, attempt, draft, promise) {
  const hash = await entryHash(fromBase64(attempt.entry));
  const receipt = {
    call,
    mark: toHex(random(8)),
    electionHash: toHex(manifest.electionHash),
    entryHash: toHex(hash),
    includeBy: promise.include_by,
    signature: promise.signature,
    code: checkCode(hash),
    counter: Boolean(draft?.counter),
    handBackBy: Date.now() + store.LENT_FOR,
  };
  const worth = await checkPromise(manifest, receipt);
  if (worth === "invalid") return show(root, "promise");
  await store.finishAttempt(call, { ...receipt, checked: worth === "valid" });
  store.markMine(call, receipt.mark);
  return location.replace(`/booth/${call}/receipt`);
}

async function askWhose(attempt) {
  const manifest = await fetchManifest(call);
  if (!manifest) return show(root, "retry");
  const { district } = styleOf(await openManifest(manifest), attempt.style);
  return location.replace(`/booth/${call}/?district=${encodeURIComponent(district)}`);
}

async function step() {
  const attempt = await store.readAttempt(call);
  if (!attempt) {
    await store.clearHandedBack();
    const receipts = await store.readReceipts(call);
    return location.replace(`/booth/${call}/${receipts.length ? "receipt" : ""}`);
  }
  if (!store.isMine(call)) return askWhose(attempt);
  if (!attempt.signature) return location.replace(`/checkin/${call}/token`);
  const bytes = await fetchManifest(call);
  if (!bytes) return show(root, "retry");
  const manifest = await openManifest(bytes);
  if (toHex(manifest.electionHash) !== attempt.electionHash) return show(root, "manifest");
  const draft = await store.readDraft(call);
  const ready = await sealed(manifest, attempt, draft);
  if (!ready) return null;
  const response = await send(fromBase64(ready.entry));
  if (!response) return show(root, "retry");
  if (response.ok) return keep(manifest, ready, draft, await response.json());
  const { text } = await refusalOf(response);
  fill(root, "text", text);
  return show(root, "refused");
}

async function run() {
  show(root, "working");
  try {
    return await alone(call, step);
  } catch (error) {
    return show(root, error.code === "token-invalid" ? "token" : "retry");
  }
}

for (const button of root.querySelectorAll("[data-retry]")) button.addEventListener("click", run);
run();

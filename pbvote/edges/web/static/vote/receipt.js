// The receipt (docs/protocol.md, S8).
//
// What this module guarantees: "in the box" is shown only after this browser has checked the inclusion
// proof itself; of former votes on this device nothing but the code is shown, and no choice is kept.

import { fromHex, toBase64, utf8 } from "./crypto.js";
import { checkProof, openManifest } from "./protocol.js";
import { askBox, fetchManifest, fill, show } from "./page.js";
import * as store from "./store.js";

const root = document.getElementById("receipt");
const { call } = root.dataset;
const AGAIN = 10_000;
const HAND_BACK = 120_000;

/** The receipt as the file that `/booth/check` and the verifier read. */
const fileOf = (receipt) =>
  JSON.stringify(
    {
      version: 1,
      kind: "pbvote-receipt",
      call: receipt.call,
      code: receipt.code,
      election_hash: toBase64(fromHex(receipt.electionHash)),
      entry_hash: toBase64(fromHex(receipt.entryHash)),
      include_by: receipt.includeBy,
      signature: receipt.signature,
    },
    null,
    1,
  );

async function drawQr(receipt) {
  const image = root.querySelector("[data-qr]");
  const response = await askBox(`/box/${call}/qr/${receipt.code}.svg`);
  if (!response?.ok) return;
  image.src = `data:image/svg+xml;base64,${toBase64(utf8(await response.text()))}`;
  image.hidden = false;
}

/** "in", "waiting", "late" (promised and not kept), "wrong" (the log contradicts itself) or "unknown". */
async function lookUp(manifest, receipt) {
  const response = await askBox(`/box/${call}/proof/${receipt.entryHash}`);
  if (!response) return { state: "unknown" };
  if (response.status === 404) {
    return { state: Date.now() / 1000 > receipt.includeBy ? "late" : "waiting" };
  }
  try {
    const hash = fromHex(receipt.entryHash);
    const { inBox, signature } = await checkProof(manifest, await response.json(), { hash });
    return { state: inBox ? "in" : "wrong", signature };
  } catch {
    return { state: "wrong" };
  }
}

async function watch(place, manifest, receipt) {
  const { state, signature } = await lookUp(manifest, receipt);
  for (const line of place.querySelectorAll("[data-state]")) line.hidden = line.dataset.state !== state;
  const unsigned = place.querySelector("[data-unsigned]");
  if (unsigned) unsigned.hidden = signature !== "unsupported";
  if (state === "waiting" || state === "unknown") {
    setTimeout(() => watch(place, manifest, receipt), AGAIN);
  }
}

function showMine(receipt, manifest) {
  fill(root, "code", receipt.code);
  const until = new Date(receipt.includeBy * 1000);
  const { language } = root.dataset;
  fill(root, "until", until.toLocaleString(language, {
    dateStyle: "long",
    timeStyle: "short",
    timeZone: "Asia/Taipei",
  }));
  root.querySelector("[data-unchecked]").hidden = receipt.checked;
  const link = root.querySelector("[data-save]");
  link.href = URL.createObjectURL(new Blob([fileOf(receipt)], { type: "application/json" }));
  link.download = `pbvote-${receipt.code}.json`;
  for (const part of root.querySelectorAll("[data-counter]")) part.hidden = !receipt.counter;
  for (const part of root.querySelectorAll("[data-own-device]")) part.hidden = receipt.counter;
  if (receipt.counter) handBack();
  show(root, "receipt");
  drawQr(receipt);
  watch(root.querySelector("[data-mine]"), manifest, receipt);
}

/** A lent device clears itself; whoever needs longer says so, as often as they like. */
function handBack() {
  let end = Date.now() + HAND_BACK;
  const left = root.querySelector("[data-left]");
  root.querySelector("[data-longer]").addEventListener("click", () => {
    end = Date.now() + HAND_BACK;
  });
  const tick = setInterval(() => {
    const seconds = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    left.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    if (seconds > 0) return;
    clearInterval(tick);
    erase();
  }, 1000);
}

function showOthers(receipts, manifest) {
  const row = root.querySelector("template").content;
  const place = root.querySelector("[data-others]");
  root.querySelector("[data-others-section]").hidden = receipts.length === 0;
  for (const receipt of receipts) {
    const item = row.cloneNode(true).firstElementChild;
    fill(item, "code", receipt.code);
    place.append(item);
    watch(item, manifest, receipt);
  }
}

async function erase() {
  await store.eraseAll(call);
  store.forgetMine(call);
  location.replace(`/booth/${call}/done`);
}

async function another() {
  await store.setAside(call);
  store.forgetMine(call);
  location.replace(`/booth/${call}/`);
}

async function start() {
  const receipts = await store.readReceipts(call);
  const bytes = receipts.length ? await fetchManifest(call) : null;
  if (receipts.length === 0) return show(root, "none");
  if (!bytes) return show(root, "retry");
  const manifest = await openManifest(bytes);
  const mine = receipts.find((receipt) => receipt.entryHash === store.myReceipt(call));
  if (mine) showMine(mine, manifest);
  else show(root, "others");
  return showOthers(receipts.filter((receipt) => receipt !== mine), manifest);
}

root.querySelector("[data-print]").addEventListener("click", () => window.print());
for (const button of root.querySelectorAll("[data-erase]")) button.addEventListener("click", erase);
for (const button of root.querySelectorAll("[data-another]")) button.addEventListener("click", another);
start().catch(() => show(root, "retry"));

// The receipt (docs/protocol.md, S8).
//
// What this module guarantees:
//  - a check code is covered until somebody presses for it, and again on every load; a QR code and the
//    receipt's file are made only then, in this browser;
//  - "in the box" is shown only after this browser has held the whole public log against its signed
//    checkpoint; the box is never asked for one ballot, so it does not learn which one is looked up;
//  - the code goes to the check page behind the # of its address, which is never sent;
//  - without the network the receipt is shown all the same;
//  - who does not want to keep the code leaves none on the device; a lent or shared device keeps none
//    when it is handed on.

import { fromHex, toBase64 } from "./crypto.js";
import { PublicLog } from "./log.js";
import { endReady } from "./offline.js";
import { openManifest } from "./protocol.js";
import { fetchManifest, show } from "./page.js";
import * as store from "./store.js";

const root = document.getElementById("receipt");
const { call, origin, note } = root.dataset;
const AGAIN = 10_000;

/** The receipt as the file that `/booth/check` and the verifier read. */
const fileOf = (receipt) =>
  JSON.stringify(
    {
      version: 1,
      kind: "pbvote-receipt",
      note,
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

// ---- the covered code

/** Cover the code of one receipt, with what was made of it. */
function cover(place) {
  const code = place.querySelector("[data-code]");
  code.replaceChildren(place.querySelector("[data-cover]").content.cloneNode(true));
  place.querySelector("[data-show]").setAttribute("aria-expanded", "false");
  for (const part of place.querySelectorAll("[data-shown]")) part.hidden = true;
  for (const part of place.querySelectorAll("[data-covered]")) part.hidden = false;
  place.querySelector("[data-qr] svg")?.replaceChildren();
  place.querySelector("[data-qr-button]")?.setAttribute("aria-expanded", "false");
  const link = place.querySelector("[data-save]");
  if (link?.href) {
    URL.revokeObjectURL(link.href);
    link.removeAttribute("href");
  }
}

function uncover(place, receipt) {
  place.querySelector("[data-code]").textContent = receipt.code;
  place.querySelector("[data-show]").setAttribute("aria-expanded", "true");
  for (const part of place.querySelectorAll("[data-shown]")) part.hidden = part.hasAttribute("data-qr");
  for (const part of place.querySelectorAll("[data-covered]")) part.hidden = true;
  const link = place.querySelector("[data-save]");
  if (!link) return;
  link.href = URL.createObjectURL(new Blob([fileOf(receipt)], { type: "application/json" }));
  link.download = `pbvote-${receipt.call}.json`;
}

function offerCode(place, receipt) {
  const button = place.querySelector("[data-show]");
  button.addEventListener("click", () => {
    if (button.getAttribute("aria-expanded") === "true") cover(place);
    else uncover(place, receipt);
  });
  window.addEventListener("pagehide", () => cover(place));
  cover(place);
}

/** The link to the check page takes the code along when it is pressed; until then it stands nowhere. */
function offerCheck(receipt) {
  root.querySelector("[data-check]").addEventListener("click", (event) => {
    event.preventDefault();
    location.assign(`/booth/check#${call}/${receipt.code}`);
  });
}

/** The code's QR code leads to the check page; the code stands behind the #, which is never sent. */
function offerQr(receipt) {
  const button = root.querySelector("[data-qr-button]");
  const picture = root.querySelector("[data-qr]");
  button.addEventListener("click", async () => {
    picture.hidden = !picture.hidden;
    button.setAttribute("aria-expanded", String(!picture.hidden));
    const drawing = picture.querySelector("svg");
    if (picture.hidden) return drawing.replaceChildren();
    const { drawQr } = await import("./qr.js");
    return drawQr(drawing, `${origin}/booth/check#${call}/${receipt.code}`);
  });
}

// ---- the public log

let known = null;

/** This vote's public log, or null while its manifest cannot be had. */
async function publicLog() {
  if (known) return known;
  const bytes = await fetchManifest(call);
  known ??= bytes && new PublicLog(call, await openManifest(bytes));
  return known;
}

/** "in", "waiting", "late" (promised and not kept), "wrong" (the log contradicts itself) or "unknown". */
async function lookUp(receipt) {
  const log = await publicLog();
  try {
    if (!(await log?.read())) return "unknown";
  } catch {
    return "wrong";
  }
  if (log.has({ hash: receipt.entryHash })) return "in";
  return Date.now() / 1000 > receipt.includeBy ? "late" : "waiting";
}

async function watch(place, receipt) {
  const state = await lookUp(receipt);
  for (const line of place.querySelectorAll("[data-state]")) line.hidden = line.dataset.state !== state;
  place.querySelector("[data-public]")?.classList.toggle("is-past", state === "in");
  for (const line of place.querySelectorAll("[data-not-yet]")) line.hidden = state === "in";
  for (const line of place.querySelectorAll("[data-found]")) line.hidden = state !== "in";
  const unsigned = place.querySelector("[data-unsigned]");
  if (unsigned) unsigned.hidden = known?.signature !== "unsupported";
  if (state === "waiting" || state === "unknown") setTimeout(() => watch(place, receipt), AGAIN);
}

// ---- what is on this device

/** One receipt with all that can be done with it; `byMe`: it was made in this tab. */
function showOne(receipt, byMe) {
  const mine = root.querySelector("[data-mine]");
  for (const part of root.querySelectorAll("[data-by-me]")) part.hidden = !byMe;
  for (const part of root.querySelectorAll("[data-by-somebody]")) part.hidden = byMe;
  root.querySelector("[data-unchecked]").hidden = receipt.checked;
  for (const part of root.querySelectorAll("[data-counter]")) part.hidden = !receipt.counter;
  for (const part of root.querySelectorAll("[data-own-device]")) part.hidden = receipt.counter;
  if (receipt.counter) handBack(receipt);
  offerCode(mine, receipt);
  offerQr(receipt);
  offerCheck(receipt);
  offerNotToKeep(receipt);
  show(root, "receipt");
  watch(mine, receipt);
}

/** A plain way not to keep the code: what is lost is said first. */
function offerNotToKeep(receipt) {
  const question = root.querySelector("[data-decline-panel]");
  const button = root.querySelector("[data-decline]");
  const ask = (asked) => {
    question.hidden = !asked;
    button.setAttribute("aria-expanded", String(asked));
    (asked ? question : button).focus();
  };
  button.addEventListener("click", () => ask(question.hidden));
  root.querySelector("[data-keep]").addEventListener("click", () => ask(false));
  root.querySelector("[data-decline-now]").addEventListener("click", async () => {
    cover(root.querySelector("[data-mine]"));
    if (receipt.counter) return erase();
    shownHere = "";
    await store.forgetReceipt(call, receipt);
    store.forgetMine(call);
    return show(root, "declined");
  });
}

/** A lent device clears itself, also after a reload; whoever needs longer says so, as often as they like. */
function handBack(receipt) {
  let end = receipt.handBackBy;
  const left = root.querySelector("[data-left]");
  root.querySelector("[data-longer]").addEventListener("click", () => {
    end = Date.now() + store.LENT_FOR;
    store.lendUntil(call, receipt, end);
  });
  const tick = setInterval(() => {
    const seconds = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    left.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    if (seconds > 0) return;
    clearInterval(tick);
    erase();
  }, 1000);
}

function showOthers(receipts) {
  const row = root.querySelector("template[data-row]").content;
  const place = root.querySelector("[data-others]");
  root.querySelector("[data-others-section]").hidden = receipts.length === 0;
  for (const receipt of receipts) {
    const item = row.cloneNode(true).firstElementChild;
    place.append(item);
    offerCode(item, receipt);
    watch(item, receipt);
  }
}

async function erase() {
  await store.eraseAll(call);
  await endReady();
  store.forgetMine(call);
  location.replace(`/booth/${call}/done`);
}

async function another() {
  await store.setAside(call);
  store.forgetMine(call);
  location.replace(`/booth/${call}/`);
}

const hashesOf = (receipts) => receipts.map((each) => each.entryHash).join();
let shownHere = "";

async function start() {
  await store.clearHandedBack();
  const receipts = await store.readReceipts(call);
  shownHere = hashesOf(receipts);
  if (receipts.length === 0) {
    store.forgetMine(call);
    return show(root, "none");
  }
  const mark = store.myReceipt(call);
  const mine = receipts.find((receipt) => mark && receipt.mark === mark);
  const shown = mine ?? receipts.at(-1);
  showOne(shown, Boolean(mine));
  return showOthers(receipts.filter((receipt) => receipt !== shown));
}

root.querySelector("[data-print]").addEventListener("click", () => window.print());
for (const button of root.querySelectorAll("[data-erase]")) button.addEventListener("click", erase);
for (const button of root.querySelectorAll("[data-another]")) button.addEventListener("click", another);
// another tab may have cleared, or cast, meanwhile
store.onChange(async (changed) => {
  if (changed !== call || !shownHere) return;
  if (hashesOf(await store.readReceipts(call)) !== shownHere) location.reload();
});
// a page that comes back from the browser's memory shows only what is still on the device
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
start().catch(() => show(root, "retry"));

// Looking a ballot up in the public log by its check code or by a saved receipt (docs/protocol.md, S8).
//
// What this module guarantees: the answer is this browser's own, from the whole public log and its signed
// checkpoint, and the box is not told which ballot is looked up; a saved receipt's promise is checked too.
// What this browser cannot check it says; a code whose check character does not fit is not looked up at all.

import { fromBase64, toHex } from "./crypto.js";
import { PublicLog } from "./log.js";
import { checkPromise, openManifest, readCheckCode } from "./protocol.js";
import { fetchManifest, fill, show } from "./page.js";

const root = document.getElementById("check");
const form = root.querySelector("form");
const INCLUDE_WITHIN = 3600; // seconds after the last cast until which every ballot is in the log (S6)
const [callField, codeField, fileField] = ["call", "code", "file"].map((name) => form.elements[name]);

async function readFile(file) {
  const saved = JSON.parse(await file.text());
  if (saved.kind !== "pbvote-receipt" || saved.version !== 1) throw new Error("not a receipt");
  return {
    call: String(saved.call),
    code: String(saved.code),
    electionHash: toHex(fromBase64(String(saved.election_hash))),
    entryHash: toHex(fromBase64(String(saved.entry_hash))),
    includeBy: Number(saved.include_by),
    signature: String(saved.signature),
  };
}

/** What the page says about a look-up: the name of a panel. */
async function lookUp(call, { code, receipt }) {
  if (!/^[a-z0-9]{1,32}$/.test(call)) return "no-vote";
  const bytes = await fetchManifest(call);
  if (!bytes) return "unreachable";
  const manifest = await openManifest(bytes);
  if (receipt) {
    if (receipt.electionHash !== toHex(manifest.electionHash)) return "other-vote";
    const worth = await checkPromise(manifest, receipt);
    if (worth === "invalid") return "promise-bad";
    root.querySelector("[data-promise]").hidden = worth !== "valid";
  }
  const log = new PublicLog(call, manifest);
  if (!(await log.read())) return "unreachable";
  root.querySelector("[data-unsigned]").hidden = log.signature !== "unsupported";
  if (log.has(receipt ? { hash: receipt.entryHash } : { code })) return "in";
  const until = receipt?.includeBy ?? Date.parse(manifest.cast_until) / 1000 + INCLUDE_WITHIN;
  if (Date.now() / 1000 <= until) return "waiting";
  return receipt ? "late" : "unknown";
}

async function answer(work) {
  show(root, "working");
  for (const part of root.querySelectorAll("[data-promise], [data-unsigned]")) part.hidden = true;
  try {
    show(root, await work());
  } catch {
    show(root, "wrong");
  }
}

/** Until when every ballot of the vote that is asked about is in the log, and what a code without a check leaves open. */
function tellAbout(call, checked) {
  for (const line of root.querySelectorAll("[data-until]")) line.hidden = line.dataset.until !== call;
  for (const line of root.querySelectorAll("[data-checked]")) line.hidden = !checked;
  for (const line of root.querySelectorAll("[data-unchecked]")) line.hidden = checked;
}

async function checkTyped() {
  const { code, checked, fault } = readCheckCode(codeField.value);
  if (fault) return fault;
  fill(root, "code", code);
  tellAbout(callField.value, checked);
  return lookUp(callField.value, { code });
}

async function checkFile(file) {
  let receipt;
  try {
    receipt = await readFile(file);
  } catch {
    return "not-a-receipt";
  }
  fill(root, "code", receipt.code);
  tellAbout(receipt.call, true); // a saved file is not typed
  return lookUp(receipt.call, { receipt });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const [file] = fileField.files;
  answer(() => (file && !codeField.value.trim() ? checkFile(file) : checkTyped()));
});
fileField.addEventListener("change", () => {
  if (fileField.files.length) answer(() => checkFile(fileField.files[0]));
});
for (const part of root.querySelectorAll("[data-scripted]")) part.hidden = false;

// a QR code leads to /booth/check#<call>/<code>: what follows the # is never sent to a server
const [call, code] = location.hash.slice(1).split("/");
if (code) {
  history.replaceState(null, "", location.pathname); // the address is kept and shown by browsers
  callField.value = call;
  codeField.value = decodeURIComponent(code);
  answer(checkTyped);
}

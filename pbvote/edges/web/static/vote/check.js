// Looking a ballot up in the public log by its check code or by a saved receipt (docs/protocol.md, S8).
//
// What this module guarantees: the answer is this browser's own, from the inclusion proof and the signed
// checkpoint; a saved receipt's promise is checked too. What this browser cannot check it says.

import { fromBase64, fromHex, toHex } from "./crypto.js";
import { checkPromise, checkProof, openManifest, readCheckCode } from "./protocol.js";
import { askBox, fetchManifest, fill, show } from "./page.js";

const root = document.getElementById("check");
const form = root.querySelector("form");
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
  if (!/^[a-z0-9]{1,32}$/.test(call)) return "malformed";
  const bytes = await fetchManifest(call);
  if (!bytes) return "unreachable";
  const manifest = await openManifest(bytes);
  if (receipt) {
    if (receipt.electionHash !== toHex(manifest.electionHash)) return "other-vote";
    const worth = await checkPromise(manifest, receipt);
    if (worth === "invalid") return "promise-bad";
    root.querySelector("[data-promise]").hidden = worth !== "valid";
  }
  const response = await askBox(`/box/${call}/proof/${receipt ? receipt.entryHash : code}`);
  if (!response) return "unreachable";
  if (response.status === 404) {
    return receipt && Date.now() / 1000 > receipt.includeBy ? "late" : "waiting";
  }
  const wanted = receipt ? { hash: fromHex(receipt.entryHash) } : { code };
  const { inBox, signature } = await checkProof(manifest, await response.json(), wanted);
  root.querySelector("[data-unsigned]").hidden = signature !== "unsupported";
  return inBox ? "in" : "wrong";
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

async function checkTyped() {
  const code = readCheckCode(codeField.value);
  if (!code) return "malformed";
  fill(root, "code", code);
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
  callField.value = call;
  codeField.value = decodeURIComponent(code);
  answer(checkTyped);
}

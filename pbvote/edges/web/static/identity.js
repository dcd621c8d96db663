// The picture that somebody scans with an identity service's app, and the question whether they have confirmed.
// Without this module the button below it asks.

import { drawQr } from "./vote/qr.js";

const step = document.querySelector("#identity-step");
const picture = step.querySelector("[data-code]");
const refused = step.querySelector("[data-text-refused]");

drawQr(picture.querySelector("svg"), step.dataset.text);
picture.hidden = false;

async function ask() {
  const token = document.querySelector('meta[name="csrf-token"]').content;
  const headers = { Accept: "application/json", "X-CSRFToken": token };
  const answer = await fetch(step.dataset.again, { method: "POST", headers, cache: "no-store" }).catch(() => null);
  const said = await answer?.json().catch(() => null);
  if (answer?.ok && said?.go) location.assign(said.go);
  else if (answer?.ok && said?.wait) wait(said.wait);
  else if (said?.text) {
    refused.textContent = said.text;
    refused.hidden = false;
    picture.hidden = true;
  } else wait(Number(step.dataset.wait)); // no network: ask again
}

function wait(seconds) {
  setTimeout(ask, seconds * 1000);
}
wait(Number(step.dataset.wait));

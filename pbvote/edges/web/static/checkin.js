// The forms of the check-in: sent only while the service can be reached, so that nothing typed is lost.
//
// What this module guarantees: what was typed stays in the form and is kept nowhere else.

import { stayReady } from "./vote/offline.js";

const PATIENCE = 8000;
const form = document.querySelector('main form[method="post"]');
const { alive } = document.querySelector("[data-alive]").dataset;
const notice = document.querySelector("[data-offline]");
let asking = false;

/** Whether the service answers, whatever it says. */
async function reached() {
  const answer = fetch(alive, { cache: "no-store" }).then(() => true, () => false);
  const late = new Promise((resolve) => setTimeout(() => resolve(false), PATIENCE));
  return Promise.race([answer, late]);
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (asking) return;
  asking = true;
  notice.hidden = true;
  if (await reached()) return form.submit();
  asking = false;
  notice.hidden = false;
  return notice.focus();
});
// a page that comes back from the browser's memory can be sent again
window.addEventListener("pageshow", () => {
  asking = false;
});
window.addEventListener("online", () => {
  notice.hidden = true;
});
stayReady();

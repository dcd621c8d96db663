// What this device keeps of votes that were cast or begun, told on pages that are about something else.
//
// What this module guarantees: it is read on the device and told to nobody; neither choices nor codes are
// shown; a browser that never voted is left without a store; a lent device shows nothing; a receipt is
// cleared only when somebody presses the button that says so.

import { clearHandedBack, exists, forgetMine, isUnfinished, onChange, setAside, wasCast } from "./store.js";

async function tell() {
  if (!(await exists())) return;
  await clearHandedBack();
  for (const place of document.querySelectorAll("[data-here]")) {
    const cast = await wasCast(place.dataset.here);
    place.hidden = !cast;
    const instead = document.querySelectorAll(`[data-here-not="${place.dataset.here}"]`);
    for (const part of instead) part.hidden = cast;
  }
  for (const place of document.querySelectorAll("[data-here-unfinished]")) {
    place.hidden = !(await isUnfinished(place.dataset.hereUnfinished));
  }
}

for (const button of document.querySelectorAll("[data-here-another]")) {
  button.addEventListener("click", async () => {
    const { here } = button.closest("[data-here]").dataset;
    await setAside(here);
    forgetMine(here);
    location.assign(`/booth/${here}/`);
  });
}

const start = () => tell().catch(() => {}); // where storage is blocked nobody has voted with this browser
onChange(start);
// a page that comes back from the browser's memory tells what is on the device by now
window.addEventListener("pageshow", (event) => event.persisted && start());
start();

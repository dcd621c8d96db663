// What this device keeps of votes that were cast, told on pages that are about something else.
//
// What this module guarantees: it is read on the device and told to nobody; neither choices nor codes are
// shown; a browser that never voted is left without a store; a lent device shows nothing.

import { clearHandedBack, exists, readReceipts } from "./store.js";

async function tell() {
  if (!(await exists())) return;
  await clearHandedBack();
  for (const place of document.querySelectorAll("[data-here]")) {
    const receipts = await readReceipts(place.dataset.here);
    place.hidden = !receipts.some((receipt) => !receipt.counter);
  }
}

const start = () => tell().catch(() => {}); // where storage is blocked nobody has voted with this browser
// a page that comes back from the browser's memory tells what is on the device by now
window.addEventListener("pageshow", (event) => event.persisted && start());
start();

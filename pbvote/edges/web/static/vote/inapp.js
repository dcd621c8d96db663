// Browsers inside other apps (LINE, Facebook, Instagram, …) may drop what a page keeps when their
// window closes. Whoever votes hears of it before anything is issued.

const APPS = /\bLine\/|FBAN|FBAV|Instagram|MicroMessenger|Threads|\bwv\b|GSA\//;
const KEY = "pbvote/stay";

/** Whether this is such a browser, and nobody has said yet that they want to stay. */
export function inApp() {
  try {
    if (sessionStorage.getItem(KEY)) return false;
  } catch {
    return false; // blocked storage has a page of its own
  }
  return APPS.test(navigator.userAgent);
}

/** Fill the panel: LINE opens the phone's browser by a word in the address; the others need the address. */
export function offerWayOut(panel, stay) {
  const here = new URL(location.href);
  const outside = panel.querySelector("[data-outside]");
  if (/\bLine\//.test(navigator.userAgent)) {
    here.searchParams.set("openExternalBrowser", "1");
    outside.href = here.href;
    outside.hidden = false;
  }
  panel.querySelector("[data-copy]").addEventListener("click", async (event) => {
    const said = panel.querySelector("[data-copy-said]");
    try {
      await navigator.clipboard.writeText(location.href);
      said.textContent = event.target.dataset.copied;
    } catch {
      said.textContent = location.href;
    }
  });
  panel.querySelector("[data-stay]").addEventListener("click", () => {
    try {
      sessionStorage.setItem(KEY, "1");
    } catch {
      // asked again next time
    }
    stay();
  });
}

// What every voting page shares: panels that are shown one at a time, and requests without identity.
//
// What this module guarantees:
//  - requests to the box carry no cookie, no credentials and no referrer;
//  - texts come from the page (written by the server in the reader's language); nothing is parsed as HTML.

/** Show one `data-panel` of the root and hide the others; moves the focus there for screen readers. */
export function show(root, name) {
  for (const panel of root.querySelectorAll("[data-panel]")) panel.hidden = panel.dataset.panel !== name;
  const shown = root.querySelector(`[data-panel="${name}"]`);
  if (shown?.hasAttribute("tabindex")) shown.focus();
}

/** Write a text into every `data-fill="name"` of the root. */
export function fill(root, name, text) {
  for (const place of root.querySelectorAll(`[data-fill="${name}"]`)) place.textContent = text;
}

/** What somebody typed, as an element's text; Chinese on a page in another language is named as such. */
export function tell(place, text) {
  place.textContent = text;
  const named = /[\u3400-\u9fff]/.test(text) && !document.documentElement.lang.startsWith("zh");
  if (named) place.lang = "zh-Hant-TW";
}

/** A request to the box. Resolves to a Response, or null where the box cannot be reached now. */
export async function askBox(path, options = {}) {
  try {
    const response = await fetch(path, {
      ...options,
      credentials: "omit",
      referrerPolicy: "no-referrer",
      cache: "no-store",
      redirect: "error",
    });
    return response.status >= 500 || response.status === 429 ? null : response;
  } catch {
    return null;
  }
}

/** The manifest's bytes, or null. */
export async function fetchManifest(call) {
  const response = await askBox(`/box/${call}/manifest`);
  return response?.ok ? new Uint8Array(await response.arrayBuffer()) : null;
}

/** One tab at a time works on a call's attempt. */
export const alone = (call, work) =>
  navigator.locks ? navigator.locks.request(`pbvote/${call}`, work) : work();

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** `JSON` of a refusal: its code and its sentence in the reader's language. */
export async function refusalOf(response) {
  try {
    const { code = "", text = "" } = await response.json();
    return { code, text };
  } catch {
    return { code: "", text: "" };
  }
}

// The pages' side of the service worker (worker.js): begin it, and end it where the device is handed on.
//
// What this module guarantees: nothing depends on it; where a browser has no service worker, or storage is
// blocked, everything works as before with the network. A lent device has none.

const WORKER = "/booth/worker.js";
const SCOPES = ["/booth/", "/checkin/"];

let policy = null;

/** The worker's address, as the content security policy asks for it: the one constant of the one policy. */
function address() {
  if (!globalThis.trustedTypes) return WORKER;
  policy ??= globalThis.trustedTypes.createPolicy("pbvote-worker", { createScriptURL: () => WORKER });
  return policy.createScriptURL("");
}

/** Keep the pages of this vote at hand for when the network fails. */
export async function stayReady(call = "") {
  if (!navigator.serviceWorker) return;
  try {
    for (const scope of SCOPES) await navigator.serviceWorker.register(address(), { scope });
    if (!call) return;
    const { active } = await navigator.serviceWorker.ready;
    const pages = ["review", "cast", "receipt"].map((name) => `${location.origin}/booth/${call}/${name}`);
    active.postMessage({ ready: [location.href, ...pages] });
  } catch {
    // it is a convenience
  }
}

/** Leave no worker and no page on the device. */
export async function endReady() {
  if (!navigator.serviceWorker) return;
  try {
    for (const each of await navigator.serviceWorker.getRegistrations()) {
      each.active?.postMessage({ end: true });
      await each.unregister();
    }
    for (const name of await caches.keys()) await caches.delete(name);
  } catch {
    // there was none
  }
}

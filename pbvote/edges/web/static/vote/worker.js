// The service worker of booth and check-in: without the network a page that was open stays there, and what
// cannot be had says so on a page of ours instead of the browser's.
//
// What this worker guarantees:
//  - the network is asked first, always; what is kept is only for when it does not answer;
//  - it keeps the booth's shells (the frozen ballot and pages that the browser fills in), their modules and
//    their style, and nothing else: no page of the check-in, no answer of the box, nothing with a person on it,
//    no address with something that was typed;
//  - it never touches a request that carries something (a ballot, an identity): only what is read.

const CACHE = "pbvote-booth";
const OFFLINE = "/booth/offline";
const SHELL = /^\/booth\/[a-z0-9]+\/(review|cast|receipt)?$/;
const PARTS = [
  "/static/css/base.css",
  "/static/icon.svg",
  ...["booth", "cast", "check", "choosing", "compare", "crypto", "here", "inapp", "log", "offline", "order", "page"].map(
    (name) => `/static/vote/${name}.js`,
  ),
  ...["protocol", "qr", "receipt", "review", "store"].map((name) => `/static/vote/${name}.js`),
];

let ended = false; // the device is handed on: nothing is kept any more

/** The address under which a page is kept, or null where it is not kept. */
function keyOf(address) {
  const { origin, pathname, searchParams } = new URL(address);
  if (origin !== location.origin) return null;
  if (pathname === "/booth/check") return pathname;
  if (!SHELL.test(pathname)) return null;
  const asked = new Map([...searchParams].filter(([name]) => name !== "identified"));
  if (asked.size === 0) return pathname;
  const onlyDistrict = asked.size === 1 && asked.has("district") && pathname.endsWith("/");
  return onlyDistrict ? `${pathname}?district=${encodeURIComponent(asked.get("district"))}` : null;
}

async function keep(key, answer) {
  if (ended || !key || answer.status !== 200 || answer.type !== "basic" || answer.redirected) return;
  await (await caches.open(CACHE)).put(key, answer);
}

const kept = async (key) => (key ? (await caches.open(CACHE)).match(key, { ignoreVary: true }) : undefined);

async function page(event) {
  const key = keyOf(event.request.url);
  try {
    const answer = await fetch(event.request);
    event.waitUntil(keep(key, answer.clone()));
    return answer;
  } catch {
    return (await kept(key)) ?? (await kept(OFFLINE)) ?? Response.error();
  }
}

async function part(event, key) {
  try {
    const answer = await fetch(event.request);
    event.waitUntil(keep(key, answer.clone()));
    return answer;
  } catch {
    return (await kept(key)) ?? Response.error();
  }
}

/** Have pages ready that somebody who votes comes to next. */
async function getReady(addresses) {
  for (const key of addresses.map(keyOf)) {
    if (!key || (await kept(key))) continue;
    await fetch(key, { referrerPolicy: "no-referrer" }).then((answer) => keep(key, answer), () => {});
  }
}

async function end() {
  ended = true;
  await registration.unregister();
  await caches.delete(CACHE);
}

addEventListener("install", (event) => {
  const filled = caches.open(CACHE).then((cache) => cache.addAll([OFFLINE, ...PARTS]));
  event.waitUntil(filled.then(() => skipWaiting()));
});
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("message", (event) => {
  event.waitUntil(event.data.end ? end() : getReady(event.data.ready));
});
addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname, searchParams } = new URL(url);
  if (ended || method !== "GET" || origin !== location.origin) return;
  // who may hand the device on depends on where a request comes from, which only the browser itself says
  if (searchParams.has("another") || searchParams.has("counter")) return;
  if (mode === "navigate") event.respondWith(page(event));
  else if (PARTS.includes(pathname)) event.respondWith(part(event, pathname));
});

// What the browser keeps between two steps, on this device alone.
//
// What this module guarantees:
//  - a write has reached the disk when its promise resolves (IndexedDB, strict durability), so that
//    a reload, a crash or an empty battery between any two steps loses nothing;
//  - finishing a vote replaces attempt and choices by the receipt in one transaction;
//  - where storage is blocked, probe() says so before anything is issued;
//  - every change is told to the other tabs of this browser, by the name of the call alone, once it is on
//    the disk: no two of them need show different choices;
//  - once the result is published a check code leads to the vote, so a device that is handed on or back
//    keeps no code and no entry's hash of a vote that was cast.
//
// Per call: one draft (the choices), at most one current attempt (credential, blinding, later the
// sealed entry; with the mark of the person it is for, until it is cast), attempts set aside when
// another person takes the device, and receipts.

const NAME = "pbvote";
const STORES = ["draft", "attempt", "aside", "receipt"];

/** How long a lent device keeps a receipt, milliseconds. */
export const LENT_FOR = 120_000;

function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function open() {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => {
    for (const store of STORES) request.result.createObjectStore(store);
  };
  return settled(request);
}

/** Run `work` on the named stores in one transaction; resolves when it is on the disk. */
async function transact(names, mode, work) {
  const database = await open();
  try {
    const transaction = database.transaction(names, mode, { durability: "strict" });
    const done = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
    const stores = Object.fromEntries(names.map((name) => [name, transaction.objectStore(name)]));
    const result = await work(stores);
    await done;
    return result;
  } finally {
    database.close();
  }
}

// ---- other tabs

const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel(NAME) : null;

/** Hear of changes that another tab has made; `work` is given the call. */
export const onChange = (work) => channel?.addEventListener("message", ({ data }) => work(data));

/** The result of a change, once the other tabs have been told. */
async function told(call, changing) {
  const result = await changing;
  channel?.postMessage(call);
  return result;
}

const read = (name, key) => transact([name], "readonly", (stores) => settled(stores[name].get(key)));
const write = (name, key, value) =>
  transact([name], "readwrite", (stores) => settled(stores[name].put(value, key)));

/** Whether this browser has kept anything of a vote; asking makes no database. */
export async function exists() {
  if (indexedDB.databases) return (await indexedDB.databases()).some(({ name }) => name === NAME);
  const request = indexedDB.open(NAME);
  request.onupgradeneeded = () => request.transaction.abort(); // there was none, and there will be none
  try {
    (await settled(request)).close();
    return true;
  } catch {
    return false;
  }
}

/** Whether this browser keeps what it is told to keep. */
export async function probe() {
  try {
    const mark = String(Math.random());
    await write("draft", "probe", mark);
    const kept = (await read("draft", "probe")) === mark;
    await transact(["draft"], "readwrite", (stores) => settled(stores.draft.delete("probe")));
    return kept;
  } catch {
    return false;
  }
}

// ---- choices

/**
 * `{district, chosen: [{number, title, cost, points?}], counter, identified, reviewed, person?}` or undefined;
 * person: the mark of who identified with these choices.
 */
export const readDraft = (call) => read("draft", call);
export const writeDraft = (call, draft) => told(call, write("draft", call, draft));

/**
 * Change the draft that is on the disk now, unless its choices are others than these. Resolves to whether
 * they were the same.
 */
export const amendDraft = (call, chosen, change) =>
  told(
    call,
    transact(["draft"], "readwrite", async ({ draft }) => {
      const kept = await settled(draft.get(call));
      if (!kept || !sameChoices(kept, { chosen })) return false;
      await settled(draft.put({ ...kept, ...change }, call));
      return true;
    }),
  );

// ---- the attempt

export const readAttempt = (call) => read("attempt", call);
export const writeAttempt = (call, attempt) => told(call, write("attempt", call, attempt));

/** Whether a token is here and its ballot is not cast yet; a lent device tells nothing. */
export async function isUnfinished(call) {
  const [attempt, draft] = [await readAttempt(call), await readDraft(call)];
  return Boolean(attempt?.signature || attempt?.entry) && !draft?.counter;
}

/** The attempts that were set aside on this device, oldest first. */
export const attemptsAside = (call) =>
  transact(["aside"], "readonly", async ({ aside }) => (await settled(aside.get(call))) ?? []);

/**
 * Make an attempt that was set aside the current one again, with these newer choices or its own.
 * A sealed ballot stays what it is.
 */
export function resumeAside(call, attempt, newer) {
  return transact(["aside", "attempt", "draft"], "readwrite", async (stores) => {
    const aside = (await settled(stores.aside.get(call))) ?? [];
    const others = aside.filter((each) => each.blinded !== attempt.blinded);
    const draft = attempt.entry ? attempt.draft : (newer ?? attempt.draft);
    await settled(stores.aside.put(others, call));
    if (draft) await settled(stores.draft.put(draft, call));
    else await settled(stores.draft.delete(call));
    const current = { ...attempt, draft };
    await settled(stores.attempt.put(current, call));
    return current;
  });
}

/** Drop an attempt that never led to a token; the choices stay. */
export const dropAttempt = (call) =>
  told(call, transact(["attempt"], "readwrite", ({ attempt }) => settled(attempt.delete(call))));

const sameChoices = (one, other) =>
  JSON.stringify(one?.chosen ?? null) === JSON.stringify(other?.chosen ?? null);

/** Clear the place; `kept(attempt, draft)` tells which choices stay with the attempt. */
function clearPlace(call, kept, more = []) {
  const clearing = transact(["aside", "attempt", "draft", ...more], "readwrite", async (stores) => {
    for (const name of more) await settled(stores[name].delete(call));
    const attempt = await settled(stores.attempt.get(call));
    const draft = await settled(stores.draft.get(call));
    if (attempt) {
      const aside = (await settled(stores.aside.get(call))) ?? [];
      await settled(stores.aside.put([...aside, { ...attempt, draft: kept(attempt, draft) }], call));
    }
    await settled(stores.attempt.delete(call));
    await settled(stores.draft.delete(call));
  });
  return told(call, clearing);
}

/**
 * Another person says that it is their turn. An unfinished attempt is kept, but nothing shows it; the
 * receipts of whoever voted before are gone.
 */
export const setAside = (call) => clearPlace(call, (attempt, draft) => draft, ["receipt"]);

/**
 * Another person has identified where an attempt was unfinished. Choices that were changed since its
 * owner was here may be either one's: they stay with nobody.
 */
export const setAnotherAside = (call) =>
  clearPlace(call, (attempt, draft) => (sameChoices(attempt.draft, draft) ? attempt.draft : undefined));

// ---- receipts

/** Keep the promise, and forget the ballot, key, blinding and choices: both or neither. */
export function finishAttempt(call, receipt) {
  const finishing = transact(["attempt", "draft", "receipt"], "readwrite", async (stores) => {
    const receipts = (await settled(stores.receipt.get(call))) ?? [];
    const others = receipts.filter((each) => each.entryHash !== receipt.entryHash);
    await settled(stores.receipt.put([...others, receipt], call));
    await settled(stores.attempt.delete(call));
    await settled(stores.draft.delete(call));
  });
  return told(call, finishing);
}

/** The receipts on this device, newest last. */
export const readReceipts = (call) =>
  transact(["receipt"], "readonly", async ({ receipt }) => (await settled(receipt.get(call))) ?? []);

/** Whether a vote was cast from this device by somebody whose device it is: a lent one tells nothing. */
export const wasCast = async (call) => (await readReceipts(call)).some((receipt) => !receipt.counter);

/** Put `changed(receipts)` in the place of a call's receipts; nothing stays where none is left. */
const changeReceipts = (call, changed) =>
  told(
    call,
    transact(["receipt"], "readwrite", async ({ receipt }) => {
      const kept = changed((await settled(receipt.get(call))) ?? []);
      await settled(kept.length ? receipt.put(kept, call) : receipt.delete(call));
    }),
  );

/** Forget one receipt: its owner does not want to keep it. */
export const forgetReceipt = (call, { entryHash }) =>
  changeReceipts(call, (receipts) => receipts.filter((each) => each.entryHash !== entryHash));

/** A lent device's receipt stays until another moment (milliseconds). */
export const lendUntil = (call, { entryHash }, handBackBy) =>
  changeReceipts(call, (receipts) =>
    receipts.map((each) => (each.entryHash === entryHash ? { ...each, handBackBy } : each)),
  );

/** Forget what a lent device should have forgotten by now, of every call: its page may have been closed. */
export async function clearHandedBack() {
  const calls = await transact(["receipt"], "readonly", ({ receipt }) => settled(receipt.getAllKeys()));
  const stays = (each) => !each.counter || (each.handBackBy ?? 0) > Date.now();
  for (const call of calls) {
    if ((await readReceipts(call)).every(stays)) continue;
    await changeReceipts(call, (receipts) => receipts.filter(stays));
  }
}

/** Erase everything of this call on this device, unfinished attempts included. */
export function eraseAll(call) {
  const erasing = transact(STORES, "readwrite", async (stores) => {
    for (const name of STORES) await settled(stores[name].delete(call));
  });
  return told(call, erasing);
}

// ---- whose draft is this: answered once per tab

const mineKey = (call) => `pbvote/mine/${call}`;

/** Whether the person in this tab has said that what is kept here is theirs (or has made it here). */
export function isMine(call) {
  try {
    return sessionStorage.getItem(mineKey(call)) !== null;
  } catch {
    return false;
  }
}

export function markMine(call, receiptMark = "") {
  try {
    sessionStorage.setItem(mineKey(call), receiptMark);
  } catch {
    // without it the page asks again, nothing is lost
  }
}

/** The receipt made in this tab, by its mark (which says nothing about the ballot), or "". */
export function myReceipt(call) {
  try {
    return sessionStorage.getItem(mineKey(call)) ?? "";
  } catch {
    return "";
  }
}

export function forgetMine(call) {
  try {
    sessionStorage.removeItem(mineKey(call));
  } catch {
    // nothing to forget
  }
}

// Who we are to the gateway: the key or token that every operation carries, and what the gateway said of it.
// It is kept for this tab alone (a reload keeps it, closing the tab ends it) and sent to this gateway alone.
import { useSyncExternalStore } from "react";

const KEY = "invoice-gateway/key";
const NO_KEY = "This service answers only to callers with a key.";
const WHO = "{ viewer { name role } }";
// An operation that every role may run is answered so to who is not let in.
const NOT_LET_IN = ["UNAUTHENTICATED", "FORBIDDEN", "ACCESS_UNAVAILABLE"];

let state = { key: stored(), caller: null, refusal: null };
const listeners = new Set();

// `key` or null; `caller` as the gateway knows it, once told; `refusal`: why it let nobody in last, or null.
export function useAccess() {
  return useSyncExternalStore(subscribe, () => state);
}

// These headers with the key, unless they say themselves who asks.
export function withKey(headers = {}) {
  return state.key && !saysWho(headers) ? { ...headers, authorization: `Bearer ${state.key}` } : headers;
}

// What notes of the answers to a request that is sent now whether somebody is let in. An answer that was under
// way when another key was given, or a refusal came, says nothing of it.
export function listener(headers = {}) {
  const asked = state;
  return (result) => {
    const told = refusalOf(result, ["UNAUTHENTICATED"]);
    const refusal = told && !asked.key ? NO_KEY : told;
    const isOld = refusal ? state.key !== asked.key : state.refusal !== asked.refusal;
    // A key of the request's own is not the one that is kept here.
    if (isOld || refusal === state.refusal || (refusal && saysWho(headers))) return;
    become({ ...state, refusal, caller: refusal ? null : state.caller });
  };
}

// Takes a key if the gateway does, and says whether it did.
export async function present(text, ask) {
  const key = text.trim().replace(/^bearer\s+/i, "");
  if (!/^[\x21-\x7e]+$/.test(key)) {
    become({ ...state, refusal: "A key is one word without blanks, such as igw_ and 80 digits." });
    return false;
  }
  try {
    const result = await ask({ query: WHO }, { authorization: `Bearer ${key}` });
    const refusal = refusalOf(result, NOT_LET_IN);
    if (refusal) become({ ...state, refusal });
    else keep(key, result.data?.viewer ?? null);
    return !refusal;
  } catch (error) {
    become({ ...state, refusal: `The key could not be checked: ${error.message}` });
    return false;
  }
}

export function forget() {
  keep(null, null);
}

function keep(key, caller) {
  try {
    if (key) sessionStorage.setItem(KEY, key);
    else sessionStorage.removeItem(KEY);
  } catch {
    // The user forbids it: the key is then forgotten with a reload.
  }
  become({ key, caller, refusal: null });
}

function stored() {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function refusalOf(result, codes) {
  const error = result?.errors?.find(({ extensions }) => codes.includes(extensions?.code));
  return error?.message ?? null;
}

function saysWho(headers) {
  return Object.keys(headers).some((name) => name.toLowerCase() === "authorization");
}

function become(next) {
  state = next;
  listeners.forEach((listener) => listener());
}

function subscribe(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

// The bar above GraphiQL: the one place for a key, shown where the gateway asks for one, and what is wrong else.
import { useEffect, useRef, useState } from "react";
import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { forget, present, useAccess } from "./access.js";
import { send } from "./fetcher.js";

// `isOpen`: to change a key that is good. A key that is missing or refused is asked for in any case.
export function AccessBar({ isOpen, close }) {
  const { refusal } = useAccess();
  const fetchError = useGraphiQL((state) => state.fetchError);
  if (refusal || isOpen) return <KeyForm close={close} />;
  if (!fetchError) return null;
  return (
    <p className="gateway-bar" role="status">
      The schema was not told, so nothing is completed or documented here: {messageOf(fetchError)}
    </p>
  );
}

function KeyForm({ close }) {
  const { key, refusal } = useAccess();
  const { introspect } = useGraphiQLActions();
  const responseEditor = useGraphiQL((state) => state.responseEditor);
  const [isChecking, setChecking] = useState(false);
  const field = useRef(null);
  // Whoever writes a query is not interrupted.
  useEffect(() => {
    if (!document.activeElement?.closest(".monaco-editor")) field.current.focus();
  }, []);
  const submit = async (event) => {
    event.preventDefault();
    setChecking(true);
    const taken = await present(field.current.value, send);
    setChecking(false);
    if (taken) begin();
  };
  const leave = () => {
    forget();
    begin();
  };
  // What was answered to another caller, or to nobody, goes.
  const begin = () => {
    close();
    responseEditor?.setValue("");
    introspect();
  };
  return (
    <form className="gateway-bar" onSubmit={submit}>
      <label htmlFor="gateway-key">Key</label>
      <input
        id="gateway-key"
        ref={field}
        type="password"
        size="40"
        placeholder="igw_…"
        autoComplete="off"
        spellCheck="false"
        required
        aria-describedby="gateway-key-hint"
      />
      <button disabled={isChecking}>Use this key</button>
      {key && (
        <button type="button" onClick={leave}>
          Forget the key
        </button>
      )}
      <p id="gateway-key-hint">
        {refusal && <strong role="alert">{sentence(refusal)} </strong>}
        Paste a key or a token. An administrator makes a key
        with <code>invoice-gateway keys add --role viewer --name NAME</code>. It is kept for this tab until you close it, and
        sent to this gateway alone.
      </p>
    </form>
  );
}

// Shows who the gateway takes us for, and opens the bar. Nothing where no key was asked for.
export function CallerButton({ isOpen, toggle }) {
  const { key, caller } = useAccess();
  if (!key) return null;
  return (
    <button type="button" className="gateway-caller" aria-expanded={isOpen} title="Change the key" onClick={toggle}>
      {caller ? `${caller.name} · ${caller.role}` : "Key"}
    </button>
  );
}

// Who a key is that was kept over a reload.
export function useCallerOfKeptKey() {
  const { key } = useAccess();
  const kept = useRef(key);
  useEffect(() => {
    if (kept.current) present(kept.current, send);
  }, []);
}

function messageOf(fetchError) {
  try {
    return JSON.parse(fetchError).errors[0].message;
  } catch {
    return fetchError;
  }
}

function sentence(text) {
  return `${text[0].toUpperCase()}${text.slice(1).replace(/\.$/, "")}.`;
}

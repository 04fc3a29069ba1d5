// GraphiQL as Invoice Gateway shows it.
import { useEffect, useState } from "react";
import { createPortal } from "react-dom";
import { createRoot } from "react-dom/client";
import { ToolbarButton, ToolbarMenu, useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { GraphiQL } from "graphiql";
import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "graphiql/graphiql.css";
import "./console.css";
import { AccessBar, CallerButton, useCallerOfKeptKey } from "./access-bar.jsx";
import { fetcher } from "./fetcher.js";
import { openStorage } from "./storage.js";

export function show(element, examples) {
  element.before(bar);
  createRoot(element).render(<Console examples={examples} storage={openStorage(examples)} />);
}

// Above GraphiQL, which has no place of its own for it.
const bar = document.createElement("div");

function Console({ examples, storage }) {
  return (
    <GraphiQL
      fetcher={fetcher}
      storage={storage}
      defaultTabs={examples.map(({ query }) => ({ query }))}
      defaultEditorToolsVisibility={false}
      isHeadersEditorEnabled
      // Headers may hold an API key: it is never written to the browser's storage.
      shouldPersistHeaders={false}
    >
      <GraphiQL.Logo>
        <Title />
      </GraphiQL.Logo>
      <GraphiQL.Toolbar>
        {({ prettify, merge, copy }) => (
          <>
            {prettify}
            {merge}
            {copy}
            <ExamplesMenu examples={examples} />
          </>
        )}
      </GraphiQL.Toolbar>
    </GraphiQL>
  );
}

function Title() {
  useSystemTheme();
  useCallerOfKeptKey();
  const [isOpen, setOpen] = useState(false);
  return (
    <span className="gateway-title">
      {createPortal(<AccessBar isOpen={isOpen} close={() => setOpen(false)} />, bar)}
      <CallerButton isOpen={isOpen} toggle={() => setOpen(!isOpen)} />
      <a className="gateway-schema" href="/schema.graphql" target="_blank" rel="noreferrer">
        schema.graphql
      </a>
      <strong>Invoice Gateway</strong>
    </span>
  );
}

// GraphiQL asks for the system's colours once; this follows them while the page is open.
function useSystemTheme() {
  const theme = useGraphiQL((state) => state.theme);
  const { setTheme } = useGraphiQLActions();
  useEffect(() => {
    if (theme) return undefined;
    const system = matchMedia("(prefers-color-scheme: dark)");
    const follow = () => setTheme(null);
    system.addEventListener("change", follow);
    return () => system.removeEventListener("change", follow);
  }, [theme, setTheme]);
}

// Opens an example in a tab of its own, so that one that was closed or edited can be had back.
function ExamplesMenu({ examples }) {
  const { addTab } = useGraphiQLActions();
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const open = (query) => {
    addTab();
    queryEditor?.setValue(query);
  };
  return (
    <ToolbarMenu
      button={
        <ToolbarButton label="Open an example">
          <ListIcon />
        </ToolbarButton>
      }
    >
      {examples.map(({ name, title, query }) => (
        <ToolbarMenu.Item key={name} onSelect={() => open(query)}>
          {title}
        </ToolbarMenu.Item>
      ))}
    </ToolbarMenu>
  );
}

function ListIcon() {
  return (
    <svg className="graphiql-toolbar-icon" aria-hidden="true" viewBox="0 0 16 16" fill="none" stroke="currentColor">
      <path d="M2 3.5h1M2 8h1M2 12.5h1M6 3.5h8M6 8h8M6 12.5h8" strokeWidth="1.5" strokeLinecap="round" />
    </svg>
  );
}

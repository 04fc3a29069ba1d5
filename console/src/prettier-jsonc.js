// A Prettier plugin for JSON with comments on the parser that GraphiQL already brings: tidying the
// variables then costs no JavaScript parser (Prettier's own way, some 500 KB).
import { applyEdits, format } from "jsonc-parser";

export const parsers = {
  jsonc: {
    parse: (text) => ({ text }),
    astFormat: "jsonc-text",
    locStart: () => 0,
    locEnd: ({ text }) => text.length,
  },
};

export const printers = {
  "jsonc-text": {
    print: ({ node: { text } }) => applyEdits(text, format(text, undefined, { insertSpaces: true, tabSize: 2 })),
  },
};

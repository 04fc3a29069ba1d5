// The page's entry: small, and the only file that changes with the examples.
import "./page.css";
import "./workers.js";
import { examples } from "./examples.js";

// Monaco measures its letters once, so the font has to be there before it.
const font = document.fonts.load('15px "Fira Code"').catch(() => undefined);
const [{ show }] = await Promise.all([import("./console.jsx"), font]);
show(document.getElementById("graphiql"), examples);

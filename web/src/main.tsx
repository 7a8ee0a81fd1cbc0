import { render } from "preact";
import { signIn } from "./api/session.ts";
import { App } from "./app.tsx";
import { followLinks } from "./route.ts";
import "./style.css";

followLinks();
void signIn();
const root = document.getElementById("app");
if (root !== null) render(<App />, root);

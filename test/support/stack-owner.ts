/** Opens a stack and holds it: `node stack-owner.ts NAME STATE_FOLDER DATA_FOLDER`; prints its addresses as JSON when it is up. */
import { openStack } from "../../src/dev-stack/stack.ts";
import { StateFolder } from "../../src/dev-stack/state.ts";

const [name = "", states = "", dataDir = ""] = process.argv.slice(2);
const stack = await openStack({ name, dataDir, kind: "maven", stateFolder: new StateFolder(states) });
process.stdout.write(`${JSON.stringify(stack.addresses)}\n`);
// Ends with whoever started it, even one that was killed.
process.stdin.resume().once("end", () => process.exit());

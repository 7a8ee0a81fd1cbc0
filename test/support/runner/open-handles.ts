/**
 * Loaded before every test file: a file whose process does not end by itself after its last test has leaked a socket,
 * a timer or a child. It then fails after a few seconds with the names of what is open, instead of hanging the run.
 */
import { after } from "node:test";

const graceMs = 5000;
const stdio = process.getActiveResourcesInfo();

after(() => {
  setTimeout(() => {
    const open = process.getActiveResourcesInfo();
    for (const name of stdio) {
      if (open.includes(name)) open.splice(open.indexOf(name), 1);
    }
    process.stderr.write(`still open ${graceMs / 1000} s after the last test: ${open.join(", ")}\n`);
    process.exit(1);
  }, graceMs).unref();
});

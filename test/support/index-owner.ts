/** An index in a process of its own, for tests that kill it: settings as JSON, says what it has read, one line a change. */
import { startExecutionIndex } from "../../src/execution-log/execution-index.ts";
import type { IndexSettings } from "../../src/execution-log/messages.ts";
import { silentLogger } from "../../src/model/logger.ts";

const index = startExecutionIndex(JSON.parse(process.argv[2] ?? "") as IndexSettings, silentLogger);
let said = "";
setInterval(() => {
  const { behind, status } = index.state();
  const line = `${status} ${behind}`;
  if (line !== said) console.log(line);
  said = line;
}, 5);

import { killedScripts } from "./killed-scripts.ts";
import { latencies } from "./latency.ts";
import { memories } from "./memory.ts";
import { outages } from "./outages.ts";
import type { SoakScenario } from "./scenario.ts";
import { sickHandlers } from "./sick-handlers.ts";
import { upheavals } from "./upheavals.ts";

export const scenarios: readonly SoakScenario[] = [
  ...upheavals,
  ...outages,
  ...sickHandlers,
  ...killedScripts,
  ...memories,
  ...latencies,
];

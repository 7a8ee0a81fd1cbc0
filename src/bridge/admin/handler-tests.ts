import type { ExecutionSearch, HandlerTests } from "../../admin/ports.ts";
import type { DefinitionReading } from "../../config/definition.ts";
import type { Settings } from "../../config/settings.ts";
import { BridgeError, ProblemsError } from "../../errors.ts";
import type { Clock } from "../../model/clock.ts";
import type { HandlerDefinition } from "../../model/handler-log.ts";
import type { Logger } from "../../model/logger.ts";
import { testCall } from "../test-call.ts";
import { type TestData, testExample } from "../test-example.ts";

export interface HandlerTestsParts {
  readonly settings: Pick<Settings, "handlers">;
  readonly read: (definition: HandlerDefinition) => DefinitionReading;
  /** Null: this process has no execution log. */
  readonly executions: Pick<ExecutionSearch, "execution"> | null;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Each has sockets or a process of its own, and may take as long as its handler may. */
const mostAtOnce = 4;

/** Test calls of the admin interface; few at once. */
export function createHandlerTests({ settings, read, executions, clock, logger }: HandlerTestsParts): HandlerTests {
  let underWay = 0;
  return {
    async test(definition, { event, data, execution }) {
      const reading = read(definition);
      if (reading.kind === "refused")
        throw new ProblemsError("HANDLERS_INVALID", `${definition.id} cannot be called:`, reading.problems);
      if (underWay >= mostAtOnce)
        throw new BridgeError("QUEUE_FULL", `${mostAtOnce} test calls are under way: try again when one has ended`);
      underWay++;
      try {
        const given = await dataOf(data, execution, executions);
        const result = await testCall(
          { settings, clock, logger },
          reading.handler,
          testExample(reading.handler, event, given),
        );
        const { request, headers, answer, outcome, detail, changes, ms } = result;
        return {
          ...{ headers: { ...headers }, answer, outcome, detail, ms },
          request: request ?? "",
          changes: changes.map(({ path, from, to }) => ({ path, from, to })),
        };
      } finally {
        underWay--;
      }
    },
  };
}

async function dataOf(
  data: Readonly<Record<string, unknown>> | undefined,
  execution: string | undefined,
  executions: HandlerTestsParts["executions"],
): Promise<TestData> {
  if (data !== undefined) return { kind: "data", text: JSON.stringify(data) };
  if (execution === undefined) return { kind: "sample" };
  if (executions === null) throw new BridgeError("USAGE", "this process has no execution log: send the data itself");
  const found = await executions.execution(execution);
  if (found === null) throw new BridgeError("USAGE", `the execution log has no entry "${execution}" any more`);
  if (found.sent === null) throw new BridgeError("DATA_INVALID", "the execution log did not keep what was sent");
  return { kind: "body", text: found.sent };
}

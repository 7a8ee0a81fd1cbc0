import { Flow } from "../contract/flow.ts";
import { answers, present, type Routes } from "./context.ts";

export const flowRoutes: Routes = (app, { ports }) => {
  app.get(
    "/api/flow",
    {
      schema: {
        operationId: "flow",
        summary: "Topics, groups and instances as they are now",
        tags: ["flow"],
        response: answers({ 200: Flow }),
      },
    },
    () => present(ports.flow, "the flow").flow(),
  );
};

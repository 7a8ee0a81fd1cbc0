import { randomUUID } from "node:crypto";
import { type RunningAdmin, startAdmin } from "../../bridge/admin/start-admin.ts";
import type { Settings } from "../../config/settings.ts";
import type { Logger } from "../../model/logger.ts";

/** The admin interface over what the demo did; everybody on this machine may change everything, and it says so. */
export function startInterface(settings: Settings, logger: Logger): Promise<RunningAdmin> {
  return startAdmin({ settings, defaultPort: 0, logger, instanceId: randomUUID() });
}

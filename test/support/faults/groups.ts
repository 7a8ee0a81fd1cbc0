import { answerGroup, transportGroup } from "./hostile-group.ts";
import { instanceGroup } from "./instance-group.ts";
import { outageGroup } from "./outage-group.ts";
import type { Group } from "./scenario.ts";
import { scriptGroup } from "./script-group.ts";

export const groups: readonly Group[] = [answerGroup, transportGroup, scriptGroup, instanceGroup, outageGroup];

import { testFaults } from "../support/faults/fault-tests.ts";
import { scriptGroup } from "../support/faults/script-group.ts";

testFaults(scriptGroup);

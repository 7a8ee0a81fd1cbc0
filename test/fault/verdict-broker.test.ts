import { testFaults } from "../support/faults/fault-tests.ts";
import { outageGroup } from "../support/faults/outage-group.ts";

testFaults(outageGroup);

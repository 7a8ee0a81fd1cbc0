import { testFaults } from "../support/faults/fault-tests.ts";
import { transportGroup } from "../support/faults/hostile-group.ts";

testFaults(transportGroup);

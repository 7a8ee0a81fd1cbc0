import { testFaults } from "../support/faults/fault-tests.ts";
import { instanceGroup } from "../support/faults/instance-group.ts";

testFaults(instanceGroup);

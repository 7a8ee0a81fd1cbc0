import { testFaults } from "../support/faults/fault-tests.ts";
import { answerGroup } from "../support/faults/hostile-group.ts";

testFaults(answerGroup);

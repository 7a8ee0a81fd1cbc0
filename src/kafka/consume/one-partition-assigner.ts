import { AssignerProtocol, type PartitionAssigner } from "kafkajs";

/** Names one partition, whoever joins: kafkajs has no `assign()`, and this works as one. */
export function onePartitionAssigner(topic: string, partition: number): PartitionAssigner {
  const name = "provisioning-bridge-one-partition";
  return () => ({
    name,
    version: 1,
    protocol: ({ topics }) => ({
      name,
      metadata: AssignerProtocol.MemberMetadata.encode({ version: 1, topics, userData: Buffer.alloc(0) }),
    }),
    assign: ({ members }) =>
      Promise.resolve(
        members.map(({ memberId }) => ({
          memberId,
          memberAssignment: AssignerProtocol.MemberAssignment.encode({
            version: 1,
            assignment: { [topic]: [partition] },
            userData: Buffer.alloc(0),
          }),
        })),
      ),
  });
}

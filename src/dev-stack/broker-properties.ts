/** What differs between two brokers of development stacks. */
export interface BrokerLayout {
  readonly logDir: string;
  readonly port: number;
  readonly controllerPort: number;
  readonly secure: SecureListener | null;
}

export interface SecureListener {
  readonly port: number;
  /** PKCS12 file and its password. */
  readonly keystore: string;
  readonly keystorePassword: string;
  readonly username: string;
  readonly password: string;
}

/** server.properties of a one-node KRaft broker that listens on 127.0.0.1 only. */
export function brokerProperties(layout: BrokerLayout): string {
  const listeners = [`PLAINTEXT://127.0.0.1:${layout.port}`];
  if (layout.secure !== null) listeners.push(`SECURE://127.0.0.1:${layout.secure.port}`);
  return [
    "process.roles=broker,controller",
    "node.id=1",
    // Static voters: a stack restarted on its folder may get other ports than the last time.
    `controller.quorum.voters=1@127.0.0.1:${layout.controllerPort}`,
    `listeners=${[...listeners, `CONTROLLER://127.0.0.1:${layout.controllerPort}`].join(",")}`,
    `advertised.listeners=${listeners.join(",")}`,
    "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL",
    "controller.listener.names=CONTROLLER",
    "inter.broker.listener.name=PLAINTEXT",
    `log.dirs=${propertyValue(layout.logDir)}`,
    "auto.create.topics.enable=false",
    // One node cannot hold the default three replicas.
    "offsets.topic.replication.factor=1",
    "transaction.state.log.replication.factor=1",
    "transaction.state.log.min.isr=1",
    "share.coordinator.state.topic.replication.factor=1",
    "share.coordinator.state.topic.min.isr=1",
    // Fewer files and a faster first group than the default 50.
    "offsets.topic.num.partitions=4",
    "transaction.state.log.num.partitions=4",
    "share.coordinator.state.topic.num.partitions=4",
    "group.initial.rebalance.delay.ms=0",
    // The default of 128 MiB is a quarter of this broker's heap.
    "log.cleaner.dedupe.buffer.size=16777216",
    "log.cleaner.threads=1",
    ...(layout.secure === null ? [] : secureProperties(layout.secure)),
    "",
  ].join("\n");
}

function secureProperties(secure: SecureListener): string[] {
  const login = (mechanism: string, module: string, options: string): string =>
    `listener.name.secure.${mechanism}.sasl.jaas.config=org.apache.kafka.common.security.${module} required${options};`;
  return [
    `listener.name.secure.ssl.keystore.location=${propertyValue(secure.keystore)}`,
    "listener.name.secure.ssl.keystore.type=PKCS12",
    `listener.name.secure.ssl.keystore.password=${secure.keystorePassword}`,
    `listener.name.secure.ssl.key.password=${secure.keystorePassword}`,
    "listener.name.secure.sasl.enabled.mechanisms=SCRAM-SHA-256,PLAIN",
    login("scram-sha-256", "scram.ScramLoginModule", ""),
    login("plain", "plain.PlainLoginModule", ` user_${secure.username}="${secure.password}"`),
  ];
}

/** A path in a Java properties file, where a backslash starts an escape. */
function propertyValue(path: string): string {
  return path.replaceAll("\\", "\\\\");
}

import { BridgeError } from "../errors.ts";
import type { Clock } from "../model/clock.ts";
import { bounded } from "../model/deadline.ts";
import type { Logger } from "../model/logger.ts";
import { createApp } from "./app.ts";
import { Gate } from "./guard/gate.ts";
import { allowedHosts, isLoopback } from "./guard/hosts.ts";
import type { Recogniser } from "./identity/identity.ts";
import { LiveStreams } from "./live/streams.ts";
import type { AdminPorts } from "./ports.ts";

export interface AdminListenerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Names it may be asked under; none: those of the host it is bound to. */
  readonly hosts: readonly string[];
  readonly recognisers: readonly Recogniser[];
  /** Everything is open to everybody. */
  readonly insecure: boolean;
  readonly ports: AdminPorts;
  /** Folder of the built web interface. */
  readonly pages: string;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly about: { readonly version: string; readonly instance: string };
}

export interface AdminListener {
  readonly port: number;
  /** No new requests; those in flight end, for as long as `ms` allow. Idempotent. */
  close(ms: number): Promise<void>;
}

/** Of all connections, streams of live events included; further ones are refused by the system. */
const mostConnections = 256;

/**
 * The admin interface: API and pages. Throws SETTINGS_INVALID when the address cannot be bound, or must not be: without
 * authentication, elsewhere than on this machine.
 */
export async function startAdminListener(options: AdminListenerOptions): Promise<AdminListener> {
  const { host, port, recognisers, insecure, ports, pages, logger, clock, about } = options;
  refuseIfOpen(options);
  const gate = new Gate({
    hosts: allowedHosts(host, options.hosts),
    recognisers,
    insecure,
    clock,
    onRefused: (address, reason) => logger.warn({ address, reason }, "a login to the admin API was refused"),
  });
  const streams = new LiveStreams(ports.live, clock);
  const app = await createApp({ ports, gate, logger, streams, pages, about });
  app.server.maxConnections = mostConnections;
  await app.listen({ host, port }).catch((error: unknown) => {
    const { code, message } = error as NodeJS.ErrnoException;
    const hint =
      code === "EADDRINUSE" ? "the port is taken: set ADMIN_PORT to another, or 0 for any free one" : message;
    throw new BridgeError("SETTINGS_INVALID", `the admin interface cannot bind ${host}:${port}: ${hint}`, {
      cause: error,
    });
  });
  const { handlers } = ports;
  const stopWatching = handlers?.onChange(() => streams.tell("handlers", { revision: handlers.all().revision }));
  const bound = app.server.address();
  const boundPort = typeof bound === "object" && bound !== null ? bound.port : port;
  if (insecure && recognisers.length === 0) {
    logger.warn(
      { host, port: boundPort },
      "ADMIN_INSECURE: EVERYBODY who reaches the admin interface may change everything",
    );
  }
  logger.info({ host, port: boundPort, readOnly: gate.readOnly !== null }, "admin interface listening");

  let closed: Promise<void> | null = null;
  return {
    port: boundPort,
    close: (ms) => {
      closed ??= (async () => {
        stopWatching?.();
        streams.close();
        const end = await bounded(app.close(), ms, clock);
        if (end === "late") app.server.closeAllConnections();
      })();
      return closed;
    },
  };
}

function refuseIfOpen({ host, recognisers, insecure }: AdminListenerOptions): void {
  if (recognisers.length > 0 || insecure || isLoopback(host)) return;
  throw new BridgeError(
    "SETTINGS_INVALID",
    `the admin interface must not be bound to ${host} without authentication: set ADMIN_TOKENS_FILE or ADMIN_OIDC_ISSUER, ` +
      "or leave ADMIN_HOST at 127.0.0.1 (ADMIN_INSECURE=true opens it to everybody)",
  );
}

import { connect } from "node:net";
import { messageOf } from "../errors.ts";

/** Whether something accepts connections there within a second. */
export function acceptsConnections(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1000 });
    const settle = (accepted: boolean): void => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once("connect", () => settle(true));
    socket.once("timeout", () => settle(false));
    socket.once("error", () => settle(false));
  });
}

/** Null when a GET is answered by 200 within two seconds, else what came instead. */
export async function notAnswering(url: string): Promise<string | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000), headers: { connection: "close" } });
    await response.arrayBuffer();
    return response.status === 200 ? null : `it answers with status ${response.status}`;
  } catch (error) {
    // fetch itself only says "fetch failed".
    return messageOf(error instanceof TypeError && error.cause !== undefined ? error.cause : error);
  }
}

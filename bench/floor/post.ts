import { Pool } from "undici";

/** What a call carries. */
export interface FloorCall {
  /** In turns name and value, as undici takes them. */
  readonly headers: readonly string[];
  readonly body: Buffer | string;
}

/** POSTs over an undici Pool; `done` is called when the answer has come, whatever it is. */
export function poster(url: string, places: number): (call: FloorCall, done: () => void) => void {
  const target = new URL(url);
  const pool = new Pool(target.origin, { connections: places, pipelining: 1 });
  return ({ body, headers }, done) => {
    pool.dispatch(
      { method: "POST", path: target.pathname, headers: headers as string[], body },
      {
        onRequestStart: () => undefined,
        onResponseStart: () => undefined,
        onResponseData: () => undefined,
        onResponseEnd: done,
        onResponseError: done,
      },
    );
  };
}

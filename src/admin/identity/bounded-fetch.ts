const mostBytes = 1_048_576;
const timeoutMs = 5000;

/** A GET whose answer is small and comes soon, or an error. Redirects are not followed: the address is configured. */
export async function fetchSmall(
  url: string,
  {
    headers,
    signal,
  }: { readonly headers?: Headers | Readonly<Record<string, string>>; readonly signal?: AbortSignal } = {},
): Promise<Response> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const response = await fetch(url, {
    ...(headers === undefined ? {} : { headers }),
    redirect: "error",
    signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
  });
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw new Error(`the answer is larger than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  return new Response(Buffer.concat(chunks), { status: response.status, headers: response.headers });
}

/** Throws unless it is 200 and a JSON object. */
export async function fetchJson(url: string): Promise<object> {
  const response = await fetchSmall(url, { headers: { accept: "application/json" } });
  if (response.status !== 200) throw new Error(`${new URL(url).host} answered ${response.status}`);
  const parsed: unknown = await response.json();
  if (typeof parsed !== "object" || parsed === null) throw new Error("the answer is no JSON object");
  return parsed;
}

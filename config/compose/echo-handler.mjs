// A sample handler: logs each event it is called with and answers with the body as it came, which means
// "allow, unchanged" before an event and "done" after it.
import { createServer } from "node:http";

const mostBytes = 1_000_000;

const server = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) {
    body += chunk;
    if (body.length > mostBytes) return void response.writeHead(413).end();
  }
  if (request.method !== "POST") return void response.writeHead(200).end("ok\n");
  console.log(`${request.headers["bridge-stage"] ?? "?"} ${request.headers["ce-type"] ?? "?"} ${body}`);
  response.writeHead(200, { "content-type": "application/json" }).end(body);
});

server.listen(Number(process.env.PORT ?? 5000), () => console.log("echo handler is listening"));
process.once("SIGTERM", () => server.close());

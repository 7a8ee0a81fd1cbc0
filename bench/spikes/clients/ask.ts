/** The floor of requests with one of the libraries, over topics that are there and empty. Prints one JSON line. */
import { askEcho } from "../../floor/request.ts";
import { clientOf } from "./contenders.ts";

const [name = "", brokers = "", asked = "", replied = "", atOnce = "1", warmup = "500", requests = "5000"] =
  process.argv.slice(2);
const load = { atOnce: Number(atOnce), warmup: Number(warmup), requests: Number(requests) };
const result = await askEcho(await clientOf(name, brokers), { asked, replied }, load);
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exit(0);

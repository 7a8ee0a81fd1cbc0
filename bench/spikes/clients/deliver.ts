/** The floor of deliveries with one of the libraries. Runs until it is killed. */
import { deliverAll } from "../../floor/delivery.ts";
import { clientOf } from "./contenders.ts";

const [name = "", brokers = "", topic = "", url = "", places = "64"] = process.argv.slice(2);
await deliverAll(await clientOf(name, brokers), topic, url, Number(places));

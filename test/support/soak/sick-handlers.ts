import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { lastHeader } from "../../../src/model/record.ts";
import { told } from "../handlers.ts";
import { delayRatio, delaysBetween } from "./delays.ts";
import type { SoakScenario } from "./scenario.ts";
import { SoakScene, slowly } from "./soak-scene.ts";

/** Handlers that are down or refuse, beside others that are well. */

const events = ["clients.update"];

const down: SoakScenario = {
  id: "handler-down",
  title: "a handler is down for 2 minutes with 100,000 events behind it, another is well",
  inTests: true,
  run: (run) =>
    SoakScene.play(run, async (scene) => {
      const behind = run.short ? 2000 : 100_000;
      const measureMs = run.short ? 4000 : 30_000;
      const downMs = run.short ? 10_000 : 120_000;
      const handlers = ["crm", "mail"].map((id) =>
        told({ id, events, url: scene.sink.url(`/${id}`), timeoutMs: 5000 }),
      );
      await scene.bridge({ handlers });
      const steady = { count: null, perSecond: 50, keys: 500 };
      const measure = async (): Promise<readonly [number, number]> => {
        await scene.producer.begin(steady);
        await sleep(1000);
        const fromMs = Date.now();
        await sleep(measureMs);
        const untilMs = Date.now();
        const all = await scene.producer.end();
        await scene.delivered("mail", all);
        return [fromMs, untilMs];
      };
      const well = await measure();
      await scene.sink.on("/crm", { kind: "reset" });
      const downAtMs = performance.now();
      const all = await scene.producer.all({ count: behind, perSecond: 4000, keys: 500 });
      await scene.delivered("mail", all, 300_000);
      scene.say(`${behind} events stand behind it, the other has them`);
      const sick = await measure();
      await sleep(Math.max(0, downAtMs + downMs - performance.now()));
      await scene.sink.on("/crm", { kind: "ok" });
      const backAtMs = performance.now();
      await scene.delivered("crm", await scene.producer.acknowledged(), 900_000);
      const { sent } = await scene.producer.account();
      const mail = await scene.sink.arrivals("/mail");
      scene.figures.push(
        `down ${Math.round((backAtMs - downAtMs) / 1000)} s`,
        `caught up in ${Math.round((performance.now() - backAtMs) / 1000)} s`,
        `delay of the other, sick against well: ${delayRatio(delaysBetween(sent, mail, ...sick), delaysBetween(sent, mail, ...well))}`,
      );
      return scene.settle(
        ["crm", "mail"].map((group) => ({ group, mayRepeat: 0 })),
        120_000,
      );
    }),
};

const poisoned: SoakScenario = {
  id: "poisoned",
  title:
    "a handler never takes one client's events and refuses another's, beside clients that are well; the bridge is killed",
  inTests: true,
  run: (run) =>
    SoakScene.play(run, async (scene) => {
      const [stuck, refused] = ["901", "902"];
      const count = run.short ? 300 : 5000;
      await scene.sink.on(
        "/crm",
        { kind: "ok", ms: 2 },
        { [stuck]: { kind: "status", status: 503 }, [refused]: { kind: "status", status: 422 } },
      );
      const options = {
        handlers: [told({ id: "crm", events, url: scene.sink.url("/crm") })],
        // Fewer than stand by default (1,000), in the short form.
        env: { AFTER_PARK_AFTER: run.short ? "100" : "1000" },
      };
      const first = await scene.bridge(options);
      const usual = { count, perSecond: 200, keys: 30 };
      // The three loads one after the other, twice: the client is parked in between.
      for (let round = 0; round < 2; round++) {
        await scene.producer.all({ ...usual, firstKey: 901, keys: 1, count: count / 2 });
        await scene.producer.all({ ...usual, firstKey: 902, keys: 1, count: 30 });
        await scene.producer.all(usual);
      }
      await first.line("it is parked", ({ msg }) => msg === "a key is stuck: it is parked", 120_000);
      await scene.delivered("crm", 2 * count, 180_000);
      await scene.kill(first);
      const second = await scene.bridge(options);
      await scene.producer.all(usual);
      await scene.delivered("crm", 3 * count, 180_000);
      await scene.sink.on("/crm", { kind: "ok", ms: 2 }, { [refused]: { kind: "status", status: 422 } });
      await slowly(
        "some of the stuck client's are back",
        async () => (await scene.sink.counts("/crm")).distinct > 3 * count + count / 4,
        180_000,
      );
      await scene.kill(second);
      await scene.bridge(options);
      const { sent } = await scene.producer.account();
      const letters = new Set(sent.flatMap(({ ceId, key }) => (key === refused ? [ceId] : [])));
      scene.figures.push(`${letters.size} dead letters`);
      return scene.settle([{ group: "crm", mayRepeat: 0.1, letters }], 300_000);
    }),
};

const lettersRefused: SoakScenario = {
  id: "letters-refused",
  title: "the topic of dead letters is gone, and comes back",
  inTests: true,
  run: (run) =>
    SoakScene.play(run, async (scene) => {
      const refused = "902";
      await scene.sink.on("/crm", { kind: "ok", ms: 2 }, { [refused]: { kind: "status", status: 422 } });
      const bridge = await scene.bridge({ handlers: [told({ id: "crm", events, url: scene.sink.url("/crm") })] });
      const { admin, names } = scene.topics;
      await admin.deleteTopics({ topics: [names.deadLetters] });
      const first = await scene.producer.all({ count: 5, perSecond: 100, keys: 1, firstKey: 902 });
      const count = run.short ? 200 : 5000;
      await scene.producer.all({ count, perSecond: 200, keys: 60 });
      await scene.delivered("crm", count, 120_000);
      await sleep(run.short ? 2000 : 30_000);
      const { sent } = await scene.producer.account();
      const own = sent.filter(({ key }) => key === refused);
      const letters = new Set(own.map(({ ceId }) => ceId));
      // Nothing is committed past the first event whose dead letter could not be written.
      const committed = await admin.fetchOffsets({
        groupId: scene.topics.afterGroup("crm"),
        topics: [names.facts.clients],
      });
      const { offset = -1, partition = -1 } = own[0] ?? {};
      const at = committed[0]?.partitions.find((one) => one.partition === partition);
      if (Number(at?.offset ?? -1) > offset) scene.broken.push(`committed ${at?.offset}, past ${offset}`);
      if ((await bridge.counter("dead_letter_write_failures_total")) === 0 && first > 0)
        scene.broken.push("nobody was told that a dead letter cannot be written");
      await scene.topics.setUp(6);
      return scene.settle([{ group: "crm", mayRepeat: 0, letters }], 180_000);
    }),
};

const largest: SoakScenario = {
  id: "largest",
  title: "facts of the largest size the topic takes: delivered, dead-lettered, parked",
  inTests: true,
  run: (run) =>
    SoakScene.play(run, async (scene) => {
      const [well, refused, stuck] = ["900", "902", "901"];
      await scene.sink.on(
        "/crm",
        { kind: "ok" },
        { [stuck]: { kind: "status", status: 503 }, [refused]: { kind: "status", status: 422 } },
      );
      const bridge = await scene.bridge({
        handlers: [told({ id: "crm", events, url: scene.sink.url("/crm") })],
        env: { AFTER_PARK_AFTER: "4" },
      });
      // It hardly compresses: the broker sees three quarters of it.
      const noise = randomBytes(1_200_000).toString("base64");
      const publish = (key: string, size: number) =>
        scene.producer.one(key, {
          id: "clients.update",
          data: { id: Number(key), extra: { text: noise.slice(0, size) } },
        });
      let fits = 500_000;
      let tooLarge = 1_600_000;
      while (tooLarge - fits > 1) {
        const size = Math.floor((fits + tooLarge) / 2);
        const { kind } = await publish(well, size);
        if (kind === "acknowledged") fits = size;
        else tooLarge = size;
      }
      scene.figures.push(`up to ${fits.toLocaleString("en")} characters in one field`);
      // Another key compresses a little differently.
      const publishLargest = async (key: string): Promise<void> => {
        for (let size = fits; (await publish(key, size)).kind !== "acknowledged"; size--) {
          if (fits - size > 100) throw new Error("what fits one client does not fit another");
        }
      };
      for (let each = 0; each < 3; each++) await publishLargest(refused);
      for (let each = 0; each < (run.short ? 8 : 40); each++) await publishLargest(stuck);
      await bridge.line("it is parked", ({ msg }) => msg === "a key is stuck: it is parked", 60_000);
      await sleep(run.short ? 2000 : 10_000);
      await scene.sink.on("/crm", { kind: "ok" }, { [refused]: { kind: "status", status: 422 } });
      const { sent, uncertain } = await scene.producer.account();
      const letters = new Set(sent.flatMap(({ ceId, key }) => (key === refused ? [ceId] : [])));
      const row = await scene.settle([{ group: "crm", mayRepeat: 0, letters }], 120_000);
      for (const { record } of await scene.letters()) {
        const ceId = lastHeader(record.headers, "ce_id")?.toString() ?? "";
        if (!letters.has(ceId) || (record.value?.length ?? 0) < fits - 100)
          scene.broken.push(`${ceId}: its dead letter is cut`);
      }
      scene.figures.push(`${uncertain.size} larger ones refused to the core`);
      return row;
    }),
};

export const sickHandlers: readonly SoakScenario[] = [down, poisoned, lettersRefused, largest];

import assert from "node:assert/strict";
import type { LookupAddress } from "node:dns";
import { test } from "node:test";
import fc from "fast-check";
import { createEgress } from "../../../src/tasks/egress.ts";
import { createLookup } from "../../../src/tasks/resolver.ts";

const closed = createEgress([]);
const open = createEgress(["127.0.0.0/8", "::1", "10.0.0.0/8", "fc00::/7", "0.0.0.0/0", "::/0"]);

test("link-local, metadata and special addresses are refused whatever is allowed", () => {
  const never = [
    "169.254.169.254",
    "169.254.0.1",
    "0.0.0.0",
    "0.1.2.3",
    "224.0.0.1",
    "239.1.1.1",
    "255.255.255.255",
    "240.0.0.1",
  ];
  never.push(
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "febf::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "ff02::1",
    "100.100.100.200",
    "168.63.129.16",
  );
  never.push(
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "::169.254.169.254",
  );
  never.push("0:0:0:0:0:ffff:169.254.169.254", "FE80::1");
  for (const address of never) {
    assert.match(open.refusalOf(address) ?? "", /always refused/, address);
    assert.match(closed.refusalOf(address) ?? "", /always refused/, address);
  }
});

test("private and loopback addresses are refused unless named, and the refusal names the setting", () => {
  const restricted = [
    "127.0.0.1",
    "127.255.255.254",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
  ];
  restricted.push(
    "::1",
    "fc00::1",
    "fd12:3456::1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "64:ff9b::a00:1",
    "2002:7f00:1::",
  );
  for (const address of restricted) {
    assert.match(closed.refusalOf(address) ?? "", /EGRESS_ALLOW/, address);
    assert.equal(open.refusalOf(address), null, address);
  }
});

test("public addresses need no permission", () => {
  for (const address of ["8.8.8.8", "172.15.0.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8"]) {
    assert.equal(closed.refusalOf(address), null, address);
  }
});

test("only what a range names is opened", () => {
  const egress = createEgress(["10.1.0.0/16", "192.168.1.5"]);
  assert.equal(egress.refusalOf("10.1.255.255"), null);
  assert.equal(egress.refusalOf("192.168.1.5"), null);
  assert.match(egress.refusalOf("10.2.0.1") ?? "", /EGRESS_ALLOW/);
  assert.match(egress.refusalOf("192.168.1.6") ?? "", /EGRESS_ALLOW/);
});

test("text that is no address is refused", () => {
  for (const address of ["", "localhost", "127.1", "1.2.3.4.5", ":::"])
    assert.match(closed.refusalOf(address) ?? "", /not an IP/);
});

test("an allowed range that cannot be read is an error that names the setting", () => {
  for (const range of ["10.0.0.0/33", "10.0.0/8", "x", "", "::/129", "10.0.0.0/", "10.0.0.0/8/8", "10.0.0.0/-1"]) {
    assert.throws(() => createEgress([range]), /EGRESS_ALLOW/, range);
  }
});

test("a literal address in a URL is judged in every notation", () => {
  const loopback = [
    "127.0.0.1",
    "127.1",
    "0x7f.1",
    "2130706433",
    "0177.0.0.1",
    "127.0.0.1.",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "①②⑦.⓪.⓪.①",
    "0x7f000001",
  ];
  for (const host of loopback) assert.match(closed.checkLiteral(`http://${host}:80/x`) ?? "", /EGRESS_ALLOW/, host);
  for (const host of ["169.254.169.254", "0xa9fea9fe", "[fe80::1]", "0.0.0.0", "0", "[::]", "[::ffff:a9fe:a9fe]"]) {
    assert.match(open.checkLiteral(`http://${host}/`) ?? "", /always refused/, host);
  }
  assert.equal(closed.checkLiteral("https://crm.example.net/credit"), null);
  assert.equal(closed.checkLiteral("http://localhost:8080/"), null, "names are judged at connect time");
});

test("a URL with another scheme or with credentials is refused without repeating them", () => {
  assert.match(closed.checkLiteral("ftp://example.net/") ?? "", /neither http/);
  assert.match(closed.checkLiteral("not a url") ?? "", /not a URL/);
  const refusal = closed.checkLiteral("http://user:hunter2@example.net/") ?? "";
  assert.match(refusal, /secretRef/);
  assert.doesNotMatch(refusal, /hunter2/);
});

test("property: an IPv4 address is judged the same when an IPv6 address carries it", () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
      const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
      for (const carrier of [`::ffff:${address}`, `::ffff:${hex}`, `64:ff9b::${hex}`, `2002:${hex}::`]) {
        assert.equal(closed.refusalOf(carrier) === null, closed.refusalOf(address) === null, carrier);
      }
    }),
  );
});

function looked(lookup: ReturnType<typeof createLookup>, all: boolean): Promise<unknown> {
  return new Promise((resolve, reject) => {
    lookup("crm.example.net", { all }, (error, address) => {
      if (error === null) resolve(address);
      else reject(error);
    });
  });
}

const v4 = (address: string): LookupAddress => ({ address, family: 4 });

test("a name is resolved to its permitted addresses only", async () => {
  const lookup = createLookup(closed, () => Promise.resolve([v4("127.0.0.1"), v4("8.8.8.8"), v4("10.0.0.1")]));
  assert.deepEqual(await looked(lookup, true), [v4("8.8.8.8")]);
  assert.equal(await looked(lookup, false), "8.8.8.8");
});

test("a name that resolves to refused addresses only is refused at each resolution", async () => {
  const answers = [[v4("8.8.8.8")], [v4("169.254.169.254")]];
  const lookup = createLookup(open, () => Promise.resolve(answers.shift() ?? []));
  assert.equal(await looked(lookup, false), "8.8.8.8");
  await assert.rejects(
    looked(lookup, false),
    /crm\.example\.net has no address that may be called: 169\.254\.169\.254/,
  );
});

test("one resolution of a name is under way at a time, and the next one asks again", async () => {
  let asked = 0;
  let release: (addresses: readonly LookupAddress[]) => void = () => undefined;
  const lookup = createLookup(closed, () => {
    asked++;
    return new Promise((resolve) => {
      release = resolve;
    });
  });
  const waiting = [looked(lookup, true), looked(lookup, true), looked(lookup, true)];
  assert.equal(asked, 1);
  release([v4("8.8.8.8")]);
  await Promise.all(waiting);
  void looked(lookup, true).catch(() => undefined);
  assert.equal(asked, 2);
});

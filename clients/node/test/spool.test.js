"use strict";
const assert = require("node:assert/strict");
const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");
const zlib = require("node:zlib");
const { temporary } = require("./support");
const { crc32 } = require("../dist/segments");
const { encode, uuid7 } = require("../dist/event");
const { Spool } = require("../dist/spool");
const { ClientUnusable, SpoolDamaged, SpoolError, SpoolFull, SpoolInUse } = require("..");

const noFlock = spawnSync("flock", ["--version"]).error ? "the command flock is missing" : false;
const event = (n) => encode({ event_type: "a.b", details: { n } }, "default", true);
const numbers = (batch) => batch.payloads.map((payload) => JSON.parse(payload).source_seq);

function spoolIn(t, { maxBytes = 2 ** 30, whenFull = "raise", stream = "default" } = {}) {
  const directory = temporary(t);
  const opened = [];
  t.after(() => Promise.all(opened.map((spool) => spool.close())));
  return {
    directory,
    files: () =>
      fs
        .readdirSync(directory)
        .filter((name) => name.includes(".events"))
        .sort(),
    open: async (changed = {}) => {
      const options = { maxBytes, whenFull, stream, ...changed };
      const spool = await Spool.open(directory, options.stream, options.maxBytes, options.whenFull);
      opened.push(spool);
      return spool;
    },
  };
}

async function fill(spool, count) {
  await Promise.all(Array.from({ length: count }, (_, n) => spool.append(event(n))));
}

async function drain(spool) {
  const found = [];
  while (spool.count() > 0) {
    const batch = await spool.take();
    found.push(...numbers(batch));
    await spool.acknowledge(batch);
  }
  return found;
}

test("ids are UUIDs of version 7 in the order of time", () => {
  const before = Date.now();
  const ids = new Set(Array.from({ length: 1000 }, uuid7));
  assert.equal(ids.size, 1000);
  for (const id of ids) {
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const time = parseInt(id.replace(/-/g, "").slice(0, 12), 16);
    assert.ok(time >= before && time <= Date.now());
  }
});

test("what no log could hold is refused at the call", () => {
  for (const wrong of [undefined, null, "text", {}, { event_type: 7 }, { event_type: "a.b", source_seq: 1 }]) {
    assert.throws(() => encode(wrong, "default", true), TypeError);
  }
  assert.throws(() => encode({ event_type: "a.b", details: { x: NaN } }, "default", true), /finite/);
  assert.throws(() => encode({ event_type: "a.b", action: "x".repeat(1 << 17) }, "default", true), RangeError);
  assert.throws(() => encode({ event_type: "a.b", details: { stream: "x" } }, "web", true), /stream/);
  assert.deepEqual(JSON.parse(encode({ event_type: "a.b" }, "web", false).body).details, { stream: "web" });
});

test("the CRC is that of the others", () => {
  assert.equal(crc32(Buffer.from("123456789")), 0xcbf43926);
  const { crc32: native } = zlib;
  zlib.crc32 = undefined;
  try {
    assert.equal(crc32(Buffer.from("123456789")), 0xcbf43926);
  } finally {
    zlib.crc32 = native;
  }
});

test("a record is length, CRC and the event", { skip: noFlock }, async (t) => {
  const { directory, files, open } = spoolIn(t);
  const spool = await open();
  await spool.append(event(1));
  await spool.append(event(2));
  await spool.close();
  assert.deepEqual(files(), ["00000000000000000001.events"]);
  let data = fs.readFileSync(path.join(directory, files()[0]));
  for (const n of [1, 2]) {
    const length = data.readUInt32LE(0);
    const payload = data.subarray(8, 8 + length);
    assert.equal(data.readUInt32LE(4), crc32(payload));
    const { source_seq, details } = JSON.parse(payload);
    assert.deepEqual([source_seq, details.n], [n, n]);
    data = data.subarray(8 + length);
  }
  assert.equal(data.length, 0);
  assert.deepEqual(JSON.parse(fs.readFileSync(path.join(directory, "position.json"))), {
    stream: "default",
    segment: "00000000000000000001.events",
    offset: 0,
    source_seq: 0,
  });
});

test(
  "numbers go on after everything was sent and deleted, and what was not is taken again",
  { skip: noFlock },
  async (t) => {
    const { files, open } = spoolIn(t, { maxBytes: 1 << 20 });
    let spool = await open();
    for (let i = 0; i < 10; i++) {
      await fill(spool, 150);
      await drain(spool);
    }
    assert.equal(files().length, 1);
    await spool.close();
    spool = await open();
    await fill(spool, 1);
    await spool.take();
    await spool.close();
    spool = await open();
    assert.deepEqual(await drain(spool), [1501]);
    await spool.close();
    spool = await open();
    for (let i = 0; i < 20; i++) {
      await fill(spool, 150);
    }
    assert.ok(files().length > 2);
    await spool.close();
    spool = await open();
    assert.deepEqual(
      await drain(spool),
      Array.from({ length: 3000 }, (_, i) => 1502 + i),
    );
  },
);

test("a torn tail is cut and its number given again", { skip: noFlock }, async (t) => {
  const { directory, files, open } = spoolIn(t);
  let spool = await open();
  await fill(spool, 2);
  await spool.close();
  const name = path.join(directory, files()[0]);
  const whole = fs.readFileSync(name);
  const first = 8 + whole.readUInt32LE(0);
  const cuts = [1, 4, 7, 8, 9, 50, whole.length - first - 1].map((n) => whole.subarray(first, first + n));
  for (const junk of [
    ...cuts,
    Buffer.alloc(4096),
    Buffer.alloc(100, 255),
    Buffer.concat([whole.subarray(0, first - 1), Buffer.from("!")]),
  ]) {
    fs.writeFileSync(name, Buffer.concat([whole.subarray(0, first), junk]));
    spool = await open();
    assert.equal(fs.statSync(name).size, first);
    assert.deepEqual(fs.readFileSync(`${name}.torn-${first}`), junk);
    await spool.append(event(3));
    assert.deepEqual(numbers(await spool.take()), [1, 2]);
    await spool.close();
  }
});

test("damage before the newest file, and a missing file, are reported", { skip: noFlock }, async (t) => {
  const { directory, files, open } = spoolIn(t, { maxBytes: 1 << 20 });
  const spool = await open();
  for (let i = 0; i < 20; i++) {
    await fill(spool, 150);
  }
  await spool.close();
  const name = path.join(directory, files()[1]);
  const data = fs.readFileSync(name);
  data[1000] ^= 1;
  fs.writeFileSync(name, data);
  await assert.rejects(open(), (error) => error instanceof SpoolDamaged && /is damaged at offset/.test(error.message));
  assert.deepEqual(fs.readFileSync(name), data);
  fs.unlinkSync(name);
  await assert.rejects(open(), /a file is missing/);
  fs.unlinkSync(path.join(directory, files()[0]));
  await assert.rejects(open(), /is missing/);
  fs.writeFileSync(path.join(directory, "position.json"), "{}");
  await assert.rejects(open(), /position.json/);
});

test("damage that is found while sending stops the spool", { skip: noFlock }, async (t) => {
  const { directory, files, open } = spoolIn(t);
  const spool = await open();
  await fill(spool, 1);
  const file = fs.openSync(path.join(directory, files()[0]), "r+");
  fs.writeSync(file, "!", 20);
  fs.closeSync(file);
  await assert.rejects(spool.take(), SpoolDamaged);
  await assert.rejects(spool.append(event(2)), SpoolError);
});

test("one process and one stream a spool", { skip: noFlock }, async (t) => {
  const { directory, open } = spoolIn(t);
  const spool = await open();
  await assert.rejects(open(), (e) => e instanceof SpoolInUse && e.message.includes(`process ${process.pid}`));
  // The lock is that of the other languages.
  assert.equal(spawnSync("flock", ["-n", path.join(directory, "lock"), "true"]).status, 1);
  await spool.close();
  assert.equal(spawnSync("flock", ["-n", path.join(directory, "lock"), "true"]).status, 0);
  await assert.rejects(open({ stream: "web" }), /belongs to the stream "default"/);
});

test("a full spool raises, or waits until there is room or it is closed", { skip: noFlock }, async (t) => {
  const { open } = spoolIn(t, { maxBytes: 1 << 20 });
  let spool = await open();
  const large = event("x".repeat(10_000));
  await assert.rejects(async () => {
    for (;;) {
      await spool.append(large);
    }
  }, SpoolFull);
  const count = spool.count();
  assert.ok(count > 90);
  await spool.acknowledge(await spool.take());
  await spool.append(large);
  await spool.close();

  spool = await open({ whenFull: "block" });
  while (spool.count() < count) {
    await spool.append(large);
  }
  let room = false;
  const blocked = spool.append(large).then(() => assert.ok(room));
  await new Promise((resolve) => setTimeout(resolve, 100));
  room = true;
  await spool.acknowledge(await spool.take());
  await blocked;
  const outcomes = Promise.allSettled(Array.from({ length: 2 * count }, () => spool.append(large)));
  await new Promise((resolve) => setTimeout(resolve, 100));
  await spool.close();
  const reasons = (await outcomes).filter((one) => one.status === "rejected").map((one) => one.reason);
  assert.ok(reasons.length > 0);
  reasons.forEach((reason) => assert.ok(reason instanceof ClientUnusable || reason instanceof SpoolError, reason));
});

test(
  "a full disk fails the call and leaves no gap; one that can't force ends the spool",
  { skip: noFlock },
  async (t) => {
    const { open } = spoolIn(t);
    let spool = await open();
    await spool.append(event(1));
    const { appendFile, datasync } = spool.writer;
    spool.writer.appendFile = async function (data) {
      await appendFile.call(this, data.subarray(0, data.length >> 1));
      throw new Error("ENOSPC: no space left on device");
    };
    await assert.rejects(spool.append(event(2)), /ENOSPC/);
    spool.writer.appendFile = appendFile;
    await spool.append(event(3));
    await spool.close();
    spool = await open();
    const batch = await spool.take();
    assert.deepEqual(
      batch.payloads.map((payload) => JSON.parse(payload).details.n),
      [1, 3],
    );
    assert.deepEqual(numbers(batch), [1, 2]);
    spool.writer.datasync = async () => {
      throw new Error("EIO: i/o error");
    };
    await assert.rejects(spool.append(event(4)), /EIO/);
    spool.writer.datasync = datasync;
    await assert.rejects(spool.append(event(5)), /could not be forced/);
  },
);

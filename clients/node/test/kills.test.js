"use strict";
const assert = require("node:assert/strict");
const { spawn, spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");
const { Proxy, Server, noServer, sleep, temporary } = require("./support");

const KILLS = process.env.TALLYSTICK_LONG === "1" ? 200 : 10;
const KINDS = ["client", "server", "connections"];
const noFlock = spawnSync("flock", ["--version"]).error ? "the command flock is missing" : false;

test(
  "client, server and connections end at random; what was returned is in the log once, and numbers have no gap",
  { skip: noServer || noFlock },
  async (t) => {
    const directory = temporary(t);
    const [spool, returned] = ["spool", "returned"].map((name) => path.join(directory, name));
    const server = await Server.start();
    t.after(() => server.close());
    const proxy = await Proxy.start(server.port);
    t.after(() => proxy.close());
    const { key } = await server.newKey("killed", "audit.append");
    const run = (...more) => {
      const words = [path.join(__dirname, "appender.js"), proxy.url, spool, returned, ...more];
      const child = spawn(process.execPath, words, {
        env: { ...process.env, TALLY_API_KEY: key },
        stdio: ["ignore", "ignore", "inherit"],
      });
      child.ended = new Promise((resolve) => child.once("exit", (code, signal) => resolve(signal ?? code)));
      return child;
    };

    const returnedBytes = () => (fs.existsSync(returned) ? fs.statSync(returned).size : 0);
    // Lets the client return from some, which a full spool does only after the server acknowledged others.
    const someAppends = async () => {
      const size = returnedBytes();
      for (const deadline = Date.now() + 20_000; returnedBytes() === size && Date.now() < deadline;) {
        await sleep(10);
      }
    };

    const kinds = {};
    let client = run();
    try {
      for (let n = 0; n < KILLS; n++) {
        await someAppends();
        await sleep(Math.random() * 300);
        assert.equal(client.exitCode, null, "the client ended by itself");
        const kind = KINDS[n] ?? KINDS[Math.floor(Math.random() * 3)]; // each at least once
        kinds[kind] = (kinds[kind] ?? 0) + 1;
        if (kind === "client") {
          client.kill("SIGKILL");
          await client.ended;
          client = run();
        } else if (kind === "server") {
          await server.kill();
          await server.start();
        } else {
          proxy.cut();
        }
      }
      await sleep(500);
    } finally {
      client.kill("SIGKILL");
      await client.ended;
    }
    assert.equal(await run("120000").ended, 0, "events are left in the spool");

    const ids = fs
      .readFileSync(returned, "utf8")
      .split("\n")
      .filter((line) => line.length === 36);
    const entries = await server.entries("killed");
    const inLog = new Set(entries.map((entry) => entry.event_id));
    const missing = ids.filter((id) => !inLog.has(id));
    console.log(
      `${KILLS} kills ${JSON.stringify(kinds)}: ${ids.length} appends returned, ${entries.length} entries, ` +
        `${missing.length} missing, ${inLog.size} different ids`,
    );
    assert.ok(ids.length > 100);
    assert.deepEqual(missing, []);
    assert.equal(inLog.size, entries.length);
    assert.deepEqual(
      entries.map((entry) => entry.source_seq),
      entries.map((_, i) => i + 1),
    );
    assert.ok(!fs.existsSync(path.join(spool, "rejected.ndjson")));
  },
);

"use strict";
const assert = require("node:assert/strict");
const { spawnSync, spawn } = require("node:child_process");
const fs = require("node:fs");
const http = require("node:http");
const path = require("node:path");
const { after, before, test } = require("node:test");
const { inspect } = require("node:util");
const { Proxy, Server, accepted, answers, noServer, selfSigned, sleep, temporary } = require("./support");
const { AppendFailed, AuditClient, ClientUnusable, VerificationFailed, auditMiddleware } = require("..");
const { encode } = require("../dist/event");
const { delays } = require("../dist/sender");
const { toEvent, default: pinoTransport } = require("../dist/pino");

delays.first = 20;
const noFlock = spawnSync("flock", ["--version"]).error ? "the command flock is missing" : false;
const SECRET = "tally_0123456789abcdef_" + "5ec3e7".repeat(10) + "abcd";
const PROBLEM = { "Content-Type": "application/problem+json" };

async function open(t, options) {
  const client = await AuditClient.open({ key: SECRET, ...options });
  t.after(() => client.close(0));
  return client;
}

function rejected(spool) {
  const name = path.join(spool, "rejected.ndjson");
  return fs.existsSync(name)
    ? fs
        .readFileSync(name, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line))
    : [];
}

function warnings(t) {
  const heard = [];
  const listen = (warning) => warning.name === "TallystickWarning" && heard.push(warning.message);
  process.on("warning", listen);
  t.after(() => process.off("warning", listen));
  return heard;
}

test("the mode has no default, and what does not fit together is refused", async () => {
  await assert.rejects(AuditClient.open({ url: "https://audit.example", key: "k" }), (error) =>
    ["sync", "spooled", "best_effort"].every((mode) => error.message.includes(`"${mode}"`)),
  );
  for (const [options, words] of [
    [{ mode: "spooled" }, /spool/],
    [{ mode: "sync", spool: "x" }, /spool/],
    [{ mode: "best_effort", capacity: 0 }, /capacity/],
    [{ mode: "sync", keyFile: "/x" }, /keyFile/],
    [{ mode: "sync", stream: "x".repeat(129) }, /stream/],
    [{ mode: "sync", url: undefined }, /TALLY_URL/],
    [{ mode: "sync", url: "" }, /^TypeError: url is empty/],
    [{ mode: "sync", key: " " }, /^TypeError: key is empty/],
    [{ mode: "sync", timeout: -1 }, /timeout must be 1 to 2147483647 milliseconds, but was -1/],
    [{ mode: "sync", timeout: 2 ** 31 }, /timeout must be/],
    [{ mode: "sync", timeout: "5" }, /timeout must be/],
    [{ mode: "sync", maxSpoolByte: 1 }, /unknown option maxSpoolByte; there are url, key, /],
  ]) {
    await assert.rejects(AuditClient.open({ url: "https://audit.example", key: "k", ...options }), words);
  }
});

test("what is no event, no receipt or no key is refused in words", async (t) => {
  const client = await open(t, { url: "http://127.0.0.1:1", mode: "sync" });
  for (const [event, words] of [
    [null, /an event must be an object of fields, but was null/],
    [undefined, /an event must be an object of fields, but was undefined/],
    [[], /an event must be an object of fields, but was an array/],
    ["a.b", /an event must be an object of fields, but was string/],
    [{}, /event_type/],
  ]) {
    await assert.rejects(client.append(event), words);
  }
  for (const keys of [undefined, null, [], [undefined], 7]) {
    await assert.rejects(client.verifyReceipt({ id: 1 }, keys), /verifierKeys must be a key that "tally key" prints/);
  }
  for (const receipt of [undefined, null, "7"]) {
    await assert.rejects(client.verifyReceipt(receipt, "k"), /receipt must be what append resolved to/);
  }
});

test("what the server does not send is not verified", async (t) => {
  const server = await answers(t, () => [403, { detail: "not permitted" }]);
  for (const [url, words] of [
    [server.url, /entry 7: HTTP 403: not permitted/],
    ["http://127.0.0.1:1", /entry 7: .*ECONNREFUSED/],
  ]) {
    const client = await open(t, { url, mode: "sync" });
    await assert.rejects(
      client.verifyReceipt(7, "example.com/audit+29b87bfc+AQ"),
      (error) => error instanceof VerificationFailed && words.test(error.message) && error.cause instanceof Error,
    );
  }
});

test("plain http needs loopback or permission", async () => {
  for (const url of ["http://audit.example", "http://10.0.0.1:8470", "http://127.0.0.1.example"]) {
    await assert.rejects(AuditClient.open({ url, mode: "sync" }), /allowHttp/);
    await (await AuditClient.open({ url, mode: "sync", allowHttp: true })).close();
  }
  for (const url of ["http://localhost:8470", "http://127.8.0.1", "http://[::1]:8470/audit", "https://audit.example"]) {
    await (await AuditClient.open({ url, mode: "sync" })).close();
  }
  for (const url of [
    "audit.example",
    "ftp://audit.example",
    "https://user:pw@audit.example",
    "https://a.example?x=1",
  ]) {
    await assert.rejects(AuditClient.open({ url, mode: "sync" }), TypeError);
  }
});

test("the key is read for each request and never shown", async (t) => {
  const server = await answers(t, (n) => [201, { id: n, hash: "h", timestamp: "t" }]);
  let asked = 0;
  const client = await open(t, { url: server.url, mode: "sync", key: async () => (asked++, SECRET) });
  await client.append({ event_type: "a.b" });
  await client.append({ event_type: "a.b" });
  assert.equal(asked, 2);
  const keyFile = path.join(temporary(t), "key");
  fs.writeFileSync(keyFile, `${SECRET}\n`);
  const other = await open(t, { url: server.url, mode: "sync", key: undefined, keyFile });
  assert.equal((await other.append({ event_type: "a.b" })).id, 3);
  assert.ok(!inspect(client, { depth: 20, showHidden: true }).includes("5ec3e7"));
  assert.ok(
    !inspect(await open(t, { url: server.url, mode: "sync" }), { depth: 20, showHidden: true }).includes("5ec3e7"),
  );
  for (const key of [`${SECRET}\nx`, `${SECRET} x`, `${SECRET}é`]) {
    const bad = await open(t, { url: server.url, mode: "sync", key });
    await assert.rejects(bad.append({ event_type: "a.b" }), (error) => {
      assert.match(error.message, /malformed/);
      return !`${error.stack}${JSON.stringify(error)}`.includes("5ec3e7");
    });
  }
});

test("a certificate that nobody vouches for is refused, unless it is given", async (t) => {
  const tls = selfSigned(t);
  if (tls === undefined) {
    t.skip("the command openssl is missing");
    return;
  }
  const server = await answers(t, (n) => [201, { id: n, hash: "h", timestamp: "t" }], tls);
  const strict = await open(t, { url: server.url, mode: "sync" });
  await assert.rejects(strict.append({ event_type: "a.b" }), /certificate/);
  assert.equal(server.requests.length, 0);
  const client = await open(t, { url: server.url, mode: "sync", ca: tls.cert });
  assert.equal((await client.append({ event_type: "a.b" })).id, 1);
  const elsewhere = await open(t, { url: server.url.replace("127.0.0.1", "localhost"), mode: "sync", ca: tls.cert });
  await assert.rejects(elsewhere.append({ event_type: "a.b" }), /altnames|localhost/i);
});

test("trouble of server or key keeps the events and warns once", { skip: noFlock }, async (t) => {
  // 400 and 422 are not application/problem+json here: so they are somebody else's, a proxy's for instance.
  const troubles = [401, 403, 404, 408, 429, 500, 502, 503, 507, 302, 400, 422];
  const server = await answers(t, (n, body) =>
    n <= troubles.length ? [troubles[n - 1], { detail: "no" }] : [201, accepted(body)],
  );
  const heard = warnings(t);
  const { longest } = delays;
  delays.longest = 50;
  t.after(() => (delays.longest = longest));
  const spool = temporary(t);
  const client = await open(t, { url: server.url, mode: "spooled", spool });
  await client.append({ event_type: "a.b" });
  assert.equal(await client.flush(30_000), 0);
  assert.equal(new Set(server.requests).size, 1);
  assert.equal(server.requests.length, troubles.length + 1);
  assert.deepEqual(rejected(spool), []);
  await sleep(10);
  assert.equal(heard.length, 2, heard.join());
});

test("a 200 that does not account for each event is no acknowledgement", async (t) => {
  const error = [{ message: "x" }];
  const wrong = [
    {},
    [],
    "welcome",
    { entries: [] },
    { entries: [{}, {}] },
    { entries: 1 },
    { entries: [{}], rejected: [{ index: 0, errors: error }] },
    { entries: [], rejected: [{ index: 1, errors: error }] },
    { entries: [], rejected: [{ index: 0, errors: [] }] },
    { entries: [], rejected: [{}] },
    { entries: [], rejected: 1 },
  ];
  const server = await answers(t, (n, body) => [200, wrong[n - 1] ?? accepted(body)]);
  const { longest } = delays;
  delays.longest = 50;
  t.after(() => (delays.longest = longest));
  const client = await open(t, { url: server.url, mode: "best_effort", onRejected: () => assert.fail() });
  await client.append({ event_type: "a.b" });
  assert.equal(await client.flush(30_000), 0);
  assert.equal(server.requests.length, wrong.length + 1);
});

test("Retry-After is honoured", async (t) => {
  const times = [];
  const server = await answers(t, (n, body) => {
    times.push(Date.now());
    return n === 1 ? [503, {}, { "Retry-After": "1" }] : [201, accepted(body)];
  });
  const client = await open(t, { url: server.url, mode: "best_effort" });
  await client.append({ event_type: "a.b" });
  assert.equal(await client.flush(30_000), 0);
  assert.ok(times[1] - times[0] >= 990);
});

test(
  "a request that is refused as a whole is halved until the bad event stands alone",
  { skip: noFlock },
  async (t) => {
    const server = await answers(t, (n, body) =>
      n === 1
        ? [503, {}]
        : body.includes('"bad"')
          ? [413, { detail: "too large", errors: [] }, PROBLEM]
          : [201, accepted(body)],
    );
    const told = [];
    const spool = temporary(t);
    const onRejected = (event, { status }) => {
      told.push([event.action, status]);
      throw new Error("a callback that fails holds up nothing");
    };
    const client = await open(t, { url: server.url, mode: "spooled", spool, onRejected });
    const append = (_, n) => client.append({ event_type: "a.b", action: n === 13 ? "bad" : "good" });
    await Promise.all(Array.from({ length: 20 }, append));
    assert.equal(await client.flush(30_000), 0);
    assert.deepEqual(told, [["bad", 413]]);
    assert.deepEqual(
      rejected(spool).map(({ event, reason }) => [event.source_seq, reason]),
      [[14, "too large"]],
    );
  },
);

test("best_effort counts what it drops and leaves a gap", async (t) => {
  let up = false;
  const server = await answers(t, (_, body) => (up ? [201, accepted(body)] : [503, {}]));
  const client = await open(t, { url: server.url, mode: "best_effort", capacity: 10 });
  const kept = [];
  for (let n = 0; n < 25; n++) {
    kept.push((await client.append({ event_type: "a.b" })) !== undefined);
  }
  assert.deepEqual(
    kept,
    Array.from({ length: 25 }, (_, n) => n < 10),
  );
  up = true;
  assert.equal(await client.flush(30_000), 0);
  await client.append({ event_type: "a.b" });
  assert.equal(await client.close(30_000), 0);
  const sent = new Map();
  for (const line of server.requests.flatMap((body) => body.trim().split("\n"))) {
    sent.set(JSON.parse(line).source_seq, JSON.parse(line));
  }
  assert.deepEqual(
    [...sent.keys()].sort((a, b) => a - b),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 26, 27],
  );
  assert.deepEqual([sent.get(26).event_type, sent.get(26).details], ["client.events_dropped", { count: 15 }]);
});

test("close says how many are left", { skip: noFlock }, async (t) => {
  const server = await answers(t, () => [503, {}]);
  for (const options of [{ mode: "spooled", spool: temporary(t) }, { mode: "best_effort" }]) {
    const client = await open(t, { url: server.url, ...options });
    await Promise.all(Array.from({ length: 7 }, () => client.append({ event_type: "a.b" })));
    assert.equal(await client.flush(50), 7);
    assert.equal(await client.close(50), 7);
    assert.equal(await client.close(), 0);
    await assert.rejects(client.append({ event_type: "a.b" }), ClientUnusable);
  }
});

test(
  "the end of the process sends what it can, and does not wait for a server that is down",
  { skip: noFlock },
  async (t) => {
    const server = await answers(t, (_, body) => [201, accepted(body)]);
    const program =
      `const {AuditClient} = require(${JSON.stringify(path.join(__dirname, ".."))});` +
      "const [, url, mode, spool] = process.argv;" +
      "AuditClient.open({url, key: 'k', mode, spool}).then((client) => client.append({event_type: 'a.b'}))";
    for (const options of [["best_effort"], ["spooled", temporary(t)]]) {
      for (const [url, count] of [
        [server.url, 1],
        ["http://127.0.0.1:1", 0],
      ]) {
        server.requests.length = 0;
        const child = spawn(process.execPath, ["-e", program, url, ...options], { stdio: "ignore" });
        assert.equal(await new Promise((resolve) => child.once("exit", resolve)), 0);
        assert.equal(server.requests.length, count);
      }
    }
  },
);

test("a call that waits for room in the spool keeps the process alive", { skip: noFlock }, async (t) => {
  const up = Date.now() + 3000; // longer than a client tries to send at the end of its process
  const server = await answers(t, (_, body) => (Date.now() < up ? [503, {}] : [201, accepted(body)]));
  const program =
    `const {AuditClient} = require(${JSON.stringify(path.join(__dirname, ".."))});` +
    "const [, url, spool] = process.argv; (async () => {" +
    "const client = await AuditClient.open({url, key: 'k', mode: 'spooled', spool, maxSpoolBytes: 1 << 20});" +
    "for (let n = 0; n < 200; n++) await client.append({event_type: 'a.b', action: 'x'.repeat(10000)});" +
    "await client.flush(); })()";
  const child = spawn(process.execPath, ["-e", program, server.url, temporary(t)], { stdio: "ignore" });
  assert.equal(await new Promise((resolve) => child.once("exit", resolve)), 0);
  const sent = new Set(server.requests.flatMap((body) => body.trim().split("\n")));
  assert.equal(sent.size, 200);
});

test("a record of pino becomes an event", () => {
  const record = {
    level: 40,
    time: 1767225600000,
    pid: 1,
    msg: "login failed",
    event_type: "auth.login.failed",
    actor_username: "bob",
    tries: 3,
  };
  assert.deepEqual(toEvent(record, "app.log"), {
    event_type: "auth.login.failed",
    severity: "medium",
    occurred_at: "2026-01-01T00:00:00.000Z",
    action: "login failed",
    actor_username: "bob",
    details: { pid: 1, tries: 3 },
  });
  const severities = [10, 20, 30, 40, 50, 60].map((level) => toEvent({ level }, "x").severity);
  assert.deepEqual(severities, ["informational", "informational", "informational", "medium", "high", "critical"]);
  assert.deepEqual(toEvent({ msg: "é".repeat(200), details: [1] }, "x").details, {
    message: "é".repeat(200),
    details: [1],
  });
  const huge = "é".repeat(1_000_000);
  const { details } = toEvent({ msg: huge, actor_username: huge, x: huge }, "x");
  assert.deepEqual(details.left_out, ["x"]);
  encode(toEvent({ msg: huge, actor_username: huge, actor_id: huge, x: huge }, "x"), "default", true);
});

let server;
before(async () => {
  server = noServer ? undefined : await Server.start();
});
after(() => server?.close());

test("sync returns the receipt, or rejects with what the server says", { skip: noServer }, async (t) => {
  const client = await open(t, { url: server.url, key: server.key, mode: "sync" });
  const receipt = await client.append({ event_type: "user.created", actor_id: 7, details: { who: "jörg\udc80" } });
  const [entry] = (await server.get(`/api/audit?event_id=${receipt.event_id}`)).entries;
  assert.deepEqual([entry.id, entry.hash, entry.source_seq], [receipt.id, receipt.hash, 1]);
  assert.deepEqual([entry.details.who, entry.altered], ["jörg\ufffd", ["details"]]);
  await assert.rejects(client.append({ event_type: "a b" }), (error) => {
    return (
      error instanceof AppendFailed &&
      error.status === 422 &&
      !error.mayBeWritten &&
      /event_type must be/.test(error.message)
    );
  });
  const bad = await open(t, { url: server.url, mode: "sync" });
  const { status, event } = await bad.append({ event_type: "a.b" }).catch((error) => error);
  assert.equal(status, 401);
  const first = await client.append(event);
  const again = await client.append(event);
  assert.deepEqual([first.id, first.replayed, again.replayed], [again.id, false, true]);
});

test(
  "spooled events arrive once, in order, with their time; a bad one goes to the dead letters",
  { skip: noServer || noFlock },
  async (t) => {
    const { key } = await server.newKey("in-order", "audit.append");
    const told = [];
    const spool = temporary(t);
    const onRejected = (event) => told.push(event.source_seq);
    const client = await open(t, { url: server.url, key, mode: "spooled", spool, stream: "web", onRejected });
    const append = (_, n) =>
      client.append({ event_type: n === 7 ? "a b" : "a.b", actor_username: "x".repeat(3000), details: { n } });
    const receipts = await Promise.all(Array.from({ length: 50 }, append));
    assert.equal(await client.close(30_000), 0);
    const entries = await server.entries("in-order");
    assert.deepEqual(
      entries.map((entry) => entry.event_id),
      receipts.filter((_, n) => n !== 7).map((one) => one.event_id),
    );
    assert.deepEqual(
      entries.map((entry) => entry.source_seq),
      Array.from({ length: 50 }, (_, n) => n + 1).filter((n) => n !== 8),
    );
    entries.forEach((entry) => {
      assert.ok(entry.occurred_at < entry.timestamp);
      assert.deepEqual([entry.altered, entry.details.stream], [["actor_username"], "web"]);
    });
    assert.deepEqual(told, [8]);
    assert.match(rejected(spool)[0].reason, /event_type must be/);
  },
);

test("a revoked key loses nothing", { skip: noServer || noFlock }, async (t) => {
  const old = await server.newKey("revoked", "audit.append");
  await server.request("DELETE", `/api/audit/keys/${old.id}`);
  let { key } = old;
  const spool = temporary(t);
  const client = await open(t, { url: server.url, key: () => key, mode: "spooled", spool });
  await client.append({ event_type: "a.b" });
  assert.equal(await client.flush(300), 1);
  ({ key } = await server.newKey("its-successor", "audit.append"));
  assert.equal(await client.flush(30_000), 0);
  assert.equal((await server.entries("its-successor")).length, 1);
  assert.deepEqual(rejected(spool), []);
});

test("an idle connection that was cut is replaced", { skip: noServer }, async (t) => {
  const proxy = await Proxy.start(server.port);
  t.after(() => proxy.close());
  const client = await open(t, { url: proxy.url, key: server.key, mode: "sync" });
  const first = await client.append({ event_type: "a.b" });
  proxy.cut();
  assert.ok((await client.append({ event_type: "a.b" })).id > first.id);
});

test("a receipt is verified with the key that one knows", { skip: noServer }, async (t) => {
  const client = await open(t, { url: server.url, key: server.key, mode: "sync" });
  const receipt = await client.append({ event_type: "a.b" });
  const [known] = (await server.get("/api/audit/log")).verifier_keys;
  for (const one of [receipt, receipt.id]) {
    assert.ok((await client.verifyReceipt(one, known)).size >= receipt.id);
  }
  const hash = receipt.hash.replace(/.$/, (digit) => (digit === "0" ? "1" : "0"));
  await assert.rejects(client.verifyReceipt({ ...receipt, hash }, known), /does not lead/);
  const stranger = "example.com/audit+29b87bfc+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";
  await assert.rejects(client.verifyReceipt(receipt, stranger), VerificationFailed);
});

test(
  "a request is in the log when its response is, and a failed append cuts the response",
  { skip: noServer },
  async (t) => {
    const { key } = await server.newKey("middleware", "audit.append");
    const good = auditMiddleware(await open(t, { url: server.url, key, mode: "sync" }));
    const bad = auditMiddleware(await open(t, { url: server.url, mode: "sync" }));
    const app = http.createServer((request, response) => {
      (request.url.startsWith("/bad") ? bad : good)(request, response, () => {
        response.statusCode = request.url.startsWith("/refused") ? 403 : 200;
        response.write("1");
        response.end("2");
      });
    });
    await new Promise((resolve) => app.listen(0, "127.0.0.1", resolve));
    t.after(() => app.close());
    const ask = (method, target) =>
      new Promise((resolve, reject) => {
        const options = { method, agent: false, headers: { "User-Agent": "x".repeat(3000) } };
        const sent = http.request(`http://127.0.0.1:${app.address().port}${target}`, options, (response) => {
          let text = "";
          response
            .on("data", (part) => (text += part))
            .on("error", reject)
            .on("end", () => resolve(text));
        });
        sent.on("error", reject).end();
      });
    assert.equal(await ask("GET", "/"), "12");
    assert.equal((await server.entries("middleware")).length, 0);
    assert.equal(await ask("POST", "/users?token=secret"), "12");
    const [entry] = await server.entries("middleware");
    assert.deepEqual([entry.action, entry.outcome, entry.actor_ip], ["POST /users", "success", "127.0.0.1"]);
    assert.deepEqual([entry.altered, entry.details.status], [["user_agent"], 200]);
    assert.equal(await ask("GET", "/refused"), "12");
    assert.equal((await server.entries("middleware"))[1].outcome, "failure");
    await assert.rejects(ask("POST", "/bad"));
  },
);

test("lines of pino arrive, however they are cut", { skip: noServer }, async (t) => {
  const { key } = await server.newKey("pino", "audit.append");
  const pinoAdds = { $context: {}, pinoWillSendConfig: true, dedupe: false };
  const warnings = [];
  const hear = (warning) => warnings.push(warning.message);
  process.on("warning", hear);
  t.after(() => process.off("warning", hear));
  const options = { url: server.url, key, mode: "best_effort", eventType: "shop.log" };
  const stream = await pinoTransport({ ...options, ...pinoAdds });
  const lines =
    Array.from({ length: 20 }, (_, n) => JSON.stringify({ level: 30, msg: `line ${n}` })).join("\n") + "\nno JSON\n";
  for (let i = 0; i < lines.length; i += 100) {
    stream.write(lines.slice(i, i + 100));
  }
  stream.end();
  await new Promise((resolve) => stream.once("finish", resolve));
  assert.deepEqual(
    (await server.entries("pino")).map((entry) => entry.action),
    Array.from({ length: 20 }, (_, n) => `line ${n}`),
  );
  assert.deepEqual(
    warnings.filter((warning) => warning.startsWith("unknown option")),
    [],
  );
});

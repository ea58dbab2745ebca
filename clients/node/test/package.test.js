"use strict";
const assert = require("node:assert/strict");
const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");
const { temporary } = require("./support");
const { Spool } = require("../dist/spool");
const { encode } = require("../dist/event");

const noNpm = spawnSync("npm", ["--version"]).error ? "npm is missing" : false;
const python = path.join(__dirname, "..", "..", "python", "src");
const noPython = spawnSync("python3", ["-c", "import sys; assert sys.version_info >= (3, 9)"]).status !== 0;
const noFlock = spawnSync("flock", ["--version"]).error ? "the command flock is missing" : false;

test("the tarball holds the package and works by itself", { skip: noNpm }, (t) => {
  const directory = temporary(t);
  const words = ["pack", "--offline", "--silent", "--pack-destination", directory];
  const packed = spawnSync("npm", words, { cwd: path.join(__dirname, ".."), encoding: "utf8" });
  assert.equal(packed.status, 0, packed.stderr);
  assert.equal(spawnSync("tar", ["xf", "tallystick-0.1.0.tgz"], { cwd: directory }).status, 0);
  const modules = path.join(directory, "node_modules");
  fs.mkdirSync(modules);
  fs.renameSync(path.join(directory, "package"), path.join(modules, "tallystick"));
  const files = fs.readdirSync(path.join(modules, "tallystick"), { recursive: true }).map(String);
  assert.ok(
    files.every((name) => /^(dist(\/\w+(\.d\.ts|\.js))?|package.json|README.md)$/.test(name)),
    files.join(),
  );
  const program =
    "const t = require('tallystick');" +
    "console.log(typeof t.AuditClient.open, typeof require('tallystick/pino').default, typeof require('tallystick/express').auditMiddleware)";
  const done = spawnSync(process.execPath, ["-e", program], { cwd: directory, encoding: "utf8" });
  assert.equal(done.stdout, "function function function\n", done.stderr);
});

test(
  "Python goes on with the spool of Node, and Node with that of Python",
  { skip: noFlock || (noPython && "Python 3.9 is missing") },
  async (t) => {
    const directory = path.join(temporary(t), "spool");
    const inPython = (program) => {
      const imports = "import json, sys; from tallystick._spool import Spool; from tallystick._event import encode; ";
      const opened = "s = Spool(sys.argv[1], 'default', 1 << 30, 'raise'); ";
      const environment = { ...process.env, PYTHONPATH: python, PYTHONDONTWRITEBYTECODE: "1" };
      const done = spawnSync("python3", ["-c", imports + opened + program, directory], {
        env: environment,
        encoding: "utf8",
      });
      assert.equal(done.status, 0, done.stderr);
      return done.stdout;
    };
    const append = "s.append(encode({'event_type': 'python'}, 'default', True)[1])\n";
    const read = (payload) => {
      const { source_seq, event_type } = JSON.parse(payload);
      return `${source_seq} ${event_type}`;
    };
    inPython(`${append}b = s.take(); s.acknowledge(b)\n${append}`);
    let spool = await Spool.open(directory, "default", 1 << 30, "raise");
    await spool.append(encode({ event_type: "node" }, "default", true));
    assert.deepEqual((await spool.take()).payloads.map(read), ["2 python", "3 node"]);
    await spool.close();
    const taken = inPython(
      `${append}b = s.take(); print([json.loads(p)['source_seq'] for p in b.payloads]); s.acknowledge(b)`,
    );
    assert.equal(taken, "[2, 3, 4]\n");
    spool = await Spool.open(directory, "default", 1 << 30, "raise");
    assert.equal(spool.count(), 0);
    await spool.append(encode({ event_type: "node" }, "default", true));
    assert.deepEqual((await spool.take()).payloads.map(read), ["5 node"]);
    await spool.close();
  },
);

// A real server and a TCP proxy, both of which can be killed. The variable TALLY is the command that runs tally,
// for instance "java @jvm.options -jar cli/target/tally.jar".
"use strict";
const { spawn, spawnSync } = require("node:child_process");
const fs = require("node:fs");
const http = require("node:http");
const https = require("node:https");
const net = require("node:net");
const os = require("node:os");
const path = require("node:path");

const VECTORS = path.join(__dirname, "..", "..", "vectors");
const noServer = process.env.TALLY ? false : "the variable TALLY, the command that runs tally, is not set";

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function temporary(test) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "tally-node-"));
  test.after(() => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function freePort() {
  return new Promise((resolve) => {
    const listener = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = listener.address();
      listener.close(() => resolve(port));
    });
  });
}

/** `tally serve` on a directory of its own. */
class Server {
  static async start() {
    const server = new Server();
    server.directory = fs.mkdtempSync(path.join(os.tmpdir(), "tally-"));
    server.port = await freePort();
    server.url = `http://127.0.0.1:${server.port}`;
    await server.start();
    return server;
  }

  async start() {
    const data = path.join(this.directory, "data");
    const errors = fs.openSync(path.join(this.directory, "errors"), "a");
    const words = ["-c", `exec ${process.env.TALLY} serve --data "$0" --port ${this.port}`, data];
    this.process = spawn("sh", words, { stdio: ["ignore", errors, errors], detached: true });
    fs.closeSync(errors);
    this.ended = new Promise((resolve) => this.process.once("exit", resolve));
    for (const deadline = Date.now() + 60_000; ; await sleep(50)) {
      if ((await this.request("GET", "/healthz").catch(() => undefined))?.status === 200) {
        break;
      }
      if (this.process.exitCode !== null || Date.now() > deadline) {
        throw new Error("the server did not start: " + fs.readFileSync(path.join(this.directory, "errors")));
      }
    }
    this.key = fs.readFileSync(path.join(data, "admin.key"), "utf8").trim();
  }

  async kill() {
    process.kill(-this.process.pid, "SIGKILL");
    await this.ended;
  }

  async close() {
    await this.kill().catch(() => undefined);
    fs.rmSync(this.directory, { recursive: true, force: true });
  }

  request(method, target, body) {
    const headers = { "X-API-Key": this.key ?? "", "Content-Type": "application/json" };
    return new Promise((resolve, reject) => {
      const sent = http.request(this.url + target, { method, headers, agent: false }, (response) => {
        const parts = [];
        response.on("data", (part) => parts.push(part)).on("error", reject);
        response.on("end", () => resolve({ status: response.statusCode, text: Buffer.concat(parts).toString() }));
      });
      sent.on("error", reject);
      sent.end(body && JSON.stringify(body));
    });
  }

  async get(target) {
    return JSON.parse((await this.request("GET", target)).text);
  }

  /** The entries that a key wrote, as they are in the log. */
  async entries(source) {
    const { text } = await this.request("GET", `/api/audit/export?format=ndjson&source=${source}`);
    return text
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  }

  async newKey(name, ...permissions) {
    return JSON.parse((await this.request("POST", "/api/audit/keys", { name, permissions })).text);
  }
}

/** Passes bytes on to a port, until its connections are cut. */
class Proxy {
  static async start(target) {
    const proxy = new Proxy();
    proxy.sockets = new Set();
    proxy.listener = net.createServer((client) => {
      const server = net.connect(target, "127.0.0.1");
      for (const [from, to] of [
        [client, server],
        [server, client],
      ]) {
        proxy.sockets.add(from);
        from
          .on("error", () => undefined)
          .on("close", () => {
            proxy.sockets.delete(from);
            to.destroy();
          });
        from.pipe(to);
      }
    });
    await new Promise((resolve) => proxy.listener.listen(0, "127.0.0.1", resolve));
    proxy.url = `http://127.0.0.1:${proxy.listener.address().port}`;
    return proxy;
  }

  /** Ends every connection with a reset, wherever a request is. */
  cut() {
    this.sockets.forEach((socket) => socket.resetAndDestroy());
  }

  close() {
    this.listener.close();
    this.cut();
  }
}

/** An HTTP server that gives the answers that a test wants, for what a real one can't be made to do at will. */
async function answers(test, answer, tls) {
  const requests = [];
  const server = (tls ? https : http).createServer(tls ?? {}, (request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      requests.push(Buffer.concat(parts).toString());
      const [status, content, headers] = answer(requests.length, requests[requests.length - 1]);
      response.writeHead(status, { "Content-Type": "application/json", ...headers });
      response.end(JSON.stringify(content));
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  test.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `${tls ? "https" : "http"}://127.0.0.1:${server.address().port}`, requests };
}

/** A key and a certificate for 127.0.0.1 that nobody else vouches for; undefined without openssl. */
function selfSigned(test) {
  const directory = temporary(test);
  const names = ["-subj", "/CN=nobody", "-addext", "subjectAltName=IP:127.0.0.1"];
  const words = [
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-days",
    "2",
    ...names,
  ];
  const made = spawnSync("openssl", [...words, "-keyout", "key.pem", "-out", "cert.pem"], { cwd: directory });
  const read = (name) => fs.readFileSync(path.join(directory, name), "utf8");
  return made.status === 0 ? { key: read("key.pem"), cert: read("cert.pem") } : undefined;
}

const accepted = (body) => ({
  entries: body
    .split("\n")
    .filter(Boolean)
    .map(() => ({})),
});

module.exports = { Proxy, Server, VECTORS, accepted, answers, noServer, selfSigned, sleep, temporary };

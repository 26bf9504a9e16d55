import { defaultMaxDepth } from '../../wire/body.js';
import { defaultFrameLimits } from '../../wire/frames.js';
import { protocolVersion } from '../../version.js';

const mebibytes = defaultFrameLimits.bodyBytes / 1024 / 1024;
const kibibytes = defaultFrameLimits.headerBytes / 1024;

/** What a person has to know before the first method: written by hand, the numbers taken from the code. */
export const prose = `# The khlone protocol, version ${protocolVersion}

One daemon serves one zone (a git worktree). Clients speak JSON-RPC 2.0 to it over a unix socket. This page is all that a client in any language needs; the same in a form for machines:

- [\`openrpc.json\`](../protocol/schema/openrpc.json), an OpenRPC 1.3 document, which \`rpc.discover\` answers with;
- [\`schema.json\`](../protocol/schema/schema.json), JSON Schema draft-07 of every message and shape;
- [\`meta.json\`](../protocol/schema/meta.json), the names of all methods, events, errors and capabilities.

Contents: [Socket](#socket) · [Frames](#frames) · [Messages](#messages) · [A conversation](#a-conversation) · [A client in Python](#a-client-in-python) · [Conventions](#conventions) · [Methods](#methods) · [Notifications](#notifications) · [Events](#events) · [Shapes](#shapes) · [Errors](#errors)

## Socket

\`khlone socket\` prints the path of the zone's socket. It is \`$KHLONE_SOCKET\` if that is set; else \`$XDG_RUNTIME_DIR/khlone/<id>/s\` where that folder is the user's own with mode 0700; else \`/tmp/khlone-<uid>/<id>/s\`. The id is the first 16 hex digits of the SHA-256 of the real path of the zone's root. A client checks that the folder and the socket belong to its own user, and are nobody else's to write, before it connects. If nobody answers, \`khlone daemon start\` starts the daemon.

## Frames

Each message is a header, an empty line and a body:

\`\`\`
Content-Length: 40\\r\\n
\\r\\n
{"jsonrpc":"2.0","id":1,"method":"ping"}
\`\`\`

\`Content-Length\` is the number of bytes of the body, in decimal digits; the body is one JSON object in UTF-8. Other header lines are ignored, but a charset other than UTF-8 is refused. A header may have ${kibibytes} KiB, a body ${mebibytes} MiB and its values nest ${defaultMaxDepth} deep. A stream that cannot be cut into frames ends the connection.

## Messages

- A **call** is \`{"jsonrpc": "2.0", "id", "method", "params"}\`. The id is an integer or a string of your choice that no other call in flight has. Params are always an object; they may be left out where nothing in them is required.
- Its **answer** has the same id and either \`result\` or \`error\`. Answers come in the order the work ends, not in the order of the calls. There are no batches.
- A **notification** has no id and no answer. The daemon sends [those listed below](#notifications). The client sends only one, \`$/cancelRequest\` with params \`{"id"}\`: it withdraws a call in flight, which then fails with \`cancelled\`, unless its work was done already.
- The first call is [\`initialize\`](#initialize). Any other before its answer fails with \`notInitialized\`, and a connection that does not send it within 10 seconds is ended.
- At most 256 calls of a connection may be in flight.
- A client that does not read what it asked for is let go; it connects again and goes on from its last cursor.

## A conversation

Frames are left out; \`→\` is sent by the client, \`←\` by the daemon.

\`\`\`
→ {"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":${protocolVersion},"clientInfo":{"name":"example","version":"1.0.0"}}}
← {"jsonrpc":"2.0","id":1,"result":{"protocolVersion":${protocolVersion},"daemon":{…},"zone":{…},"capabilities":{…},"cursor":{"epoch":1,"seq":1}}}
→ {"jsonrpc":"2.0","id":2,"method":"clone/enroll","params":{"role":"mechanic","brain":"demo"}}
← {"jsonrpc":"2.0","id":2,"result":{"name":"mechanic.1","status":"off",…}}
→ {"jsonrpc":"2.0","id":3,"method":"event/subscribe","params":{"from":{"epoch":1,"seq":1}}}
← {"jsonrpc":"2.0","id":3,"result":{"subscription":"s_1","cursor":{"epoch":1,"seq":2}}}
← {"jsonrpc":"2.0","method":"event/published","params":{"subscription":"s_1","events":[{"type":"clone.enrolled",…}]}}
→ {"jsonrpc":"2.0","id":4,"method":"clone/act","params":{"who":"mechanic.1","say":"Say hello."}}
← {"jsonrpc":"2.0","id":4,"result":{"id":"t_…","status":"queued",…}}
← {"jsonrpc":"2.0","method":"event/published","params":{"subscription":"s_1","events":[{"type":"task.queued",…},{"type":"task.started",…}]}}
→ {"jsonrpc":"2.0","id":5,"method":"task/wait","params":{"task":"t_…"}}
← {"jsonrpc":"2.0","id":5,"result":{"id":"t_…","status":"done","result":{"text":"…"},…}}
\`\`\`

## A client in Python

Standard library only; \`khlone daemon start\` has been run, and \`khlone socket\` printed the argument.

\`\`\`python
import json, os, socket, sys

class Khlone:
    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(path)
        self.stream = self.sock.makefile("rb")
        self.last_id = 0
        self.call("initialize", {
            "protocolVersion": ${protocolVersion},
            "clientInfo": {"name": "python-example", "version": "1.0.0"},
            "environment": {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        })

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.sock.sendall(b"Content-Length: %d\\r\\n\\r\\n" % len(body) + body)

    def receive(self):
        length = 0
        while (line := self.stream.readline()) != b"\\r\\n":
            if not line:
                raise ConnectionError("the daemon has closed the connection")
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return json.loads(self.stream.read(length))

    def call(self, method, params={}):
        self.last_id += 1
        self.send({"id": self.last_id, "method": method, "params": params})
        while True:
            message = self.receive()
            if "method" in message:
                self.on_notification(message["method"], message["params"])
            elif message["id"] == self.last_id:
                if "error" in message:
                    error = message["error"]
                    raise RuntimeError(f'{error["data"]["kind"]}: {error["message"]} {error["data"]["hint"]}')
                return message["result"]

    def on_notification(self, method, params):
        for event in params.get("events", []):
            if event["type"] == "message.delta":
                print(event["text"], end="", flush=True)

khlone = Khlone(sys.argv[1])
clone = khlone.call("clone/enroll", {"role": "mechanic", "brain": "demo"})
khlone.call("event/subscribe", {"from": "tail", "who": clone["name"]})
task = khlone.call("clone/act", {"who": clone["name"], "say": "Say hello."})
print("\\n" + khlone.call("task/wait", {"task": task["id"]})["status"])
\`\`\`

## Conventions

- **Objects are open.** Ignore members, event types, statuses and error kinds you do not know: they are added without a new version. What is added to a method's abilities is announced in \`capabilities.features\` of \`initialize\`; a break is a new version.
- Any object of a message may carry \`_meta\`, an object with anything in it.
- Times are ISO 8601 in UTC with milliseconds; members ending in \`Ms\` are whole milliseconds. Ids are strings with no meaning of their own.
- Lengths of strings are counted in UTF-16 code units, as JavaScript does: a character outside the Basic Multilingual Plane counts two.
- \`who\` is a clone (\`mechanic.1\`), a role (\`mechanic\`: the clone of it that has been idle longest takes the work, else it waits in the role's queue) or a label (\`label:team=core\`).
- A **cursor** is a place in the history of events. Keep the one of the last event you dealt with; \`event/subscribe\` and \`event/read\` with it as \`from\` go on right after it, with no gap and no repeat, across connections and daemons.
- A call with an \`idempotencyKey\` can be sent again when its answer was lost: it has no second effect and gets the first answer.
- An environment: \`initialize\` tells the daemon the variables a brain may run with. Secrets among them are held in memory only.
`;

/*
 * The holder's program as its first commit had it (c079327, `daemon/holder/program`, bundled and otherwise unchanged):
 * no feature bits. Tests have brains under it, as under the holders of an installation that is brought up to date while
 * they run. It is never to be changed, and so neither formatted nor linted.
 */
import { createRequire } from "node:module";
import { accessSync, closeSync, constants, openSync, readFileSync, readSync, readdirSync, renameSync, rmSync, statSync, writeFileSync, writeSync } from "node:fs";
import { Socket, createServer } from "node:net";
import { basename, join, resolve } from "node:path";
import { constants as constants$1 } from "node:os";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { ReadStream } from "node:tty";
// daemon/holder/program/forkPty.ts
/** The user's own: no change of user. */
const sameUser = -1;
let native;
/** Loads the native part; done beforehand it is not waited for later. */
function loadPty() {
	native ??= createRequire(import.meta.url)("@lydell/node-pty/requireBinary.js").requireBinary("pty.node");
	return native;
}
/** Starts a program in a new session on a new terminal. @throws the system's error where there is no terminal left */
function forkPty({ file, args, env, cwd, size, exited }) {
	const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
	const { pid, fd, pty } = loadPty().fork(file, args, variables, cwd, size.cols, size.rows, sameUser, sameUser, true, helperPath(), (code, signal) => exited(exitOf(code, signal)));
	return {
		pid,
		master: fd,
		slave: openSync(pty, constants.O_RDWR | constants.O_NOCTTY)
	};
}
/** Sets the size a terminal's program is told. */
function resizePty(master, { cols, rows }) {
	loadPty().resize(master, cols, rows);
}
/** Only macOS starts programs through a helper. */
function helperPath() {
	if (process.platform !== "darwin") return "";
	const helper = `@lydell/node-pty-darwin-${process.arch}/spawn-helper`;
	return createRequire(createRequire(import.meta.url).resolve("@lydell/node-pty")).resolve(helper);
}
function exitOf(code, signal) {
	if (signal === 0) return {
		code,
		signal: null
	};
	const found = Object.entries(constants$1.signals).find(([, number]) => number === signal);
	return found ? {
		code: null,
		signal: found[0]
	} : {
		code: 128 + signal,
		signal: null
	};
}
// daemon/holder/program/frames.ts
/** Longest frame, in bytes after its length; a program's whole environment and arguments fit. */
const frameLimit = 16777216;
const headBytes = 5;
const outputHeadBytes = 14;
/** One frame: `u32 length | u8 type | payload`, big-endian; the length counts type and payload. */
function frame(type, payload = "") {
	const bytes = typeof payload === "string" ? Buffer.byteLength(payload) : payload.length;
	const whole = Buffer.allocUnsafe(headBytes + bytes);
	whole.writeUInt32BE(bytes + 1, 0);
	whole[4] = type;
	if (typeof payload === "string") whole.write(payload, headBytes);
	else payload.copy(whole, headBytes);
	return whole;
}
/** A frame of a channel's bytes, copied once: `u8 channel | u64 offset | bytes`. */
function outputFrame(type, channel, at) {
	const whole = Buffer.allocUnsafe(outputHeadBytes + at.chunk.length);
	whole.writeUInt32BE(whole.length - 4, 0);
	whole[4] = type;
	whole[5] = channel;
	putOffset(whole, 6, at.offset);
	at.chunk.copy(whole, outputHeadBytes);
	return whole;
}
/** Writes a whole number below 2^53 as u64. */
function putOffset(into, at, offset) {
	into.writeUInt32BE(Math.floor(offset / 2 ** 32), at);
	into.writeUInt32BE(offset % 2 ** 32, at + 4);
}
/** Reads what `putOffset` wrote. */
function takeOffset(from, at) {
	return from.readUInt32BE(at) * 2 ** 32 + from.readUInt32BE(at + 4);
}
/** Cuts what a socket brings into frames. */
var FrameReader = class {
	#each;
	#rest;
	constructor(each) {
		this.#each = each;
	}
	/** @throws RangeError when a frame is empty or too long: the other side speaks something else */
	push(chunk) {
		const data = this.#rest === void 0 ? chunk : Buffer.concat([this.#rest, chunk]);
		let at = 0;
		while (data.length - at >= 4) {
			const length = data.readUInt32BE(at);
			if (length === 0 || length > frameLimit) throw new RangeError(`a frame of ${length} bytes`);
			const end = at + 4 + length;
			if (end > data.length) break;
			this.#each(data[at + 4] ?? 0, data.subarray(at + headBytes, end));
			at = end;
		}
		this.#rest = at === data.length ? void 0 : data.subarray(at);
	}
};
// daemon/holder/program/identity.ts
const hasProc = process.platform === "linux";
const firstLine = (program, args) => {
	try {
		const line = execFileSync(program, args, {
			encoding: "utf8",
			stdio: [
				"ignore",
				"pipe",
				"ignore"
			],
			env: {
				PATH: "/usr/bin:/bin:/usr/sbin:/sbin",
				LC_ALL: "C"
			}
		}).trim();
		return line === "" ? void 0 : line;
	} catch {
		return;
	}
};
/** Reads `/proc/PID/stat`; undefined when there is no such process. */
function factsFromProc(pid) {
	let stat;
	try {
		stat = readFileSync(`/proc/${pid}/stat`, "latin1");
	} catch {
		return;
	}
	const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
	const state = fields[0];
	const session = fields[3];
	const startTime = fields[19];
	if (state === void 0 || session === void 0 || startTime === void 0) return void 0;
	return {
		startTime,
		session: Number(session),
		zombie: state === "Z" || state === "X"
	};
}
/** Asks `ps`, where there is no /proc; undefined when there is no such process. */
function factsFromPs(pid) {
	const line = firstLine("ps", [
		"-o",
		"pgid=,state=,lstart=",
		"-p",
		String(pid)
	]);
	const parts = line === void 0 ? null : /^(\d+)\s+(\S+)\s+(.+)$/.exec(line);
	if (!parts) return void 0;
	return {
		startTime: parts[3] ?? "",
		session: Number(parts[1]),
		zombie: (parts[2] ?? "").startsWith("Z")
	};
}
/** What is known of a process; undefined when there is none of this number. */
const processFacts = hasProc ? factsFromProc : factsFromPs;
let boot;
/** Names the running boot: start times of another boot mean nothing. */
function bootId() {
	boot ??= hasProc ? readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim() : firstLine("sysctl", ["-n", "kern.bootsessionuuid"]) ?? firstLine("sysctl", ["-n", "kern.boottime"]) ?? "unknown";
	return boot;
}
/** Identifies a child just started; undefined when it cannot be read any more. */
function identify(pid, run) {
	const facts = processFacts(pid);
	return facts && {
		pid,
		startTime: facts.startTime,
		bootId: bootId(),
		run
	};
}
/** Whether this very process still runs; another one under its number does not count. */
function isRunning(identity) {
	if (identity.bootId !== bootId()) return false;
	const facts = processFacts(identity.pid);
	return facts !== void 0 && !facts.zombie && facts.startTime === identity.startTime;
}
// daemon/holder/program/segments.ts
/**
* A spool on disk: files of some MiB, each named by its channel and the offset of its first byte, each of a terminal
* with a file of marks beside it. A piece of output is never cut between two of them.
*/
const names = ["out", "err"];
/** The file that begins with the byte at `start`. */
function segmentName(channel, start) {
	return `${names[channel] ?? channel}.${String(start).padStart(16, "0")}`;
}
/** The file of marks beside a segment. */
function marksName(segment) {
	return `${segment}.marks`;
}
/** Offsets at which a channel's segments begin, in order. */
function segmentStarts(folder, channel) {
	const name = new RegExp(`^${names[channel] ?? channel}\\.(\\d{16})$`);
	return readdirSync(folder).flatMap((file) => name.exec(file)?.[1] ?? []).map(Number).sort((a, b) => a - b);
}
/** Up to `max` bytes from an offset on; undefined when they are not kept, empty at the end. */
function readSegments(folder, channel, at) {
	const start = segmentStarts(folder, channel).findLast((first) => first <= at.offset);
	if (start === void 0) return void 0;
	let fd;
	try {
		fd = openSync(join(folder, segmentName(channel, start)), "r");
	} catch {
		return;
	}
	try {
		const into = Buffer.allocUnsafe(at.max);
		return into.subarray(0, readSync(fd, into, 0, at.max, at.offset - start));
	} finally {
		closeSync(fd);
	}
}
// daemon/holder/program/spool.ts
/** Size from which on a segment is followed by the next, in bytes. */
const segmentBytes = 8388608;
/** Least of a terminal's output that is kept, in bytes. */
const terminalBytes = 33554432;
/** Time within which all output has one mark, in ms. */
const markMs = 10;
/**
* Writes one channel's output down, in the folder this process works in. Output that the disk refuses is not kept, and
* nothing before it: `start` moves past it. The brain is not to wait for room that may never come.
*/
var SpoolWriter = class {
	start = 0;
	end = 0;
	#channel;
	/** Where segments begin, the last one included. */
	#starts = [];
	#size;
	#last;
	#markedAt = 0;
	/** A terminal's spool has a size, marks, and a limit of its own. */
	constructor(channel, size) {
		this.#channel = channel;
		this.#size = size;
		if (size !== void 0) this.#attempt(() => this.#open());
	}
	append(chunk) {
		const offset = this.end;
		this.end += chunk.length;
		this.#attempt(() => {
			const { fd } = this.#last && offset - this.#last.start < segmentBytes ? this.#last : this.#open(offset);
			for (let at = 0; at < chunk.length;) at += writeSync(fd, chunk, at);
		});
	}
	/** Notes the time of the piece of output that begins at `offset`. */
	mark(offset) {
		const now = Date.now();
		if (now - this.#markedAt < markMs) return;
		this.#markedAt = now;
		this.#attempt(() => this.#write(this.#last, offset));
	}
	/** Notes a terminal's new size. */
	resize(size) {
		this.#size = size;
		this.#attempt(() => this.#write(this.#last, this.end, size));
	}
	/** What lies before is read and need not be kept. */
	consumed(offset) {
		while ((this.#starts[1] ?? Infinity) <= offset) this.#drop();
	}
	/** Up to `max` bytes from there; undefined when they are no longer kept. */
	read(offset, max) {
		return offset < this.start ? void 0 : readSegments(".", this.#channel, {
			offset,
			max
		});
	}
	#open(start = this.end) {
		this.#close();
		const name = segmentName(this.#channel, start);
		const fd = openSync(name, "a");
		this.#starts.push(start);
		this.#last = {
			start,
			fd,
			marks: void 0
		};
		if (this.#size !== void 0) {
			this.#last = {
				start,
				fd,
				marks: openSync(marksName(name), "a")
			};
			this.#write(this.#last, start, this.#size);
			while (start - (this.#starts[1] ?? Infinity) >= terminalBytes) this.#drop();
		}
		return this.#last;
	}
	#write(segment, offset, size) {
		if (segment?.marks === void 0) return;
		const mark = Buffer.alloc(24);
		mark.writeDoubleBE(Date.now(), 0);
		mark.writeDoubleBE(offset, 8);
		mark.writeUInt16BE(size?.cols ?? 0, 16);
		mark.writeUInt16BE(size?.rows ?? 0, 18);
		writeSync(segment.marks, mark);
	}
	#close() {
		if (this.#last === void 0) return;
		closeSync(this.#last.fd);
		if (this.#last.marks !== void 0) closeSync(this.#last.marks);
		this.#last = void 0;
	}
	/** Removes the oldest segment. */
	#drop() {
		const name = segmentName(this.#channel, this.#starts.shift() ?? 0);
		rmSync(name, { force: true });
		rmSync(marksName(name), { force: true });
		this.start = this.#starts[0] ?? this.end;
	}
	#attempt(write) {
		try {
			write();
		} catch {
			this.#close();
			while (this.#starts.length > 0) this.#drop();
			this.start = this.end;
		}
	}
};
// daemon/holder/program/wire.ts
/** Types of frames from the daemon. */
const toHolder = {
	/** `SpawnOrder`; answered by `started`, after which all output comes as if it were read from 0, or `failed`. */
	spawn: 1,
	/** `u8 channel | u64 offset`: output from there, and whatever follows. */
	read: 2,
	/** Bytes for the brain. */
	input: 3,
	/** Nothing more comes: closes the brain's stdin, where it has pipes. */
	endInput: 4,
	/** `u16 cols | u16 rows`. */
	resize: 5,
	/** `u8 channel | u64 offset`: what lies before need not be kept, where the brain has pipes. */
	consumed: 6,
	/** The exit was taken note of, or this holder has no brain and gets none: it ends. */
	collect: 7
};
/** Types of frames from the holder. */
const fromHolder = {
	/** `Welcome`; the first frame of every connection. */
	welcome: 16,
	/** `ProcessIdentity`. */
	started: 17,
	/** `SpawnFailure`; the holder waits for another order. */
	failed: 18,
	/** `u8 channel | u64 offset | bytes`; an offset further on than expected means that what lay before is not kept. */
	output: 19,
	/** `u64`: how many bytes of input the brain's side has taken, or were dropped at its end. */
	taken: 20,
	/** `ProcessExit`: the process has ended; output may still come. */
	ended: 21,
	/** `ProcessExit`: all output was sent before this. Told once every channel is read. */
	exited: 22,
	/** Another connection has come; this one gets no more. */
	replaced: 23
};
/** The variable by which everything a brain started is known, whatever session it moved to. */
const runMarker = "KHLONE_RUN";
/** Names of the files in a holder's folder; segments of a spool are named by `segmentName`. */
const files = {
	socket: "s",
	brain: "brain.json",
	exit: "exit.json"
};
// daemon/holder/program/outlet.ts
/** Piece in which a reader that was behind gets what it missed, in bytes. */
const pieceBytes = 65536;
/** Most that pipes may be ahead of the daemon, in bytes. */
const pipeBytes = 1073741824;
/** One channel of a brain's output: into the spool, and on to the daemon, at once while it keeps up. */
var Outlet = class {
	spool;
	#channel;
	#kept;
	#reader;
	/** What the reader gets next; it is read by nobody while there is none. */
	#at = 0;
	#consumed = 0;
	constructor(channel, size) {
		this.#channel = channel;
		this.#kept = size !== void 0;
		this.spool = new SpoolWriter(channel, size);
	}
	/** Whether somebody reads, and has had all there is. */
	get served() {
		return this.#reader !== void 0 && this.#at >= this.spool.end;
	}
	/** Whether pipes may go on: a terminal is never stopped for its reader. */
	get roomy() {
		return this.#kept || this.spool.end - this.#consumed < pipeBytes;
	}
	push(chunk) {
		const offset = this.spool.end;
		this.spool.append(chunk);
		if (this.#reader !== void 0 && this.#at === offset && !this.#reader.pressed()) {
			this.#reader.send(outputFrame(fromHolder.output, this.#channel, {
				offset,
				chunk
			}));
			this.#at = this.spool.end;
		}
		this.spool.mark(offset);
	}
	read(from, reader) {
		this.#at = Math.min(from, this.spool.end);
		this.#reader = reader;
		this.serve();
	}
	leave() {
		this.#reader = void 0;
	}
	/** Sends what the reader has missed, as far as it takes it. */
	serve() {
		const reader = this.#reader;
		if (reader === void 0) return;
		while (this.#at < this.spool.end && !reader.pressed()) {
			const offset = Math.max(this.#at, this.spool.start);
			const chunk = this.spool.read(offset, pieceBytes);
			this.#at = chunk === void 0 || chunk.length === 0 ? this.spool.end : offset + chunk.length;
			if (chunk !== void 0 && chunk.length > 0) reader.send(outputFrame(fromHolder.output, this.#channel, {
				offset,
				chunk
			}));
		}
	}
	consumed(offset) {
		if (this.#kept) return;
		this.#consumed = Math.max(this.#consumed, Math.min(offset, this.spool.end));
		this.spool.consumed(this.#consumed);
	}
};
// daemon/holder/program/brain.ts
/**
* Identifies a brain just started. One that has ended already is gone in every respect, but what it has started
* meanwhile can still be found by its run.
*/
function identifyBrain(pid, run) {
	return identify(pid, run) ?? {
		pid,
		startTime: "",
		bootId: identify(process.pid, run)?.bootId ?? "",
		run
	};
}
// daemon/holder/program/pipes.ts
/** A descendant may hold the pipes open after the brain's end; output that is still to come by then is not waited for. */
const drainMs = 2e3;
/** Starts a program behind pipes. @throws the system's error */
async function startPiped(order, run, sink) {
	const child = spawn(order.program, order.args, {
		cwd: order.cwd,
		env: {
			...order.env,
			[runMarker]: run
		},
		stdio: "pipe",
		detached: true
	});
	if (child.pid === void 0) {
		await once(child, "spawn");
		throw new Error(`${order.program} did not start`);
	}
	return pipedBrain(child, {
		...sink,
		identity: identifyBrain(child.pid, run)
	});
}
function pipedBrain(child, { identity, ...sink }) {
	const pipes = [child.stdout, child.stderr];
	const closed = pipes.map((pipe) => new Promise((resolve) => pipe.once("close", resolve)));
	for (const [channel, pipe] of pipes.entries()) {
		pipe.on("data", (chunk) => sink.output(channel, chunk));
		pipe.on("error", () => void 0);
	}
	child.stdin.on("error", () => void 0);
	let alive = true;
	let taken = 0;
	child.once("exit", (code, signal) => {
		alive = false;
		sink.ended({
			code,
			signal
		});
		for (const pipe of pipes) pipe.resume();
		const limit = setTimeout(() => pipes.forEach((pipe) => pipe.destroy()), drainMs);
		(async () => {
			await Promise.all(closed);
			clearTimeout(limit);
			child.stdin.destroy();
			sink.drained();
		})();
	});
	const tellTaken = (bytes) => {
		taken += bytes;
		sink.taken(taken);
	};
	return {
		identity,
		input(data) {
			if (!alive || !child.stdin.writable) tellTaken(data.length);
			else child.stdin.write(data, () => tellTaken(data.length));
		},
		endInput: () => void child.stdin.end(),
		resize: () => void 0,
		flow(channel, on) {
			const pipe = pipes[channel];
			if (pipe === void 0 || !alive || on !== pipe.isPaused()) return;
			if (on) pipe.resume();
			else pipe.pause();
		}
	};
}
// daemon/holder/program/inputQueue.ts
/** Most that is written at once, in bytes: a longer write to a program that does not read never returns. */
const sliceBytes = 4096;
/** Between two tries at a terminal that takes no more, in ms: doubled from the first to the last. */
const firstPauseMs = 1;
const lastPauseMs = 16;
/** How often it is told what was taken, in bytes; beyond that, whenever all that had to wait is gone. */
const tellBytes = 65536;
/** Writes to a terminal's master as much as it takes, and keeps the rest. */
var InputQueue = class {
	#master;
	#tell;
	#queue = [];
	#waiting = 0;
	#taken = 0;
	#told = 0;
	#pauseMs = firstPauseMs;
	#timer;
	#closed = false;
	constructor(master, tell) {
		this.#master = master;
		this.#tell = tell;
	}
	push(data) {
		if (this.#closed || this.#waiting + data.length > 4259840) {
			this.#take(data.length);
			this.#report();
			return;
		}
		this.#queue.push(data);
		this.#waiting += data.length;
		if (this.#timer === void 0) this.#pump();
	}
	/** Drops what waits: nobody will read it. */
	close() {
		if (this.#closed) return;
		this.#closed = true;
		clearTimeout(this.#timer);
		this.#take(this.#waiting);
		this.#queue = [];
		this.#report();
	}
	#pump() {
		const waited = this.#timer !== void 0;
		this.#timer = void 0;
		for (let head = this.#queue[0]; head !== void 0; head = this.#queue[0]) {
			let written;
			try {
				written = writeSync(this.#master, head, 0, Math.min(sliceBytes, head.length));
			} catch (error) {
				if (error.code !== "EAGAIN") return this.close();
				this.#timer = setTimeout(() => this.#pump(), this.#pauseMs);
				this.#pauseMs = Math.min(this.#pauseMs * 2, lastPauseMs);
				if (this.#taken - this.#told >= tellBytes) this.#report();
				return;
			}
			this.#pauseMs = firstPauseMs;
			this.#waiting -= written;
			this.#take(written);
			if (written === head.length) this.#queue.shift();
			else this.#queue[0] = head.subarray(written);
		}
		if (waited || this.#taken - this.#told >= tellBytes) this.#report();
	}
	#take(bytes) {
		this.#taken += bytes;
	}
	#report() {
		if (this.#told === this.#taken) return;
		this.#told = this.#taken;
		this.#tell(this.#taken);
	}
};
// daemon/holder/program/locate.ts
/** Where programs are looked for when the environment does not say, as execvp does. */
const defaultPath = "/usr/bin:/bin";
/**
* The file a program's name means in its environment. A fork for a terminal tells no reason when it fails, so it is
* looked for before.
* @throws ENOENT (also for a working directory that is none), EACCES
*/
function locate({ program, env, cwd }) {
	if (!statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) throw spawnError("ENOENT", program);
	const folders = program.includes("/") ? [""] : (env["PATH"] ?? defaultPath).split(":");
	let reason = "ENOENT";
	for (const folder of folders) {
		const file = resolve(cwd, folder, program);
		try {
			accessSync(file, constants.X_OK);
			if (statSync(file).isFile()) return file;
			reason = "EACCES";
		} catch (error) {
			if (error.code === "EACCES") reason = "EACCES";
		}
	}
	throw spawnError(reason, program);
}
/** An error as `child_process.spawn` gives it. */
function spawnError(code, program) {
	return Object.assign(/* @__PURE__ */ new Error(`spawn ${program} ${code}`), { code });
}
// daemon/holder/program/terminal.ts
/** Most that is read at once, in bytes. */
const readBytes = 65536;
/** How often, and at what distance in ms, it is looked whether others that hold the terminal still write to it. */
const lastLooks = 10;
const lastLookMs = 10;
/** Starts a program in a terminal. @throws the system's error */
function startInTerminal(order, run, sink) {
	const { args, cwd, size } = order;
	const env = {
		...order.env,
		[runMarker]: run
	};
	const pty = forkPty({
		file: locate(order),
		args,
		env,
		cwd,
		size,
		exited: (exit) => ended(exit)
	});
	const identity = identifyBrain(pty.pid, run);
	const input = new InputQueue(pty.master, (taken) => sink.taken(taken));
	const reader = readMaster(pty.master, (chunk) => sink.output(0, chunk));
	let alive = true;
	const ended = (exit) => {
		alive = false;
		input.close();
		sink.ended(exit);
		reader.pause();
		closeSync(pty.slave);
		drain(pty.master, {
			output: (chunk) => sink.output(0, chunk),
			done() {
				reader.destroy();
				sink.drained();
			}
		});
	};
	return {
		identity,
		input: (data) => input.push(data),
		endInput: () => void 0,
		resize(to) {
			if (alive) resizePty(pty.master, to);
		},
		flow: () => void 0
	};
}
function readMaster(master, output) {
	const options = {
		allowHalfOpen: true,
		onread: {
			buffer: Buffer.alloc(readBytes),
			callback: (bytes, buffer) => {
				output(buffer.subarray(0, bytes));
				return true;
			}
		}
	};
	const reader = new ReadStream(master, options);
	reader.on("error", () => void 0);
	reader.resume();
	return reader;
}
/** Reads what the kernel still has; it hands over everything before it says that there is no other side. */
function drain(master, to, looks = lastLooks) {
	const buffer = Buffer.allocUnsafe(readBytes);
	try {
		for (let bytes = readSync(master, buffer); bytes > 0; bytes = readSync(master, buffer)) to.output(buffer.subarray(0, bytes));
	} catch (error) {
		if (error.code === "EAGAIN" && looks > 0) {
			setTimeout(() => drain(master, to, looks - 1), lastLookMs);
			return;
		}
	}
	to.done();
}
// daemon/holder/program/host.ts
/** How long a brain may take over SIGTERM when nobody has asked for it any more, in ms. */
const graceMs = 5e3;
/** One brain and everything of it: its output, its end, and the daemon's connection, one at a time. */
var Host = class {
	#options;
	#phase = "empty";
	#file;
	#brain;
	#size;
	#outlets = [];
	#taken = 0;
	#exit = {
		code: null,
		signal: null
	};
	#link;
	#lonely;
	constructor(options) {
		this.#options = options;
	}
	/** Takes a daemon's connection; the one before gets no more. */
	accept(socket) {
		clearTimeout(this.#lonely);
		this.#leave();
		this.#link?.send(frame(fromHolder.replaced));
		this.#link?.end();
		const link = new Link(socket, {
			frame: (type, payload) => this.#obey(type, payload, link),
			drained: () => this.#serve(),
			closed: () => {
				if (this.#link === link) this.#lost();
			}
		});
		this.#link = link;
		link.send(frame(fromHolder.welcome, JSON.stringify(this.#welcome())));
		if (this.#phase === "ended" || this.#phase === "exited") this.#tell(fromHolder.ended, this.#exit);
		if (this.#phase === "exited") this.#serve();
	}
	#welcome() {
		const state = this.#phase === "empty" || this.#phase === "running" ? this.#phase : "ended";
		return {
			version: 1,
			features: 0,
			state: this.#phase === "starting" ? "empty" : state,
			...this.#file && { brain: this.#file },
			...this.#size && { size: this.#size },
			spools: this.#outlets.map(({ spool: { start, end } }) => ({
				start,
				end
			})),
			taken: this.#taken
		};
	}
	#obey(type, payload, link) {
		if (link !== this.#link) return;
		const outlet = this.#outlets[payload[0] ?? 0];
		switch (type) {
			case toHolder.spawn:
				if (this.#phase === "empty") this.#spawn(JSON.parse(payload.toString()));
				return;
			case toHolder.read:
				outlet?.read(takeOffset(payload, 1), link);
				return this.#serve();
			case toHolder.input: return this.#brain?.input(payload);
			case toHolder.endInput: return this.#brain?.endInput();
			case toHolder.resize: return this.#resize({
				cols: payload.readUInt16BE(0),
				rows: payload.readUInt16BE(2)
			});
			case toHolder.consumed:
				outlet?.consumed(takeOffset(payload, 1));
				return this.#flow();
			case toHolder.collect:
				if (this.#phase === "empty" || this.#phase === "exited") this.#end();
				return;
		}
	}
	async #spawn(order) {
		this.#phase = "starting";
		const { run } = this.#options;
		const sink = {
			output: (channel, chunk) => {
				this.#outlets[channel]?.push(chunk);
				this.#flow();
			},
			taken: (total) => {
				this.#taken = total;
				const payload = Buffer.allocUnsafe(8);
				putOffset(payload, 0, total);
				this.#link?.send(frame(fromHolder.taken, payload));
			},
			ended: (exit) => {
				if (this.#phase === "empty") return;
				this.#phase = "ended";
				this.#exit = exit;
				this.#tell(fromHolder.ended, exit);
			},
			drained: () => this.#drained()
		};
		const { size } = order;
		try {
			this.#outlets = size ? [new Outlet(0, size)] : [new Outlet(0), new Outlet(1)];
			const brain = size ? startInTerminal({
				...order,
				size
			}, run, sink) : await startPiped(order, run, sink);
			this.#brain = brain;
			this.#size = size;
			this.#file = this.#record(order, brain);
		} catch (error) {
			this.#failed(error);
			return;
		}
		if (this.#phase === "starting") this.#phase = "running";
		const { identity } = this.#brain;
		this.#tell(fromHolder.started, identity);
		if (this.#link !== void 0) for (const outlet of this.#outlets) outlet.read(0, this.#link);
		if (this.#phase === "running") return;
		this.#tell(fromHolder.ended, this.#exit);
		this.#serve();
	}
	/** Writes down whose brain runs here, before it is said to run. */
	#record({ tag, size }, { identity }) {
		const holder = identify(process.pid, identity.run) ?? identity;
		const file = {
			version: 1,
			kind: size ? "terminal" : "pipes",
			tag,
			holder,
			brain: identity,
			startedAt: (/* @__PURE__ */ new Date()).toISOString()
		};
		const whole = size ? {
			...file,
			size
		} : file;
		save(files.brain, whole);
		return whole;
	}
	#failed({ code, message }) {
		this.#signal("SIGKILL");
		this.#phase = "empty";
		this.#brain = void 0;
		this.#outlets = [];
		this.#tell(fromHolder.failed, {
			code: code ?? "UNKNOWN",
			message
		});
	}
	#resize(size) {
		if (this.#size === void 0 || size.cols < 1 || size.rows < 1) return;
		this.#size = size;
		this.#outlets[0]?.spool.resize(size);
		this.#brain?.resize(size);
	}
	#drained() {
		if (this.#phase === "empty") return;
		this.#phase = "exited";
		try {
			save(files.exit, {
				...this.#exit,
				at: (/* @__PURE__ */ new Date()).toISOString()
			});
		} catch {}
		this.#serve();
	}
	/** Brings the reader up to date, and tells it the end once it is. */
	#serve() {
		for (const outlet of this.#outlets) outlet.serve();
		if (this.#phase !== "exited" || this.#link === void 0 || this.#link.told) return;
		if (!this.#outlets.every(({ served }) => served)) return;
		this.#link.told = true;
		this.#tell(fromHolder.exited, this.#exit);
	}
	#flow() {
		this.#outlets.forEach(({ roomy }, channel) => this.#brain?.flow(channel, roomy));
	}
	#tell(type, value) {
		this.#link?.send(frame(type, JSON.stringify(value)));
	}
	#leave() {
		for (const outlet of this.#outlets) outlet.leave();
	}
	/** The daemon is gone: a brain lives on without it, and a spare has nothing to live for. */
	#lost() {
		this.#link = void 0;
		this.#leave();
		if (this.#phase === "empty") this.#end();
		else this.#wait();
	}
	#wait() {
		this.#lonely = setTimeout(() => {
			if (this.#phase === "exited") return this.#end();
			this.#signal("SIGTERM");
			setTimeout(() => this.#signal("SIGKILL"), graceMs);
			this.#wait();
		}, this.#options.lonelyMs);
	}
	#signal(signal) {
		const identity = this.#brain?.identity;
		if (identity === void 0 || !isRunning(identity)) return;
		try {
			process.kill(-identity.pid, signal);
		} catch {}
	}
	#end() {
		this.#link?.end();
		rmSync(files.socket, { force: true });
		process.exit(0);
	}
};
/** Writes a file that is there whole or not at all. */
function save(name, value) {
	writeFileSync(`${name}.new`, JSON.stringify(value));
	renameSync(`${name}.new`, name);
}
/** The connection of one daemon. */
var Link = class {
	/** Whether it has been told of the exit. */
	told = false;
	#socket;
	constructor(socket, sink) {
		this.#socket = socket;
		const frames = new FrameReader((type, payload) => sink.frame(type, payload));
		socket.on("data", (chunk) => {
			try {
				frames.push(chunk);
			} catch {
				socket.destroy();
			}
		});
		socket.on("drain", () => sink.drained());
		socket.on("error", () => void 0);
		socket.on("close", () => sink.closed());
	}
	pressed() {
		return this.#socket.writableLength >= this.#socket.writableHighWaterMark;
	}
	send(data) {
		if (this.#socket.writable) this.#socket.write(data);
	}
	end() {
		this.#socket.destroySoon();
	}
};
// daemon/holder/program/inherited.ts
/** O_CLOEXEC as /proc/PID/fdinfo prints it, in octal. */
const closeOnExec = 524288;
/**
* Closes what came along from whoever started this process: a shell's extra pipe, a job server's, a log. A process
* that kept them would keep their readers waiting for an end that never comes. Node opens all of its own to be
* closed on exec, so what is not was inherited. Call it first of all; elsewhere than on Linux it does nothing.
*/
function closeInherited(keep) {
	for (const fd of descriptors()) {
		if (keep.has(fd) || flagsOf(fd) & closeOnExec) continue;
		try {
			closeSync(fd);
		} catch {}
	}
}
function descriptors() {
	try {
		return readdirSync("/proc/self/fdinfo").map(Number);
	} catch {
		return [];
	}
}
/** The flags of a descriptor; those of one that is gone are such that it is left alone. */
function flagsOf(fd) {
	try {
		const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1];
		return flags === void 0 ? closeOnExec : Number.parseInt(flags, 8);
	} catch {
		return closeOnExec;
	}
}
// daemon/holder/program/main.ts
/** How long a brain without a daemon is kept, and an exit that nobody has collected, in ms: a day. */
const defaultLonelyMs = 864e5;
/** The descriptor on which whoever starts this program is its first daemon. */
const firstLink = 3;
const [folder = "", lonelyMs] = process.argv.slice(2);
process.umask(63);
process.chdir(folder);
closeInherited(/* @__PURE__ */ new Set([
	0,
	1,
	2,
	firstLink
]));
const host = new Host({
	run: basename(folder),
	lonelyMs: Number(lonelyMs ?? defaultLonelyMs)
});
rmSync(files.socket, { force: true });
const server = createServer((socket) => host.accept(socket));
server.on("error", () => process.exit(1));
server.listen(files.socket);
host.accept(new Socket({ fd: firstLink }));
process.on("uncaughtException", () => void 0);
setImmediate(loadPty);
export {};

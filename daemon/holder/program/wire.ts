/**
 * What a daemon and a holder say to each other on the holder's socket, in frames (frames.ts). It is frozen: a holder
 * that was started by one release is found by later ones. What is added gets a feature bit; a break, a new version.
 */
export const protocolVersion = 1;

/** It tells how much input it has received, once it has taken all that the daemon before has sent. */
export const tellsReceived = 1 << 0;
/** It starts a brain in the cgroup that its order names. */
const placesBrains = 1 << 2;

/** Clients may come to it by themselves, with what the daemon gave them. */
export const hasLanes = 1 << 1;

/** Feature bits of this holder. */
export const features = tellsReceived | hasLanes | placesBrains;

/** Types of frames from the daemon. */
export const toHolder = {
  /** `SpawnOrder`; answered by `started`, after which all output comes as if it were read from 0, or `failed`. */
  spawn: 1,
  /** `u8 channel | u64 offset`: output from there, and whatever follows. */
  read: 2,
  /** Bytes for the brain: all of them reach it, or none, where its daemon dies over them. */
  input: 3,
  /** Nothing more comes: closes the brain's stdin, where it has pipes. */
  endInput: 4,
  /** `u16 cols | u16 rows`. */
  resize: 5,
  /** `u8 channel | u64 offset`: what lies before need not be kept, where the brain has pipes. */
  consumed: 6,
  /** The exit was taken note of, or this holder has no brain and gets none: it ends. */
  collect: 7,
  /** `16 bytes of token | u8 rights`: one client may come with this token, once; of a terminal only (`hasLanes`). */
  grantLane: 10,
  /** `16 bytes of token`: it may not come, or is to go, at once. */
  revokeLane: 11,
  /** `u32`: answered by `synced` once all was sent that had been put out by then. */
  sync: 12,
  /** `u8`: whether output is wanted at once (1, as at first), or will do a few milliseconds later (0). */
  pace: 13,
} as const;

/** Types of frames from the holder. */
export const fromHolder = {
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
  replaced: 23,
  /** `u32`, as in `sync`. */
  synced: 26,
  /** `16 bytes of token`: its client has read nothing for so long that it was let go. */
  laneStalled: 27,
} as const;

/** Rights of a lane, as bits. */
export const laneRights = {
  /** It may type. */
  write: 1,
  /** It gets every byte, however far it is behind. */
  lossless: 2,
} as const;

/** Bytes of a lane's token. */
export const tokenBytes = 16;

/** Types of frames from a client on a lane. */
export const fromLane = {
  /** `token | u64 offset | u64 limit`: the first; output from there, and no byte from `limit` on until more is allowed. */
  hello: 1,
  /** Bytes for the program; the next may come once this was answered, by `taken` or `full`. */
  input: 2,
  /** `u64`: the limit is there now. */
  allow: 3,
  /** It goes on through the daemon; answered by `over`. */
  leave: 4,
} as const;

/** Types of frames to a client on a lane. */
export const toLane = {
  /** The answer to `hello`. */
  opened: 16,
  /** As `fromHolder.output`, and byte for byte the same. */
  output: 19,
  /** The last `input` is on its way to the program. */
  taken: 20,
  /** Nothing of the last `input` was taken: the program does not read. */
  full: 21,
  /** `u64 offset | u16 cols | u16 rows`: the terminal's size from this byte on. */
  resized: 22,
  /** `u64`: nothing more comes here; what follows this byte is to be had from the daemon. */
  over: 23,
} as const;

/** A channel of output: a terminal's only one, or stdout. */
export const mainChannel = 0;
/** The second channel of pipes. */
export const errorChannel = 1;

/** The variable by which everything a brain started is known, whatever session it moved to. */
export const runMarker = 'KHLONE_RUN';

/** Says whose a held program is, to the daemon that finds it again: a few short strings, kept beside its spool. */
export type HeldTag = Readonly<Record<string, string>>;

/** Who a process is, so that a signal never reaches another one that got its number later. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Kernel start time in clock ticks since boot (/proc/PID/stat field 22), or the `ps` start time elsewhere. */
  readonly startTime: string;
  /** The boot the start time counts from. */
  readonly bootId: string;
  /** Random token in the environment of the process (`KHLONE_RUN`), by which strayed descendants are found. */
  readonly run: string;
  /** Folder of the cgroup (version 2) in which it and all its descendants are, and nothing else. */
  readonly cgroup?: string;
}

/** How a process ended: exactly one of the two is set. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Size of a terminal, in cells; 1 to 1000 each. */
export interface HeldSize {
  readonly cols: number;
  readonly rows: number;
}

/** Where a brain is started. */
export interface CgroupPlace {
  /** Folder of a cgroup of its own. */
  readonly folder: string;
  /** Folder of the cgroup that the holder goes back to. */
  readonly back: string;
}

/** What to run, and behind what. */
export interface SpawnOrder {
  readonly tag: HeldTag;
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Complete but for the marker. */
  readonly env: Readonly<Record<string, string>>;
  /** For the files it makes: the holder's own keeps everybody else out. */
  readonly umask: number;
  /** A terminal of this size; pipes where it is missing. */
  readonly size?: HeldSize;
  /** Where it cannot be started there, it is started where the holder is. */
  readonly cgroup?: CgroupPlace;
}

/** The system's error why a program did not start. */
export interface SpawnFailure {
  readonly code: string;
  readonly message: string;
}

/** What a holder says of itself to whoever connects. */
export interface Welcome {
  readonly version: number;
  readonly features: number;
  readonly state: 'empty' | 'running' | 'ended';
  readonly brain?: BrainFile;
  /** The terminal's size now. */
  readonly size?: HeldSize;
  /** By channel: what is kept of its output. */
  readonly spools: readonly { readonly start: number; readonly end: number }[];
  /** As the frame of this name. */
  readonly taken: number;
  /** Bytes of input that came in whole frames: taken, or waiting to be. Missing without its feature bit. */
  readonly received?: number;
}

/** `brain.json`, written before a brain is said to run: what a later daemon needs where the holder is gone. */
export interface BrainFile {
  readonly version: number;
  readonly kind: 'pipes' | 'terminal';
  readonly tag: HeldTag;
  readonly holder: ProcessIdentity;
  readonly brain: ProcessIdentity;
  /** The terminal's size at first. */
  readonly size?: HeldSize;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
}

/** `exit.json`, written after the last byte of output is in the spool. */
export interface ExitFile extends ProcessExit {
  /** ISO 8601, UTC. */
  readonly at: string;
}

/** Names of the files in a holder's folder; segments of a spool are named by `segmentName`. */
export const files = { socket: 's', lanes: 'l', brain: 'brain.json', exit: 'exit.json' } as const;

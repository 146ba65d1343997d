/**
 * A system under test in a few lines: VMs with shares. The first argument says how it misbehaves:
 * in what it does, or in how it speaks, from the fourth step on.
 */
import { createInterface } from 'node:readline';

const [mode = 'sound', abilities = 'batch,observe,snapshot'] = process.argv.slice(2);
const vms = new Map();
const kept = new Map();
let sizes = {};
let steps = 0;

function step({ kind, args: { vm, size, reservation, shares } }) {
  const refused = (code) => ({ ok: false, rejection: { code } });
  if (kind === 'memory.create-vm') {
    let [memory, swap] = [sizes.hypervisor + sizes.emergency, 0];
    for (const each of vms.values()) {
      memory += each.reservation + sizes.overhead;
      swap += each.size - each.reservation;
    }
    if (vms.has(vm)) return refused('vm-exists');
    if (reservation > size) return refused('reservation-above-size');
    if (memory + reservation + sizes.overhead > sizes.frame) return refused('admission-memory');
    if (swap + size - reservation > sizes.slot) return refused('admission-swap');
    vms.set(vm, { size, reservation, shares: mode === 'wrong-shares' ? 2 : 1 });
    return { ok: true };
  }
  const found = vms.get(vm);
  if (mode === 'refuses-all') return refused('busy');
  if (found === undefined) return refused('no-such-vm');
  if (kind === 'memory.destroy-vm') {
    if (mode === 'keeps-vm') return { ok: true };
    vms.delete(vm);
  } else if (found.shares === shares) return refused('no-change');
  else found.shares = shares;
  return { ok: true };
}

const state = () => {
  const there = [...vms].map(([id, vm]) => [id, { state: 'running', ...vm }]);
  return { hosts: [{ memory: { vms: Object.fromEntries(there) } }] };
};

function restore(number) {
  if (!kept.has(number)) return { ok: false };
  vms.clear();
  for (const [id, vm] of structuredClone(kept.get(number))) vms.set(id, vm);
  return { ok: true };
}

function answer({ op, scope, command, commands, snapshot }) {
  if (op === 'hello') {
    sizes = scope.sizes;
    const kinds = ['create-vm', 'destroy-vm', 'set-shares'].map((name) => `memory.${name}`);
    const can = abilities === 'none' ? [] : abilities.split(',');
    const loose = mode === 'refuses-all' ? { loose: { 'memory.set-shares': ['busy'] } } : {};
    return {
      protocol: 1,
      system: `peer ${mode}`,
      commands: kinds,
      can,
      anonymous: ['frame'],
      ...loose,
    };
  }
  if (op === 'reset') {
    vms.clear();
    steps = 0;
    return { ok: true };
  }
  if (op === 'snapshot') {
    kept.set(snapshot, structuredClone(vms));
    return { ok: true };
  }
  if (op === 'restore') return restore(snapshot);
  if (op === 'batch') return { replies: commands.map(step) };
  return op === 'observe' ? { state: state() } : step(command);
}

const say = (text) => process.stdout.write(text);
/** How it speaks when it misbehaves; each gets the answer that it should have given. */
const hostile = {
  hangs: () => {},
  dies: (line) => {
    say(line.slice(0, 8));
    process.exit(3);
  },
  killed: () => process.kill(process.pid, 'SIGSEGV'),
  floods: (line) => {
    for (let i = 0; i < 100_000; i++) say(`${line}\n`);
  },
  'floods-blank': () => setInterval(() => say('\n'.repeat(65_536)), 0),
  'out-of-order': (line) => say(`${line.replace(/"id":\d+/, '"id":1')}\n`),
  twice: (line) => say(`${line}\n${line}\n`),
  'long-line': () => {
    for (let i = 0; i < 1_600; i++) say('x'.repeat(65_536));
    say('\n');
  },
  'not-utf8': () => process.stdout.write(Buffer.from([0x7b, 0xff, 0xfe, 0x7d, 0x0a])),
  'not-json': () => say('hello\n'),
  'not-an-object': () => say('[1]\n'),
  deep: () => say(`${'[{"a":'.repeat(200_000)}\n`),
  'deep-reply': (_, { id }) => {
    say(
      `{"id":${id},"ok":true,"choices":{"overhead":${'['.repeat(100_000)}${']'.repeat(100_000)}}}\n`,
    );
  },
  polluting: (_, { id }) => {
    say(
      `{"id":${id},"ok":true,"__proto__":{"polluted":1},"choices":{"__proto__":{"polluted":1}}}\n`,
    );
  },
  'outside-scope': (_, { id }) => say(`{"id":${id},"ok":true,"choices":{"overhead":[99]}}\n`),
  'no-outcome': (_, { id }) => say(`{"id":${id}}\n`),
  'bad-event': (_, { id }) => say(`{"id":${id},"ok":true,"events":[7]}\n`),
  'bad-told': (_, { id }) => {
    say(`{"id":${id},"ok":true,"after":[{"command":{"kind":"memory.scrub","args":{}}}]}\n`);
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  const text = JSON.stringify({ id: request.id, ...answer(request) });
  if (request.op === 'step') steps++;
  if (mode in hostile && request.op === 'step' && steps >= 4) hostile[mode](text, request);
  else say(`${text}\n`);
}

/** The rooms of the tree, and which of them each may import: what the layering is, in one table. */

export interface Room {
  /** the longest prefix of a file's path that is in the table is its room */
  readonly room: string
  /** in one sentence */
  readonly is: string
  /** rooms that it may import, itself left out */
  readonly imports: readonly string[]
}

const K = 'impl/lib/kernel'
const protocol = (name: string, is: string, ...more: readonly string[]): Room => ({
  room: `impl/${name}`,
  is,
  imports: [`${K}/language`, `${K}/memory`, 'impl/lib/protocol', ...more],
})

export const ROOMS: readonly Room[] = [
  { room: K, is: 'Errors, and lists of numbers, for every room.', imports: [] },
  { room: `${K}/language`, is: 'How a machine is written.', imports: [K] },
  { room: `${K}/memory`, is: 'Shared memory under SC, TSO and PSO.', imports: [`${K}/language`] },
  { room: `${K}/machine`, is: 'Programs compiled to automata over packed states.', imports: [K, `${K}/language`] },
  {
    room: `${K}/explore`,
    is: 'Search of the whole graph, liveness, vacuity.',
    imports: [K, `${K}/language`, `${K}/machine`],
  },
  { room: 'impl/lib/text', is: 'Text from outside: JSON with places, and what may be shown.', imports: [K] },
  {
    room: 'impl/lib/tla',
    is: 'Whatever reads or writes TLA+ and its tools’ text.',
    imports: [K, `${K}/language`, `${K}/machine`, 'impl/lib/text'],
  },
  { room: 'impl/lib/kvm', is: 'KVM’s own machinery.', imports: [`${K}/language`, `${K}/memory`] },
  {
    room: 'impl/lib/litmus',
    is: 'Litmus tests in C, from text to answer.',
    imports: [K, `${K}/memory`, 'impl/lib/text'],
  },
  {
    room: 'impl/lib/evidence',
    is: 'Behaviours as people and files have them, and their replay.',
    imports: [`${K}/explore`, `${K}/language`, `${K}/machine`, 'impl/lib/tla'],
  },
  {
    room: 'impl/lib/ablate',
    is: 'Subsets of toggles, and verdicts that follow from others.',
    imports: [`${K}/language`, `${K}/machine`],
  },
  {
    room: 'impl/lib/mutate',
    is: 'Small changes of machines and specifications.',
    imports: [`${K}/language`, `${K}/machine`, 'impl/lib/text', 'impl/lib/tla'],
  },
  {
    room: 'impl/lib/prove',
    is: 'Two whole graphs compared, and who is to blame.',
    imports: [K, `${K}/explore`, `${K}/language`, `${K}/machine`, 'impl/lib/evidence', 'impl/lib/tla'],
  },
  {
    room: 'impl/lib/protocol',
    is: 'What a protocol gives to the tools.',
    imports: [`${K}/language`, 'impl/lib/ablate', 'impl/lib/evidence', 'impl/lib/tla'],
  },
  {
    room: 'impl/lib/validate',
    is: 'Logs from elsewhere held against a machine.',
    imports: [K, `${K}/language`, `${K}/machine`, 'impl/lib/prove', 'impl/lib/text', 'impl/lib/tla'],
  },
  {
    room: 'impl/lib/report',
    is: 'Everything that is shown: lanes, matrices, pages, reports for CI.',
    imports: [
      `${K}/language`,
      'impl/lib/ablate',
      'impl/lib/evidence',
      'impl/lib/protocol',
      'impl/lib/prove',
      'impl/lib/text',
      'impl/lib/validate',
    ],
  },
  {
    room: 'impl/lib/live',
    is: 'Programs on real threads, and their rounds.',
    imports: [K, `${K}/language`, `${K}/machine`, 'impl/lib/validate'],
  },
  protocol('apf-ready', 'Asynchronous page faults.', 'impl/lib/evidence', 'impl/lib/kvm'),
  protocol('apic-groups', 'A vCPU per virtual trust level.', 'impl/lib/evidence', 'impl/lib/kvm'),
  protocol('flush-inhibit', 'A paravirtual TLB flush that is inhibited.', 'impl/lib/evidence', 'impl/lib/kvm'),
  protocol('poll-kick', 'poll() on a vCPU.', 'impl/lib/evidence', 'impl/lib/kvm'),
  protocol('vtl-wakeup', 'A virtual trust level that waits for an event.', 'impl/lib/kvm'),
  protocol('litmus', 'The calibration of the memory models.', K, 'impl/lib/text', 'impl/lib/tla'),
  {
    room: 'impl',
    is: 'The list of protocols, and what the package exports.',
    imports: [
      K,
      `${K}/explore`,
      `${K}/language`,
      `${K}/machine`,
      `${K}/memory`,
      'impl/lib/evidence',
      'impl/lib/protocol',
      'impl/lib/prove',
      'impl/lib/report',
      'impl/lib/tla',
      'impl/apf-ready',
      'impl/apic-groups',
      'impl/flush-inhibit',
      'impl/poll-kick',
      'impl/vtl-wakeup',
      'impl/litmus',
    ],
  },
  {
    room: 'scripts',
    is: 'The command line, processes, files and networks.',
    imports: [
      K,
      `${K}/explore`,
      `${K}/language`,
      `${K}/machine`,
      `${K}/memory`,
      'impl',
      'impl/lib/ablate',
      'impl/lib/evidence',
      'impl/lib/litmus',
      'impl/lib/live',
      'impl/lib/mutate',
      'impl/lib/protocol',
      'impl/lib/prove',
      'impl/lib/report',
      'impl/lib/text',
      'impl/lib/tla',
      'impl/lib/validate',
    ],
  },
]

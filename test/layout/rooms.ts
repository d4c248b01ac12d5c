/** The rooms of the tree, and which of them each may import: what the layering is, in one table. */

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../scripts/workspace/package.ts'

export interface Room {
  /** the longest prefix of a file's path that is in the table is its room */
  readonly room: string
  /** in one sentence */
  readonly is: string
  /** rooms that it may import, itself left out; each stands above it in the table */
  readonly imports: readonly string[]
}

const LIB = 'impl/lib'
const KERNEL = `${LIB}/kernel`

const lib = (...names: readonly string[]): string[] => names.map((name) => `${LIB}/${name}`)
const kernel = (...names: readonly string[]): string[] => [KERNEL, ...names.map((name) => `${KERNEL}/${name}`)]
const scripts = (...names: readonly string[]): string[] => names.map((name) => `scripts/${name}`)

/** What a protocol is written in. */
const WRITTEN_IN = [
  ...kernel('language', 'memory', 'design.ts'),
  ...lib('kvm', 'blocks', 'behaviour', 'protocol', 'live'),
]

const PROTOCOLS = readdirSync(join(packageRoot(), 'impl'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !['api', 'lib', 'templates'].includes(entry.name))
  .map(({ name }) => name)

/** All of the kernel, for those who work with whole machines. */
const WHOLE = kernel('language', 'memory', 'machine', 'explore')

/** All of the library. */
const LIBRARY = [
  ...WHOLE,
  `${KERNEL}/design.ts`,
  `${KERNEL}/check.ts`,
  ...lib(
    'text',
    'tla',
    'kvm',
    'blocks',
    'litmus',
    'c',
    'c/syntax',
    'c/program',
    'c/run',
    'c/spec',
    'c/protocol',
    'c/ablate',
    'c/live',
    'behaviour',
    'protocol',
    'check',
    'evidence',
    'ablate',
    'mutate',
    'prove',
  ),
  ...lib('validate', 'live', 'report'),
]

/** From the ground up: a room imports only what stands above it here. */
export const ROOMS: readonly Room[] = [
  { room: KERNEL, is: 'Errors, checked reads and lists of numbers, for every room.', imports: [] },
  { room: `${KERNEL}/language`, is: 'How a machine is written.', imports: [KERNEL] },
  { room: `${KERNEL}/memory`, is: 'Shared memory under SC, TSO and PSO.', imports: kernel('language') },
  {
    room: `${KERNEL}/design.ts`,
    is: 'The words that a machine is written in, for whoever writes one.',
    imports: kernel('language', 'memory'),
  },
  { room: `${KERNEL}/machine`, is: 'Programs compiled to automata over packed states.', imports: kernel('language') },
  {
    room: `${KERNEL}/explore`,
    is: 'Search of the whole graph, liveness, vacuity.',
    imports: kernel('language', 'machine'),
  },
  {
    room: `${KERNEL}/check.ts`,
    is: 'The front door: a machine in, verdicts and counterexamples out.',
    imports: kernel('language', 'memory', 'machine', 'explore'),
  },
  { room: `${LIB}/eslint`, is: 'The lint rule for programs: `lockstep/eslint`.', imports: [] },
  { room: `${LIB}/text`, is: 'Text from outside: JSON with places, names, and what may be shown.', imports: [KERNEL] },
  {
    room: `${LIB}/tla`,
    is: 'Whatever reads or writes TLA+ and its tools’ text.',
    imports: [...kernel('language', 'machine'), ...lib('text')],
  },
  { room: `${LIB}/c/syntax`, is: 'C from source text to a syntax tree.', imports: [KERNEL, ...lib('text')] },
  {
    room: `${LIB}/c/program`,
    is: 'What C means: instructions over registers and memory.',
    imports: [KERNEL, ...lib('c/syntax')],
  },
  {
    room: `${LIB}/c/run`,
    is: 'A C program as a machine.',
    imports: [...kernel('language', 'memory', 'machine', 'explore'), ...lib('c/syntax', 'c/program')],
  },
  {
    room: `${LIB}/c`,
    is: 'The front door: a C file in, its machine out.',
    imports: lib('c/syntax', 'c/program', 'c/run'),
  },
  {
    room: `${LIB}/c/spec`,
    is: 'A C program as a TLA+ module.',
    imports: [...kernel('language', 'memory', 'machine'), ...lib('text', 'c/syntax', 'c/program', 'c/run')],
  },
  {
    room: `${LIB}/behaviour`,
    is: 'Behaviours as people and files have them, and their replay.',
    imports: [...kernel('language', 'machine', 'explore'), ...lib('tla')],
  },
  {
    room: `${LIB}/protocol`,
    is: 'What a protocol gives to the tools, what a model is, what names mean.',
    imports: [...kernel('language', 'memory', 'machine', 'explore'), ...lib('text', 'tla', 'behaviour')],
  },
  {
    room: `${LIB}/kvm`,
    is: 'KVM’s own machinery, and the words for it.',
    imports: [...kernel('language', 'memory'), ...lib('protocol')],
  },
  {
    room: `${LIB}/blocks`,
    is: 'What the kernel synchronises by, for protocols of any kind.',
    imports: [...kernel('language', 'memory'), `${KERNEL}/design.ts`],
  },
  {
    room: `${LIB}/check`,
    is: 'What an engine says of a model, and the explorer as one.',
    imports: [...WHOLE, ...lib('protocol')],
  },
  {
    room: `${LIB}/evidence`,
    is: 'Which model violates a property, and by which behaviour.',
    imports: [...WHOLE, ...lib('tla', 'behaviour', 'protocol', 'check')],
  },
  {
    room: `${LIB}/ablate`,
    is: 'Subsets of toggles, and verdicts that follow from others.',
    imports: [...WHOLE, ...lib('behaviour', 'protocol')],
  },
  {
    room: `${LIB}/c/protocol`,
    is: 'A C file as a protocol, and its steps in the words of the file.',
    imports: [...WHOLE, ...lib('tla', 'c/syntax', 'c/program', 'c/run', 'behaviour', 'protocol', 'check', 'evidence')],
  },
  {
    room: `${LIB}/c/ablate`,
    is: 'What of a C file’s ordering is needed: its text, edited, and checked anew.',
    imports: [
      ...WHOLE,
      `${KERNEL}/check.ts`,
      ...lib('tla', 'c/syntax', 'c/program', 'c/run', 'c/protocol', 'behaviour', 'protocol', 'ablate'),
    ],
  },
  {
    room: `${LIB}/mutate`,
    is: 'Small changes of machines and specifications.',
    imports: [...kernel('language', 'machine'), ...lib('text', 'tla')],
  },
  {
    room: `${LIB}/prove`,
    is: 'Two whole graphs compared, and who is to blame.',
    imports: [...WHOLE, ...lib('tla', 'behaviour')],
  },
  {
    room: `${LIB}/validate`,
    is: 'Logs from elsewhere held against a machine.',
    imports: [...WHOLE, `${KERNEL}/check.ts`, ...lib('text', 'tla', 'protocol', 'prove')],
  },
  {
    room: `${LIB}/live`,
    is: 'The programs on real threads, and their logs.',
    imports: [...kernel('language', 'machine'), ...lib('protocol', 'validate')],
  },
  {
    room: `${LIB}/c/live`,
    is: 'A C file’s threads on two cores, and their logs.',
    imports: [
      ...kernel('language', 'machine'),
      ...lib('tla', 'c/program', 'c/run', 'c/protocol', 'behaviour', 'validate', 'live'),
    ],
  },
  {
    room: `${LIB}/report`,
    is: 'Everything that is shown: lanes, matrices, pages, reports for CI.',
    imports: [
      ...kernel('language', 'memory'),
      ...lib('text', 'behaviour', 'protocol', 'ablate', 'c/ablate', 'prove', 'validate'),
    ],
  },
  {
    room: `${LIB}/litmus`,
    is: 'Litmus tests: what herd has around their C, and their answers.',
    imports: [
      ...kernel('language', 'memory', 'explore'),
      ...lib('text', 'c', 'c/syntax', 'c/program', 'c/run', 'c/protocol', 'behaviour', 'report'),
    ],
  },
  ...PROTOCOLS.map((name) => ({
    room: `impl/${name}`,
    is: 'A protocol: its machine, its words, what the tools are told of it.',
    imports: name === 'litmus' ? [...WRITTEN_IN, ...lib('text', 'tla')] : WRITTEN_IN,
  })),
  {
    room: 'impl',
    is: 'Which protocols are ours, and what the package exports.',
    imports: [...LIBRARY, ...PROTOCOLS.map((name) => `impl/${name}`)],
  },
  { room: 'scripts/node', is: 'Files, threads, child processes, signals.', imports: kernel() },
  {
    room: 'scripts/ui',
    is: 'What reaches the terminal.',
    imports: [...kernel(), ...lib('text', 'check', 'report'), ...scripts('node')],
  },
  {
    room: 'scripts/workspace',
    is: 'Specifications, manifests, certificates and evidence on disk.',
    imports: [...LIBRARY, 'impl', ...scripts('node', 'ui')],
  },
  { room: 'scripts/tlc', is: 'The wrapper around TLC.', imports: [...kernel(), ...scripts('node', 'ui')] },
  {
    room: 'scripts/embedded',
    is: 'The embedded engine, in a worker thread.',
    imports: [...kernel('language'), ...lib('tla'), ...scripts('node')],
  },
  {
    room: 'scripts/engines',
    is: 'Engines asked for verdicts and proofs, and what was kept of them.',
    imports: [...LIBRARY, ...scripts('node', 'ui', 'workspace', 'tlc', 'embedded')],
  },
  {
    room: 'scripts/validate',
    is: 'Logs from files, second opinions, reports that are written.',
    imports: [...LIBRARY, 'impl', ...scripts('node', 'workspace', 'tlc', 'engines')],
  },
  {
    room: 'scripts/ablate',
    is: 'The runs of `ablate` on worker threads.',
    imports: [...LIBRARY, 'impl', ...scripts('node', 'workspace', 'engines')],
  },
  {
    room: 'scripts/mutate',
    is: 'The runs of `mutate` on worker threads, and on TLC.',
    imports: [...LIBRARY, 'impl', ...scripts('node', 'ui', 'workspace', 'tlc', 'engines')],
  },
  {
    room: 'scripts/live',
    is: 'The runs of `live` on two worker threads.',
    imports: [...LIBRARY, 'impl', ...scripts('node', 'workspace', 'validate')],
  },
  {
    room: 'scripts/cli',
    is: 'The table of commands and options, and the parser that is made of it.',
    imports: [...kernel(), ...lib('validate', 'mutate'), ...scripts('ui', 'workspace')],
  },
  {
    room: 'scripts/c',
    is: 'C files: their headers, the projects that they are in, and what is said of them.',
    imports: [...LIBRARY, ...scripts('node', 'ui', 'workspace', 'cli')],
  },
  {
    room: 'scripts/commands',
    is: 'One file per command: load, run, show.',
    imports: [
      ...LIBRARY,
      'impl',
      ...scripts(
        'node',
        'ui',
        'workspace',
        'tlc',
        'embedded',
        'engines',
        'validate',
        'ablate',
        'mutate',
        'live',
        'cli',
        'c',
      ),
    ],
  },
  {
    room: 'scripts',
    is: 'The command line, and the threads that it runs in.',
    imports: [...kernel(), ...lib('protocol'), ...scripts('node', 'ui', 'workspace', 'cli', 'c', 'commands')],
  },
]

/** The room of a file. */
export const roomOf = (file: string): Room | undefined =>
  ROOMS.filter(({ room }) => file === room || file.startsWith(`${room}/`)).reduce<Room | undefined>(
    (longest, room) => (longest === undefined || room.room.length > longest.room.length ? room : longest),
    undefined,
  )

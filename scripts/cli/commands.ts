/** Every command: its arguments, which options it takes, and the rest of its help. What it is then given is inferred from that. */

import type { OptionDefinition } from './options.ts'
import { OPTIONS } from './options.ts'
import type { PARSERS } from './values.ts'

/** An argument, by the name that the command has for it. */
export interface ArgumentDefinition {
  /** as Commander spells them: <one>, [one or none], <some...>, [some or none...] */
  readonly syntax: `<${string}>` | `[${string}]`
  readonly description: string
}

export interface CommandDefinition {
  readonly description: string
  /** in the order of the command line */
  readonly arguments: Readonly<Record<string, ArgumentDefinition>>
  /** in the order of the help */
  readonly options: Readonly<Record<string, OptionDefinition>>
  /** command lines without `lockstep` */
  readonly examples: readonly string[]
  /** goes below the examples */
  readonly note?: string
}

const {
  workspace,
  builtin,
  json,
  cache,
  dryRun,
  tag,
  engine,
  memory,
  property,
  coverage,
  workers,
  timeout,
  heap,
  maxStates,
} = OPTIONS
const { define, include, slots, expect, witness } = OPTIONS
const { write, spec, cfg, order, unlogged, design, format, map, writeTla, junit, sarif, summary, github } = OPTIONS
const { markdown, explain, suggest, confirm, side, kind, changed, base, sample, seed, all, search, searchStates } =
  OPTIONS
const { rounds, seconds, interpreter, logs, events } = OPTIONS

const fastTargets = {
  syntax: '[target...]',
  description: 'protocols, designs, models or globs; default everything tagged fast',
} as const satisfies ArgumentDefinition

/** What C files are read with. */
const ofC = { define, include, slots } as const

/** The same where one memory model more can be asked for. */
const ALL_MEMORIES = ['sc', 'tso', 'pso', 'all'] as const

/** The program itself. */
export const PROGRAM = {
  name: 'lockstep',
  description:
    'Does this hypervisor synchronisation design lose an event, and how do I know that the answer is right?\n' +
    'TARGET is a protocol, a design (flush-inhibit/no-srcu), a model (flush-inhibit/posted.sc) or a glob.',
  examples: ['start', 'check flush-inhibit', 'explain flush-inhibit/no-srcu', 'prove flush-inhibit/posted'],
  note:
    'Exit codes: 0 all as expected and complete; 1 a finding; 2 bad usage or input;\n' +
    '3 the environment or an engine failed or did not finish; 130/143 SIGINT/SIGTERM.',
} as const

export const COMMANDS = {
  start: {
    description: 'the main job: check, then prove, all protocols; what `npm start` runs',
    arguments: {},
    options: { workers, timeout, cache, workspace, json },
    examples: [],
  },
  list: {
    description: 'protocols, designs, models, expected verdicts',
    arguments: {
      targets: { syntax: '[target...]', description: 'protocols, designs, models or globs; or FILE.c' },
    },
    options: { builtin, ...ofC, workspace, json },
    examples: ['list', 'list flush-inhibit --json'],
  },
  check: {
    description: 'verdicts of every cell: each property of each model; of C files; or the outcomes of litmus tests',
    arguments: {
      targets: {
        ...fastTargets,
        description: `${fastTargets.description}; or FILE.c, FILE.litmus, and directories and globs of them`,
      },
    },
    options: {
      memory: {
        ...memory,
        choices: ALL_MEMORIES,
        description: 'what files run under; default sc and tso for C, tso for litmus tests',
      },
      ...ofC,
      expect,
      witness,
      maxStates: { ...maxStates, description: 'of files: limit of states under one memory model' },
      engine,
      tag,
      workers,
      timeout,
      heap,
      cache,
      coverage,
      dryRun: {
        ...dryRun,
        description: 'print the TLC commands instead of running them; of C files the steps as they are understood',
      },
      write: { ...write, description: 'write down how many states each model has; never a verdict' },
      workspace,
      json,
    },
    examples: [
      'check',
      'check flush-inhibit --engine all --json',
      "check 'flush-inhibit/no-*' --engine explorer",
      'check race.c',
      'check race.c -DNO_MB --memory all',
      'check SB.litmus --memory pso',
    ],
    note:
      'docs/c.md has the subset of C, and what a file says of its model.\n' +
      'A litmus test is in herd’s C syntax, and so is the answer, but its numbers count distinct final\n' +
      'states where herd’s count executions. Found or not, exit 0; docs/litmus.md has the subset.',
  },
  prove: {
    description: 'is the machine equal to its specification, state by state and edge by edge?',
    arguments: { targets: { ...fastTargets, description: `${fastTargets.description}; or FILE.c` } },
    options: { ...ofC, tag, workers, timeout, heap, cache, write, spec, cfg, workspace, json },
    examples: ['prove', 'prove flush-inhibit/posted.sc --json', 'prove race.c'],
  },
  spec: {
    description: 'a TLA+ module of a C file, with the same steps, for TLC',
    arguments: { target: { syntax: '<target>', description: 'FILE.c, or FILE.c/tso' } },
    options: {
      output: {
        ...OPTIONS.output,
        description: 'write it there, e.g. Race.tla, with Race.cfg and what it extends beside it',
      },
      memory: { ...memory, description: 'memory model of its configuration; default tso' },
      ...ofC,
      maxStates: { ...maxStates, description: 'limit of states of the search that finds what the file can do' },
      workspace,
      json,
    },
    examples: ['spec race.c', 'spec race.c -o spec/Race.tla'],
  },
  verify: {
    description: 'a certificate again, without Java',
    arguments: { file: { syntax: '<file>', description: 'a certificate that `prove --write` wrote' } },
    options: { workspace, json },
    examples: ['verify traces/flush-inhibit/posted.sc.certificate.json'],
  },
  replay: {
    description:
      'a trace of TLC (its output with or without -tool, -simulate file, -dumpTrace json) or ITF on the machine: the first divergence',
    arguments: {
      target: { syntax: '<model>', description: 'the model whose machine replays it' },
      file: { syntax: '<trace>', description: 'the file; - is stdin' },
    },
    options: { ...ofC, workspace, json },
    examples: ['replay flush-inhibit/no-srcu.sc traces/flush-inhibit/no-srcu.sc.Deadlock.itf.json'],
  },
  validate: {
    description: 'a log from elsewhere: is it one that the design allows, or where and why not',
    arguments: {
      target: {
        syntax: '<model>',
        description: 'a model, or a design that is one; with --design any a protocol or a design; or FILE.c/tso',
      },
      logs: { syntax: '<log...>', description: 'NDJSON or ftrace text, plain, gzip or zstd; - is stdin' },
    },
    options: {
      order,
      unlogged,
      design,
      format,
      map,
      with: OPTIONS.with,
      writeTla,
      junit,
      sarif,
      summary,
      github,
      timeout: { ...timeout, description: 'limit for one log', default: 600 },
      maxStates,
      ...ofC,
      workspace,
      json,
    },
    examples: [
      'validate flush-inhibit/posted.sc traces/flush-inhibit/posted.sc.accepted.ndjson',
      'validate poll-kick run.ndjson --design any',
      'validate poll-kick/posted.sc run.ndjson --with tlc',
    ],
  },
  explain: {
    description: 'the counterexample to a property, fit for a review',
    arguments: {
      target: {
        syntax: '<target>',
        description: 'a model, or what names several: the first of them that violates the property is shown; or FILE.c',
      },
    },
    options: {
      property,
      memory: { ...memory, choices: ALL_MEMORIES, description: 'of a C file: under which; default sc, and then tso' },
      ...ofC,
      format: { ...format, choices: ['lanes', 'mermaid', 'itf'], default: 'lanes', description: 'how' },
      workspace,
      json,
    },
    examples: ['explain flush-inhibit/no-srcu', 'explain flush-inhibit/pending-event --property IoctlReturnsProp'],
  },
  ablate: {
    description: 'every subset of the toggles: which are needed for which property, which sets suffice',
    arguments: { protocol: { syntax: '<protocol>', description: 'a protocol; or FILE.c' } },
    options: {
      property: { ...property, kind: 'list', description: 'only this one; may be repeated' },
      memory: {
        ...memory,
        choices: ALL_MEMORIES,
        description: 'memory model; default the base model’s own, of a C file all',
      },
      ...ofC,
      maxStates: { ...maxStates, description: 'of C files: limit of states of one variant under one memory model' },
      suggest,
      workers,
      timeout: { ...timeout, description: 'limit of all of it', default: 60 },
      markdown,
      explain,
      confirm,
      workspace,
      json,
    },
    examples: [
      'ablate flush-inhibit',
      'ablate flush-inhibit --property AllOrNothingInv --explain --timeout 300',
      'ablate race.c --memory tso',
      'ablate race.c --suggest | git apply',
    ],
    note:
      'Of a C file each barrier, order, READ_ONCE(), lock and LOCKSTEP_OPTIONAL is a toggle by itself, taken out of the\n' +
      'text of the file or weakened there; docs/ablation.md says which, and what these memory models cannot tell.',
  },
  mutate: {
    description: 'weakens properties and breaks steps, one change at a time: what notices each?',
    arguments: { protocol: { syntax: '[protocol]', description: 'a protocol; default all' } },
    options: {
      side,
      kind,
      changed,
      base,
      sample,
      seed,
      tag: { ...tag, default: 'fast' },
      all,
      search,
      searchStates,
      arguments: OPTIONS.arguments,
      workers,
      timeout: { ...timeout, description: 'limit of one model', default: 600 },
      workspace,
      json,
    },
    examples: ['mutate poll-kick', 'mutate --changed', 'mutate --kind property --json'],
  },
  live: {
    description: 'a protocol’s programs on real threads, with and without the barrier; the model explains each round',
    arguments: { target: { syntax: '<target>', description: 'poll-kick, litmus, or a design of theirs; or FILE.c' } },
    options: {
      rounds,
      seconds,
      seed: { ...seed, description: 'of delays and of what the world decides' },
      sample: {
        ...sample,
        description: 'rounds of each design that the model explains, besides those that lost; default all',
      },
      interpreter,
      logs,
      memory: { ...memory, description: 'of a C file: which model the rounds are held against, and SC; default tso' },
      ...ofC,
      maxStates: { ...maxStates, description: 'of a C file: limit of states under one memory model' },
      workspace,
      json,
    },
    examples: [
      'live poll-kick',
      'live litmus --rounds 1000000',
      'live poll-kick/clear-recheck',
      'live race.c -DNO_MB --logs logs',
    ],
  },
  tlc: {
    description: 'TLC itself, through the wrapper: lockstep tlc -- ARGS',
    arguments: { args: { syntax: '[args...]', description: 'arguments of tlc2.TLC' } },
    options: { dryRun },
    examples: ['tlc -- -help', 'tlc -- -config posted.sc.cfg MCFlushInhibit.tla'],
  },
  new: {
    description: 'a protocol of your own that passes at once, from a template; or the project around protocols',
    arguments: {
      name: {
        syntax: '[name]',
        description:
          'of the protocol, which becomes a directory beside lockstep.config.ts; with --workspace a directory',
      },
    },
    options: {
      from: OPTIONS.from,
      spec: { kind: 'negated', description: 'without a TLA+ specification: such a protocol can only be explored' },
      workspace: {
        kind: 'flag',
        description:
          'make the project around protocols, in the directory or here: package.json, lockstep.config.ts, CI',
      },
      json,
    },
    examples: ['new --workspace my-designs', 'new wake-up', 'new ring-buffer --from message-passing --no-spec'],
    note: 'Nothing that is there is overwritten, and all is written or nothing.',
  },
  bench: {
    description: 'the explorer, or with --logs the validator, against TLC on the same model, side by side',
    arguments: {
      model: { syntax: '[model]', description: 'a model; default the largest, with --logs flush-inhibit/posted.sc' },
    },
    options: {
      logs: { kind: 'flag', description: 'validation of logs, made by the machine itself' },
      events,
      rounds: { ...rounds, description: 'runs of ours; the median counts', default: 3 },
      workers,
      timeout,
      heap,
      workspace,
      json,
    },
    examples: ['bench', 'bench flush-inhibit/posted.sc.f3', 'bench --logs --events 10000000'],
  },
  doctor: {
    description: 'what is here, what is missing, what to do',
    arguments: {},
    options: { workspace, json },
    examples: [],
  },
} as const satisfies Readonly<Record<string, CommandDefinition>>

export type CommandName = keyof typeof COMMANDS

/** In the order of the help. */
export const COMMAND_NAMES = Object.keys(COMMANDS) as CommandName[]

/** What an option is read as. */
type OptionValue<O> = O extends { readonly choices: readonly (infer C)[] }
  ? C
  : O extends { readonly kind: keyof typeof PARSERS }
    ? ReturnType<(typeof PARSERS)[O['kind']]>
    : boolean

type ArgumentValue<A> = A extends { readonly syntax: `${string}...${string}` } ? readonly string[] : string

type Value<D> = D extends ArgumentDefinition ? ArgumentValue<D> : OptionValue<D>

/** What has a value whatever the command line says. */
type Sure =
  { readonly default: unknown } | { readonly kind: 'negated' } | { readonly syntax: `<${string}` | `[${string}...]` }

type Values<T> = { readonly [K in keyof T as T[K] extends Sure ? K : never]: Value<T[K]> } & {
  readonly [K in keyof T as T[K] extends Sure ? never : K]?: Value<T[K]> | undefined
}

/**
 * What a command is given: its arguments and options by their names. What the command line does not say is undefined or is not
 * there, which is the same to commands and to what they pass it on to.
 */
export type OptionsOf<C extends CommandName> = Values<
  (typeof COMMANDS)[C]['arguments'] & (typeof COMMANDS)[C]['options']
>

/**
 * Every option of the command line, once: how it is spelt, what it takes, what it means. Commander's options, the types of what
 * commands are given and docs/commands.md come from here.
 */

import { MUTANT_KINDS } from '../../impl/lib/mutate/mutant.ts'
import { ORDERS } from '../../impl/lib/validate/event.ts'
import type { PARSERS } from './values.ts'

/** What all options have; an option is called as its key in a table is, `--dry-run` for `dryRun`. */
interface Described {
  readonly description: string
  /** the one letter that will do too */
  readonly short?: string
}

/** Given or not; `negated` is spelt `--no-...`, and true unless it is given. */
interface Flag extends Described {
  readonly kind: 'flag' | 'negated'
}

/** One of a few words. */
interface Choice extends Described {
  readonly kind: 'choice'
  readonly placeholder: string
  readonly choices: readonly string[]
  readonly default?: string
}

/** A text that is read as its kind says. */
interface Valued extends Described {
  readonly kind: keyof typeof PARSERS
  readonly placeholder: string
  readonly default?: number
}

export type OptionDefinition = Flag | Choice | Valued

/** How an option is spelt, with what it takes. */
export const flagsOf = (name: string, option: OptionDefinition): string => {
  const words = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  const long = option.kind === 'negated' ? `--no-${words}` : `--${words}`
  const short = option.short === undefined ? '' : `-${option.short}, `
  return 'placeholder' in option ? `${short}${long} <${option.placeholder}>` : `${short}${long}`
}

/** Where commands mean different things by a name, each says what it means when it takes the option (commands.ts). */
export const OPTIONS = {
  json: { kind: 'flag', description: 'one JSON document on stdout and nothing else' },
  cache: { kind: 'negated', description: 'run everything, also what was decided before of the very same files' },
  dryRun: { kind: 'flag', short: 'n', description: 'print the command instead of running it' },

  // what is run, and how much of it
  tag: {
    kind: 'choice',
    placeholder: 'tag',
    choices: ['fast', 'full'],
    description: 'fast: what the main job runs; full: everything',
  },
  engine: {
    kind: 'choice',
    placeholder: 'engine',
    choices: ['auto', 'tlc', 'embedded', 'explorer', 'all'],
    default: 'auto',
    description: 'auto: TLC where Java is, else embedded',
  },
  memory: {
    kind: 'choice',
    placeholder: 'model',
    choices: ['sc', 'tso', 'pso'],
    description: 'what litmus tests run under; default tso',
  },
  property: { kind: 'text', placeholder: 'name', description: 'which; default the first violated cell' },
  coverage: { kind: 'flag', description: 'how often each action is taken over all models of its protocol' },

  // limits
  workers: { kind: 'count', placeholder: 'n', description: 'runs at a time, and workers of one large run' },
  timeout: { kind: 'seconds', placeholder: 'seconds', default: 1800, description: 'limit of one run of an engine' },
  heap: { kind: 'count', placeholder: 'megabytes', description: 'heap of the JVM' },
  maxStates: { kind: 'count', placeholder: 'n', description: 'limit of states, or nodes of the search' },

  // prove
  write: { kind: 'flag', description: 'write certificates and counterexamples to traces/' },
  spec: {
    kind: 'once',
    placeholder: 'directory',
    description: 'prove against the modules in this directory instead of the model’s own',
  },
  cfg: {
    kind: 'once',
    placeholder: 'file',
    description: 'prove against this configuration instead of the model’s own',
  },

  // validate
  order: {
    kind: 'choice',
    placeholder: 'order',
    choices: ORDERS,
    description: 'of the events: all of it is known, or that of each lane, or begin and end',
  },
  unlogged: {
    kind: 'text',
    placeholder: 'actions',
    description: 'that may have happened without being in the log; any, or A,B,...',
  },
  design: {
    kind: 'choice',
    placeholder: 'which',
    choices: ['any'],
    description: 'any: which designs of the protocol allow the log; each log needs one',
  },
  format: {
    kind: 'choice',
    placeholder: 'format',
    choices: ['ndjson', 'ftrace'],
    description: 'of the log; default as it begins',
  },
  map: { kind: 'text', placeholder: 'file', description: 'what tracepoints mean, for ftrace text' },
  with: {
    kind: 'choice',
    placeholder: 'engine',
    choices: ['tlc'],
    description: 'tlc: have TLC decide the log too, from the specification; the two must agree (needs Java)',
  },
  writeTla: { kind: 'text', placeholder: 'dir', description: 'keep the module that TLC is given, in a new directory' },
  junit: { kind: 'text', placeholder: 'file', description: 'write a JUnit XML report' },
  sarif: { kind: 'text', placeholder: 'file', description: 'write a SARIF 2.1.0 report' },
  summary: {
    kind: 'text',
    placeholder: 'file',
    description: 'write a Markdown summary; appended to if it is $GITHUB_STEP_SUMMARY',
  },
  github: { kind: 'flag', description: 'print annotations for GitHub' },

  // ablate
  markdown: { kind: 'text', placeholder: 'file', description: 'write the page there' },
  explain: { kind: 'flag', description: 'print the counterexamples too' },
  confirm: { kind: 'flag', description: 'have TLC decide each minimal set, and each less one toggle' },

  // mutate
  side: {
    kind: 'choice',
    placeholder: 'side',
    choices: ['machine', 'spec', 'both'],
    default: 'both',
    description: 'what is changed; the specification needs Java',
  },
  kind: { kind: 'choice', placeholder: 'kind', choices: MUTANT_KINDS, description: 'only these' },
  changed: { kind: 'flag', description: 'only protocols whose specification or machine differs from --base' },
  base: { kind: 'text', placeholder: 'rev', description: 'what --changed compares with; default HEAD' },
  sample: {
    kind: 'count',
    placeholder: 'n',
    description:
      'at most so many faults of each protocol; with --changed 20, and 16 weakenings of each kind, unless --tag full',
  },
  seed: { kind: 'count', placeholder: 'n', default: 1, description: 'of --sample' },
  all: { kind: 'flag', description: 'go on after the first cell that notices a mutant' },
  search: {
    kind: 'flag',
    description: 'look for a fault that only the original catches, for each survivor; keep it in that file',
  },
  searchStates: {
    kind: 'count',
    placeholder: 'n',
    default: 6000,
    description: 'largest model that is searched, in states',
  },
  arguments: {
    kind: 'text',
    placeholder: 'file',
    description: 'survivors that are argued; default spec/PROTOCOL/mutants.json',
  },

  // live and bench
  rounds: { kind: 'count', placeholder: 'n', default: 200_000, description: 'rounds of each design' },
  seconds: { kind: 'seconds', placeholder: 'n', default: 20, description: 'at most, of each design' },
  interpreter: {
    kind: 'choice',
    placeholder: 'name',
    choices: ['generated', 'general'],
    default: 'generated',
    description: 'generated: code made for each program; general: its generator functions',
  },
  logs: {
    kind: 'text',
    placeholder: 'dir',
    description: 'write logs of rounds there, at most 16 a design, as `validate` reads them',
  },
  events: {
    kind: 'count',
    placeholder: 'n',
    default: 1_000_000,
    description: 'with --logs: events of the large log; each takes about 1 KB of the temporary directory',
  },
} as const satisfies Readonly<Record<string, OptionDefinition>>

/**
 * Every option of the command line, once: how it is spelt, what it takes, what it means. Commander's options, the types of what
 * commands are given and docs/commands.md come from here.
 */

import { MUTANT_KINDS } from '../../impl/lib/mutate/mutant.ts'
import { ORDERS } from '../../impl/lib/validate/orders.ts'
import { TEMPLATES } from '../workspace/templates.ts'
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

const flag = (description: string) => ({ kind: 'flag', description }) as const

const choice = <const C extends readonly string[]>(placeholder: string, choices: C, description: string) =>
  ({ kind: 'choice', placeholder, choices, description }) as const

const valued = <K extends Valued['kind']>(kind: K, placeholder: string, description: string) =>
  ({ kind, placeholder, description }) as const

/** Where commands mean different things by a name, each says what it means when it takes the option (commands.ts). */
export const OPTIONS = {
  workspace: valued('once', 'directory', 'the directory with lockstep.config.ts; default the nearest one upwards'),
  builtin: flag('Lockstep’s own protocols too, in a workspace of yours'),
  json: flag('one JSON document on stdout and nothing else'),
  cache: { kind: 'negated', description: 'run everything, also what was decided before of the very same files' },
  dryRun: { ...flag('print the command instead of running it'), short: 'n' },

  // what is run, and how much of it
  tag: choice('tag', ['fast', 'full'], 'fast: what the main job runs; full: everything'),
  engine: {
    ...choice('engine', ['auto', 'tlc', 'embedded', 'explorer', 'all'], 'auto: TLC where Java is, else embedded'),
    default: 'auto',
  },
  memory: choice('model', ['sc', 'tso', 'pso'], 'memory model'),
  property: valued('text', 'name', 'which; default the first violated cell'),
  coverage: flag('how often each action is taken over all models of its protocol'),

  // C files
  define: { ...valued('list', 'name[=value]', 'of C files: defines a macro; may be repeated'), short: 'D' },
  include: { ...valued('list', 'directory', 'of C files: where their headers are; may be repeated'), short: 'I' },
  slots: valued(
    'count',
    'n',
    'of C files: stores that a thread can have waiting under tso and pso; default by the file',
  ),
  witness: flag('of litmus tests: show one run to a state that the condition is about'),
  expect: flag('of files: hold the verdicts to what is written in them; docs/c.md says how'),

  // limits
  workers: valued('count', 'n', 'runs at a time, and workers of one large run'),
  timeout: { ...valued('seconds', 'seconds', 'limit of one run of an engine'), default: 1800 },
  heap: valued('count', 'megabytes', 'heap of the JVM'),
  maxStates: valued('count', 'n', 'limit of states, or nodes of the search'),

  // prove
  write: flag('write certificates and counterexamples to traces/'),
  spec: valued('once', 'directory', 'prove against the modules in this directory instead of the model’s own'),
  cfg: valued('once', 'file', 'prove against this configuration instead of the model’s own'),

  // spec
  output: { ...valued('once', 'file', 'write it there'), short: 'o' },

  // validate
  order: choice('order', ORDERS, 'of the events: all of it is known, or that of each lane, or begin and end'),
  unlogged: valued('text', 'actions', 'that may have happened without being in the log; any, or A,B,...'),
  design: choice('which', ['any'], 'any: which designs of the protocol allow the log; each log needs one'),
  format: choice('format', ['ndjson', 'ftrace'], 'of the log; default as it begins'),
  map: valued('text', 'file', 'what tracepoints mean, for ftrace text'),
  with: choice(
    'engine',
    ['tlc'],
    'tlc: have TLC decide the log too, from the specification; the two must agree (needs Java)',
  ),
  writeTla: valued('text', 'dir', 'keep the module that TLC is given, in a new directory'),
  junit: valued('text', 'file', 'write a JUnit XML report'),
  sarif: valued('text', 'file', 'write a SARIF 2.1.0 report'),
  summary: valued('text', 'file', 'write a Markdown summary; appended to if it is $GITHUB_STEP_SUMMARY'),
  github: flag('print annotations for GitHub'),

  // ablate
  markdown: valued('text', 'file', 'write the page there'),
  explain: flag('print the counterexamples too'),
  suggest: flag('of C files: print the weakest version that still holds, as a unified diff, and nothing else'),
  confirm: flag('have TLC decide each minimal set, and each less one toggle'),

  // mutate
  side: {
    ...choice('side', ['machine', 'spec', 'both'], 'what is changed; the specification needs Java'),
    default: 'both',
  },
  kind: choice('kind', MUTANT_KINDS, 'only these'),
  changed: flag('only protocols whose specification or machine differs from --base'),
  base: valued('text', 'rev', 'what --changed compares with; default HEAD'),
  sample: valued(
    'count',
    'n',
    'at most so many faults of each protocol; with --changed 20, and 16 weakenings of each kind, unless --tag full',
  ),
  seed: { ...valued('count', 'n', 'of --sample'), default: 1 },
  all: flag('go on after the first cell that notices a mutant'),
  search: flag('look for a fault that only the original catches, for each survivor; keep it in that file'),
  searchStates: { ...valued('count', 'n', 'largest model that is searched, in states'), default: 6000 },
  arguments: valued('text', 'file', 'survivors that are argued; default spec/PROTOCOL/mutants.json'),

  // new
  from: choice('template', TEMPLATES, 'the template that the protocol begins as; default wake-up'),

  // live and bench
  rounds: { ...valued('count', 'n', 'rounds of each design'), default: 200_000 },
  seconds: { ...valued('seconds', 'n', 'at most, of each design'), default: 20 },
  interpreter: {
    ...choice(
      'name',
      ['generated', 'general'],
      'generated: code made for each program; general: its generator functions',
    ),
    default: 'generated',
  },
  logs: valued('text', 'dir', 'write logs of rounds there, at most 16 a design, as `validate` reads them'),
  events: {
    ...valued('count', 'n', 'with --logs: events of the large log; each takes about 1 KB of the temporary directory'),
    default: 1_000_000,
  },
} as const satisfies Readonly<Record<string, OptionDefinition>>

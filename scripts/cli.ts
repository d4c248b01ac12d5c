/** The command line: commands, their options and help; exit codes as docs/commands.md gives them. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { EXIT } from '../impl/lib/kernel/error.ts'
import { MUTANT_KINDS } from '../impl/lib/mutate/mutant.ts'
import { ORDERS } from '../impl/lib/validate/event.ts'
import type { CachedOptions } from './engines/decide.ts'
import type { AblateOptions } from './commands/ablate.ts'
import type { CheckOptions } from './commands/check.ts'
import type { BenchLogsOptions } from './commands/bench-logs.ts'
import type { LiveCommandOptions } from './commands/live.ts'
import type { ProveOptions } from './commands/prove.ts'
import type { MutateOptions } from './commands/mutate.ts'
import type { ValidateOptions } from './commands/validate.ts'
import { packageRoot } from './workspace/project.ts'
import { errorJson, reportError } from './ui/errors.ts'
import type { Output } from './ui/output.ts'
import { outputFor, printJson, writeError, writeOut } from './ui/output.ts'

const positive = (text: string): number => {
  // in decimal digits: Number would take 0x10 too
  const n = /^\d+$/.test(text) ? Number(text) : NaN
  if (!Number.isSafeInteger(n) || n < 1) throw new InvalidArgumentError('expected a whole number from 1 on.')
  return n
}

/** Timers of Node take no more: a longer one would end at once. */
const MOST_SECONDS = Math.floor((2 ** 31 - 1) / 1000)

const seconds = (text: string): number => {
  const n = positive(text)
  if (n > MOST_SECONDS) throw new InvalidArgumentError(`expected a whole number from 1 to ${MOST_SECONDS}.`)
  return n
}

/** An option of which only one can be heeded: a second is refused, where the last would win in silence. */
const once = (text: string, before: string | undefined): string => {
  if (before !== undefined) throw new InvalidArgumentError(`it is given twice, ${before} before: give it once.`)
  return text
}

const version = (): string => {
  const { version: v } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string }
  return v
}

const examples = (...lines: string[]): string => `\nExamples:\n${lines.map((l) => `  $ lockstep ${l}`).join('\n')}\n`

const jsonOption = (): Option => new Option('--json', 'one JSON document on stdout and nothing else')
const tagOption = (): Option =>
  new Option('--tag <tag>', 'fast: what the main job runs; full: everything').choices(['fast', 'full'])
const timeoutOption = (): Option =>
  new Option('--timeout <seconds>', 'limit of one run of an engine').argParser(seconds).default(1800)
const heapOption = (): Option => new Option('--heap <megabytes>', 'heap of the JVM').argParser(positive)
const workersOption = (): Option =>
  new Option('--workers <n>', 'runs at a time, and workers of one large run').argParser(positive)

const cacheOption = (): Option =>
  new Option('--no-cache', 'run everything, also what was decided before of the very same files')

type Action<O> = (out: Output, options: O) => Promise<number>

/** Runs a command and turns what it throws into one clear error and an exit code. */
const guarded =
  <O extends { json?: boolean }>(action: Action<O>) =>
  async (options: O): Promise<void> => {
    const out = outputFor(options.json ?? false)
    try {
      process.exitCode = await action(out, options)
    } catch (error) {
      out.clear()
      process.exitCode = reportError(error, out.json)
    }
  }

/** A command's module is loaded when it is asked for: the modules of all of them take longer than most commands. */
const program = (): Command => {
  const root = new Command('lockstep')
    .description(
      'Does this hypervisor synchronisation design lose an event, and how do I know that the answer is right?\n' +
        'TARGET is a protocol, a design (flush-inhibit/no-srcu), a model (flush-inhibit/posted.sc) or a glob.',
    )
    .version(version())
    .showHelpAfterError('(--help shows how)')
    .addHelpText(
      'after',
      examples('start', 'check flush-inhibit', 'explain flush-inhibit/no-srcu', 'prove flush-inhibit/posted'),
    )
    .addHelpText(
      'after',
      '\nExit codes: 0 all as expected and complete; 1 a finding; 2 bad usage or input;\n3 the environment or an engine failed or did not finish; 130/143 SIGINT/SIGTERM.\n',
    )

  root
    .command('start')
    .description('the main job: check, then prove, all protocols; what `npm start` runs')
    .addOption(jsonOption())
    .addOption(workersOption())
    .addOption(timeoutOption())
    .addOption(cacheOption())
    .action(
      guarded(async (out, options: CachedOptions & { json?: boolean }) =>
        (await import('./commands/start.ts')).start(out, options),
      ),
    )

  root
    .command('list')
    .description('protocols, designs, models, expected verdicts')
    .argument('[target...]', 'protocols, designs, models or globs')
    .addOption(jsonOption())
    .addHelpText('after', examples('list', 'list flush-inhibit --json'))
    .action((targets: string[], options: { json?: boolean }) =>
      guarded(async (out) => (await import('./commands/list.ts')).list(out, targets))(options),
    )

  root
    .command('check')
    .description('verdicts of every cell: each property of each model; or the outcomes of litmus tests')
    .argument('[target...]', 'protocols, designs, models or globs; default everything tagged fast; or FILE.litmus')
    .addOption(new Option('--memory <model>', 'what litmus tests run under; default tso').choices(['sc', 'tso', 'pso']))
    .addOption(
      new Option('--engine <engine>', 'auto: TLC where Java is, else embedded')
        .choices(['auto', 'tlc', 'embedded', 'explorer', 'all'])
        .default('auto'),
    )
    .addOption(tagOption())
    .addOption(workersOption())
    .addOption(timeoutOption())
    .addOption(heapOption())
    .addOption(cacheOption())
    .addOption(new Option('--coverage', 'how often each action is taken over all models of its protocol'))
    .addOption(new Option('-n, --dry-run', 'print the TLC commands instead of running them'))
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        'check',
        'check flush-inhibit --engine all --json',
        "check 'flush-inhibit/no-*' --engine explorer",
        'check SB.litmus --memory pso',
      ) +
        '\nA litmus test is in herd’s C syntax, and so is the answer, but its numbers count distinct final\n' +
        'states where herd’s count executions. Found or not, exit 0; docs/litmus.md has the subset.\n',
    )
    .action((targets: string[], options: Omit<CheckOptions, 'targets'> & { json?: boolean }) =>
      guarded(async (out) => (await import('./commands/check.ts')).check(out, { ...options, targets }))(options),
    )

  root
    .command('prove')
    .description('is the machine equal to its specification, state by state and edge by edge?')
    .argument('[target...]', 'protocols, designs, models or globs; default everything tagged fast')
    .addOption(tagOption())
    .addOption(workersOption())
    .addOption(timeoutOption())
    .addOption(heapOption())
    .addOption(cacheOption())
    .addOption(new Option('--write', 'write certificates and counterexamples to traces/'))
    .addOption(
      new Option(
        '--spec <directory>',
        'prove against the modules in this directory instead of the model’s own',
      ).argParser(once),
    )
    .addOption(
      new Option('--cfg <file>', 'prove against this configuration instead of the model’s own').argParser(once),
    )
    .addOption(jsonOption())
    .addHelpText('after', examples('prove', 'prove flush-inhibit/posted.sc --json'))
    .action((targets: string[], options: Omit<ProveOptions, 'targets'> & { json?: boolean }) =>
      guarded(async (out) => (await import('./commands/prove.ts')).prove(out, { ...options, targets }))(options),
    )

  root
    .command('verify')
    .description('a certificate again, without Java')
    .argument('<file>', 'a certificate that `prove --write` wrote')
    .addOption(jsonOption())
    .addHelpText('after', examples('verify traces/flush-inhibit/posted.sc.certificate.json'))
    .action((file: string, options: { json?: boolean }) =>
      guarded(async (out) => (await import('./commands/verify.ts')).verify(out, file))(options),
    )

  root
    .command('replay')
    .description(
      'a trace of TLC (its output with or without -tool, -simulate file, -dumpTrace json) or ITF on the machine: the first divergence',
    )
    .argument('<model>', 'the model whose machine replays it')
    .argument('<trace>', 'the file; - is stdin')
    .addOption(jsonOption())
    .addHelpText('after', examples('replay flush-inhibit/no-srcu.sc traces/flush-inhibit/no-srcu.sc.Deadlock.itf.json'))
    .action((model: string, file: string, options: { json?: boolean }) =>
      guarded(async (out) => (await import('./commands/replay.ts')).replayCommand(out, model, file))(options),
    )

  root
    .command('validate')
    .description('a log from elsewhere: is it one that the design allows, or where and why not')
    .argument('<model>', 'a model, or a design that is one; with --design any a protocol or a design')
    .argument('<log...>', 'NDJSON or ftrace text, plain, gzip or zstd; - is stdin')
    .addOption(
      new Option(
        '--order <order>',
        'of the events: all of it is known, or that of each lane, or begin and end',
      ).choices([...ORDERS]),
    )
    .addOption(new Option('--unlogged <actions>', 'that may have happened without being in the log; any, or A,B,...'))
    .addOption(
      new Option('--design <which>', 'any: which designs of the protocol allow the log; each log needs one').choices([
        'any',
      ]),
    )
    .addOption(new Option('--format <format>', 'of the log; default as it begins').choices(['ndjson', 'ftrace']))
    .addOption(new Option('--map <file>', 'what tracepoints mean, for ftrace text'))
    .addOption(
      new Option(
        '--with <engine>',
        'tlc: have TLC decide the log too, from the specification; the two must agree (needs Java)',
      ).choices(['tlc']),
    )
    .addOption(new Option('--write-tla <dir>', 'keep the module that TLC is given, in a new directory'))
    .addOption(new Option('--junit <file>', 'write a JUnit XML report'))
    .addOption(new Option('--sarif <file>', 'write a SARIF 2.1.0 report'))
    .addOption(new Option('--summary <file>', 'write a Markdown summary; appended to if it is $GITHUB_STEP_SUMMARY'))
    .addOption(new Option('--github', 'print annotations for GitHub'))
    .addOption(new Option('--timeout <seconds>', 'limit for one log').argParser(seconds).default(600))
    .addOption(new Option('--max-states <n>', 'limit of states, or nodes of the search').argParser(positive))
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        'validate flush-inhibit/posted.sc traces/flush-inhibit/posted.sc.accepted.ndjson',
        'validate poll-kick run.ndjson --design any',
        'validate poll-kick/posted.sc run.ndjson --with tlc',
      ),
    )
    .action((target: string, logs: string[], options: Omit<ValidateOptions, 'target' | 'logs'> & { json?: boolean }) =>
      guarded(async (out) => (await import('./commands/validate.ts')).validate(out, { ...options, target, logs }))(
        options,
      ),
    )

  root
    .command('explain')
    .description('the counterexample to a property, fit for a review')
    .argument('<target>', 'a model, or what names several: the first of them that violates the property is shown')
    .addOption(new Option('--property <name>', 'which; default the first violated cell'))
    .addOption(new Option('--format <format>', 'how').choices(['lanes', 'mermaid', 'itf']).default('lanes'))
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples('explain flush-inhibit/no-srcu', 'explain flush-inhibit/pending-event --property IoctlReturnsProp'),
    )
    .action((model: string, options: { json?: boolean; property?: string; format: 'lanes' | 'mermaid' | 'itf' }) =>
      guarded(async (out) => (await import('./commands/explain.ts')).explain(out, model, options))(options),
    )

  root
    .command('ablate')
    .description('every subset of the toggles: which are needed for which property, which sets suffice')
    .argument('<protocol>', 'a protocol')
    .addOption(
      new Option('--property <name>', 'only this one; may be repeated').argParser(
        (name: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), name],
      ),
    )
    .addOption(
      new Option('--memory <model>', 'memory model; default the base model’s own').choices(['sc', 'tso', 'pso']),
    )
    .addOption(workersOption())
    .addOption(new Option('--timeout <seconds>', 'limit of all of it').argParser(seconds).default(60))
    .addOption(new Option('--markdown <file>', 'write the page there'))
    .addOption(new Option('--explain', 'print the counterexamples too'))
    .addOption(new Option('--confirm', 'have TLC decide each minimal set, and each less one toggle'))
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples('ablate flush-inhibit', 'ablate flush-inhibit --property AllOrNothingInv --explain --timeout 300'),
    )
    .action((protocol: string, options: Omit<AblateOptions, 'protocol'> & { json?: boolean }) =>
      guarded(async (out) => (await import('./commands/ablate.ts')).ablate(out, { ...options, protocol }))(options),
    )

  root
    .command('mutate')
    .description('weakens properties and breaks steps, one change at a time: what notices each?')
    .argument('[protocol]', 'a protocol; default all')
    .addOption(
      new Option('--side <side>', 'what is changed; the specification needs Java')
        .choices(['machine', 'spec', 'both'])
        .default('both'),
    )
    .addOption(new Option('--kind <kind>', 'only these').choices([...MUTANT_KINDS]))
    .addOption(new Option('--changed', 'only protocols whose specification or machine differs from --base'))
    .addOption(new Option('--base <rev>', 'what --changed compares with; default HEAD'))
    .addOption(
      new Option(
        '--sample <n>',
        'at most so many faults of each protocol; with --changed 20, and 16 weakenings of each kind, unless --tag full',
      ).argParser(positive),
    )
    .addOption(new Option('--seed <n>', 'of --sample').argParser(positive).default(1))
    .addOption(tagOption().default('fast'))
    .addOption(new Option('--all', 'go on after the first cell that notices a mutant'))
    .addOption(
      new Option(
        '--search',
        'look for a fault that only the original catches, for each survivor; keep it in that file',
      ),
    )
    .addOption(
      new Option('--search-states <n>', 'largest model that is searched, in states').argParser(positive).default(6000),
    )
    .addOption(new Option('--arguments <file>', 'survivors that are argued; default spec/PROTOCOL/mutants.json'))
    .addOption(workersOption())
    .addOption(new Option('--timeout <seconds>', 'limit of one model').argParser(seconds).default(600))
    .addOption(jsonOption())
    .addHelpText('after', examples('mutate poll-kick', 'mutate --changed', 'mutate --kind property --json'))
    .action((protocol: string | undefined, options: Omit<MutateOptions, 'protocol'> & { json?: boolean }) =>
      guarded(async (out) =>
        (await import('./commands/mutate.ts')).mutate(out, {
          ...options,
          ...(protocol === undefined ? {} : { protocol }),
        }),
      )(options),
    )

  root
    .command('live')
    .description('a protocol’s programs on real threads, with and without the barrier; the model explains each round')
    .argument('<target>', 'poll-kick, litmus, or a design of theirs')
    .addOption(new Option('--rounds <n>', 'rounds of each design').argParser(positive).default(200_000))
    .addOption(new Option('--seconds <n>', 'at most, of each design').argParser(seconds).default(20))
    .addOption(new Option('--seed <n>', 'of delays and of what the world decides').argParser(positive).default(1))
    .addOption(
      new Option(
        '--sample <n>',
        'rounds of each design that the model explains, besides those that lost; default all',
      ).argParser(positive),
    )
    .addOption(
      new Option('--interpreter <name>', 'generated: code made for each program; general: its generator functions')
        .choices(['generated', 'general'])
        .default('generated'),
    )
    .addOption(new Option('--logs <dir>', 'write logs of rounds there, at most 16 a design, as `validate` reads them'))
    .addOption(jsonOption())
    .addHelpText('after', examples('live poll-kick', 'live litmus --rounds 1000000', 'live poll-kick/clear-recheck'))
    .action((target: string, options: Omit<LiveCommandOptions, 'target'> & { json?: boolean }) =>
      guarded(async (out) => (await import('./commands/live.ts')).live(out, { ...options, target }))(options),
    )

  root
    .command('tlc')
    .description('TLC itself, through the wrapper: lockstep tlc -- ARGS')
    .argument('[args...]', 'arguments of tlc2.TLC')
    .addOption(new Option('-n, --dry-run', 'print the command instead of running it'))
    .addHelpText('after', examples('tlc -- -help', 'tlc -- -config posted.sc.cfg MCFlushInhibit.tla'))
    .action((args: string[], options: { dryRun?: boolean }) =>
      guarded(async (out) => (await import('./commands/tlc.ts')).tlc(out, args, options))({}),
    )

  root
    .command('bench')
    .description('the explorer, or with --logs the validator, against TLC on the same model, side by side')
    .argument('[model]', 'a model; default the largest, with --logs flush-inhibit/posted.sc')
    .addOption(new Option('--logs', 'validation of logs, made by the machine itself'))
    .addOption(
      new Option(
        '--events <n>',
        'with --logs: events of the large log; each takes about 1 KB of the temporary directory',
      )
        .argParser(positive)
        .default(1_000_000),
    )
    .addOption(new Option('--rounds <n>', 'runs of ours; the median counts').argParser(positive).default(3))
    .addOption(workersOption())
    .addOption(timeoutOption())
    .addOption(heapOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('bench', 'bench flush-inhibit/posted.sc.f3', 'bench --logs --events 10000000'))
    .action(
      (model: string | undefined, options: Omit<BenchLogsOptions, 'model'> & { json?: boolean; logs?: boolean }) =>
        guarded(async (out) => {
          const all = { ...options, ...(model === undefined ? {} : { model }) }
          return options.logs === true
            ? (await import('./commands/bench-logs.ts')).benchLogs(out, all)
            : (await import('./commands/bench.ts')).bench(out, all)
        })(options),
    )

  root
    .command('doctor')
    .description('what is here, what is missing, what to do')
    .addOption(jsonOption())
    .action((options: { json?: boolean }) =>
      guarded(async (out) => (await import('./commands/doctor.ts')).doctor(out))(options),
    )

  return root
}

/** Commander reports its own errors; bad usage is exit code 2, and with --json it is JSON too. */
const parse = async (root: Command, argv: readonly string[], json: boolean): Promise<void> => {
  try {
    await root.parseAsync([...argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage
    if (json && error.exitCode !== 0) {
      const message = error.message.replace(/^error: /, '')
      printJson({ ok: false, error: errorJson({ code: 'usage', message, hint: '--help shows how' }) })
    }
  }
}

/** Runs the command line; the exit code is in `process.exitCode`. */
export const run = async (argv: readonly string[]): Promise<void> => {
  const root = program()
  const json = argv.includes('--json')
  const override = (command: Command): void => {
    command.exitOverride()
    // the words of the command line are in what Commander says of them
    command.configureOutput({ writeOut, writeErr: json ? () => undefined : writeError })
    for (const sub of command.commands) override(sub)
  }
  override(root)
  try {
    await parse(root, argv, json)
  } catch (error) {
    process.exitCode = reportError(error, json)
  }
}

/** The program, in the thread of a command: what nothing else catches is one clear error as well. */
export const main = async (argv: readonly string[]): Promise<void> => {
  process.on('uncaughtException', (error) => {
    process.exit(reportError(error, argv.includes('--json')))
  })
  await run(argv)
}

/** TLC's own opinion of logs: it searches the specification for what explains them, and never sees the machine. */

import { basename, join } from 'node:path'
import { printCfg } from '../../impl/lib/tla/cfg.ts'
import type { Compiled } from '../../impl/lib/kernel/machine/automaton.ts'
import { compile } from '../../impl/lib/kernel/machine/compile.ts'
import { assemble } from '../../impl/lib/kernel/machine/tables.ts'
import { badInput, environmentFailure } from '../../impl/lib/kernel/error.ts'
import { threadName } from '../../impl/lib/kernel/language/machine.ts'
import type { TlaValue } from '../../impl/lib/kernel/language/value.ts'
import { tla } from '../../impl/lib/kernel/language/value.ts'
import { Fields } from '../../impl/lib/validate/json-codec.ts'
import type { LogOptions } from '../../impl/lib/validate/validator.ts'
import type { SpecStep } from '../../impl/lib/validate/spec-steps.ts'
import { specSteps } from '../../impl/lib/validate/spec-steps.ts'
import type { LogText, SpecOfLogs } from '../../impl/lib/validate/trace-module.ts'
import { explainedIn, TRACE_CFG, TRACE_MODULE, traceModule } from '../../impl/lib/validate/trace-module.ts'
import type { Toolchain } from '../engines/tlc.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import { machineOf } from '../../impl/lib/protocol/model.ts'
import { modelModule, specFiles, specText } from '../workspace/spec-files.ts'
import { withTempDir } from '../node/tempdir.ts'
import { writeWhole } from '../node/write.ts'
import type { TlcOptions } from '../tlc/run.ts'
import { runTlc } from '../tlc/run.ts'

/** What TLC says of one log. */
export interface OracleAnswer {
  readonly accepted: boolean
  /** the most events that some order explains */
  readonly explained: number
}

/** What a run of TLC says of some logs. */
export interface OracleRun {
  readonly answers: readonly OracleAnswer[]
  readonly version: string
  /** distinct states of the search, of all the logs together */
  readonly states: number
  /** steps into them, and initial states */
  readonly generated: number
  readonly seconds: number
}

/** Limits of a run, in seconds. */
type Limits = Pick<LogOptions, 'timeout' | 'signal'>

/** With more events than this Java had better optimise. */
const SMALL_EVENTS = 2000

/** A step of a thread of which the specification does not say so would be taken for one that nobody has to log. */
const refuseNobodys = (steps: readonly SpecStep[], { automata }: Compiled): void => {
  const taken = new Set(automata.flatMap(({ nodes }) => nodes.map(({ label }) => label)))
  const nobodys = steps.find(({ action, thread }) => thread === undefined && taken.has(action))
  if (nobodys === undefined) return
  const { action } = nobodys
  throw badInput({
    code: 'unread-next',
    message: `the specification does not say which thread takes ${action}`,
    hint: `begin the action with At(th, "${action}"), or with an operator that has At of its first two parameters in it`,
  })
}

/** A model's logs, ready for TLC. */
export class Oracle {
  readonly model: Model
  private readonly spec: SpecOfLogs

  constructor(model: Model) {
    this.model = model
    const machine = machineOf(model)
    const compiled = compile(machine)
    const fields = new Fields(assemble(compiled))
    const tlaOf = ([kind, n]: readonly [string, number]): TlaValue => tla.seq([tla.str(kind), tla.int(n)])
    const happensTo = new Map<string, Map<string, TlaValue>>()
    for (const { label, thread } of machine.environment) {
      const threads = happensTo.get(label) ?? new Map<string, TlaValue>()
      happensTo.set(label, threads.set(threadName(thread), tlaOf(thread)))
    }
    const steps = specSteps(specFiles(model.protocol).map((file) => ({ file: file.file, text: specText(file) })))
    refuseNobodys(steps, compiled)
    this.spec = {
      module: modelModule(model.protocol),
      steps,
      threads: new Map(machine.threads.map(({ id }) => [threadName(id), tlaOf(id)])),
      happensTo: new Map([...happensTo].map(([action, threads]) => [action, [...threads.values()]])),
      facts: (state) => {
        const facts = fields.facts(state)
        if ('path' in facts) throw new RangeError(`${facts.path} is ${facts.found}, expected ${facts.expected}`)
        return facts
      },
    }
  }

  /** Writes the module, its configuration and what it extends. */
  write(directory: string, logs: readonly LogText[]): void {
    for (const file of specFiles(this.model.protocol)) writeWhole(join(directory, basename(file.file)), specText(file))
    writeWhole(join(directory, `${TRACE_MODULE}.tla`), traceModule(this.spec, logs))
    const cfg = printCfg(this.model.cfg, { ...TRACE_CFG, properties: [] })
    writeWhole(join(directory, `${TRACE_MODULE}.cfg`), `${cfg}CHECK_DEADLOCK FALSE\n`)
  }

  /** What TLC is to do with what was written. */
  task(directory: string, logs: readonly LogText[], { java, jar }: Toolchain): TlcOptions {
    const events = logs.reduce((sum, log) => sum + log.events.length, 0)
    return {
      java,
      jar,
      specFile: join(directory, `${TRACE_MODULE}.tla`),
      cfgFile: join(directory, `${TRACE_MODULE}.cfg`),
      deadlock: false,
      workers: 1,
      small: events <= SMALL_EVENTS,
    }
  }

  /**
   * Asks TLC about logs, all in one run.
   *
   * @throws LockstepError (exit 3) if TLC does not finish its work
   */
  ask(logs: readonly LogText[], toolchain: Toolchain, { timeout, signal }: Limits = {}): Promise<OracleRun> {
    return withTempDir('oracle', async (directory) => {
      const explained = logs.map((): number | undefined => undefined)
      this.write(directory, logs)
      const run = await runTlc({
        ...this.task(directory, logs, toolchain),
        timeoutMs: timeout === undefined ? undefined : timeout * 1000,
        signal,
        onLine: (line) => {
          const found = explainedIn(line)
          if (found !== undefined) explained[found.log] = Math.max(found.events, explained[found.log] ?? 0)
        },
      })
      if (run.problem !== undefined) throw run.problem
      const answers = logs.map(({ events }, i): OracleAnswer => {
        const most = explained[i]
        if (run.outcome !== 'success' || most === undefined) {
          throw environmentFailure({
            code: 'oracle-broken',
            message: `TLC did not say how much of the log it explains (${run.outcome})`,
            hint: '--write-tla keeps the module, to be run by hand',
          })
        }
        return { accepted: most === events.filter(({ lost }) => lost === undefined).length, explained: most }
      })
      return {
        answers,
        version: run.version,
        states: run.distinctStates,
        generated: run.statesGenerated,
        seconds: run.seconds,
      }
    })
  }
}

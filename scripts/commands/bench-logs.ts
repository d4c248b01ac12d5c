/**
 * `lockstep bench --logs`: what validating a log costs, and what it costs TLC. The logs are walks of the machine itself; each
 * part is of the same walk whenever it is run.
 */

import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { environmentFailure, EXIT, LockstepError } from '../../impl/lib/kernel/error.ts'
import type { LogEvent, Order } from '../../impl/lib/validate/event.ts'
import type { SampleEvent, SampleOptions } from '../../impl/lib/validate/sample.ts'
import { logLines, sampleEvents, walkEvents } from '../../impl/lib/validate/sample.ts'
import type { Toolchain } from '../engines/tlc.ts'
import { findToolchain } from '../engines/tlc.ts'
import type { OptionsOf } from '../cli/commands.ts'
import { withTempDir } from '../node/tempdir.ts'
import type { Output } from '../ui/output.ts'
import { modelOfTarget } from '../workspace/one-model.ts'
import { columns, printJson, seconds, thousands } from '../ui/output.ts'
import type { Lines } from '../../impl/lib/validate/source.ts'
import { readLines } from '../validate/lines.ts'
import { Oracle } from '../validate/oracle.ts'
import type { Validator } from '../../impl/lib/validate/validator.ts'
import { median } from './bench.ts'
import { logValidator } from '../validate/subject.ts'
import type { Project } from '../../impl/lib/protocol/project.ts'

type BenchOptions = OptionsOf<'bench'>

const MODEL = 'flush-inhibit/posted.sc'
const SEED = 1
const MILLION = 1_000_000
/** Events that TLC is given in total order: it has to parse them as a module. */
const TLC_EVENTS = 3000
/** Steps of which two thirds are in the log in per-cpu order. */
const LANE_STEPS = 4500
/** Seconds that TLC gets for one log at most. */
const TLC_SECONDS = 300
/** Lines that are written at a time. */
const CHUNK = 1000

/** Everything is logged: action, thread, result, the whole state after it, lane, number and time. */
const FULL = { seed: SEED, lanes: true, skew: 0 } as const
/** A third of the events and half of each state are missing. */
const PARTIAL = { seed: SEED, steps: LANE_STEPS, missing: 1 / 3, blank: 1 / 2, lanes: true } as const

async function* chunks(lines: Iterable<string>): AsyncGenerator<string> {
  let chunk: string[] = []
  for (const line of lines) {
    chunk.push(`${line}\n`)
    if (chunk.length < CHUNK) continue
    yield chunk.join('')
    // signals and other work get their turn
    await new Promise((resolve) => setImmediate(resolve))
    chunk = []
  }
  yield chunk.join('')
}

function* fullLines(validator: Validator, events: number): Generator<string> {
  yield* logLines({ model: validator.subject.name, order: 'total' }, [])
  for (const event of walkEvents(validator.kernel, validator.fields, { ...FULL, steps: events })) {
    yield JSON.stringify(event)
  }
}

/** Validates a file, too large to be kept, and looks at the memory now and then. */
const measureLarge = async (validator: Validator, file: string) => {
  let first: number | undefined
  let most = 0
  async function* watched(): AsyncGenerator<Lines> {
    for await (const batch of readLines(file)) {
      yield batch
      const rss = process.memoryUsage.rss()
      if (first === undefined && batch.firstLine > MILLION) first = rss
      if (first !== undefined) most = Math.max(most, rss)
    }
  }
  const before = process.cpuUsage()
  const start = performance.now()
  const { verdict, events } = await validator.validate(watched(), { file })
  const wall = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(before)
  const end = process.memoryUsage.rss()
  expectAccepted(verdict)
  return {
    events,
    seconds: wall,
    // of one core
    eventsPerSecond: Math.round(events / ((user + system) / 1e6)),
    // bytes, after the first million events or at the end if there are fewer; most of all after it; at the end
    rss: { first: first ?? end, most: Math.max(most, end), end },
  }
}

type Large = Awaited<ReturnType<typeof measureLarge>>

const expectAccepted = (verdict: string): void => {
  if (verdict === 'accepted') return
  throw environmentFailure({ code: 'bench-differs', message: `a log of the model itself is ${verdict}` })
}

const asLog = (events: readonly SampleEvent[]): LogEvent[] => events.map((event, i) => ({ line: i + 2, ...event }))

/** What TLC says of a log, or why it says nothing. */
interface TlcAnswer {
  readonly tlc: { readonly seconds: number; readonly states: number; readonly version: string } | null
  readonly problem: string | null
}

const askTlc = async (
  oracle: Oracle,
  toolchain: Toolchain,
  log: { readonly order: Order; readonly unlogged: 'any' | readonly string[]; readonly events: readonly LogEvent[] },
  timeout: number,
): Promise<TlcAnswer> => {
  try {
    const { seconds: taken, states, version, answers } = await oracle.ask([log], toolchain, { timeout })
    if (answers[0]?.accepted !== true)
      throw environmentFailure({ code: 'bench-differs', message: 'TLC rejects the log' })
    return { tlc: { seconds: taken, states, version }, problem: null }
  } catch (error) {
    if (!(error instanceof LockstepError) || error.problem.code === 'bench-differs') throw error
    return { tlc: null, problem: error.message }
  }
}

/** The model whose logs are validated, and who validates them. */
interface Subject {
  readonly validator: Validator
  readonly oracle: Oracle
  readonly toolchain: Toolchain
}

/** The large log, validated some times. */
const measureLarges = (out: Output, { validator }: Subject, { events, rounds }: BenchOptions): Promise<Large[]> =>
  withTempDir('bench', async (directory) => {
    const file = join(directory, 'log.ndjson')
    out.progress(`writing ${thousands(events)} events`)
    await pipeline(Readable.from(chunks(fullLines(validator, events))), createWriteStream(file))
    const runs: Large[] = []
    for (let round = 1; round <= rounds; round++) {
      out.progress(`${thousands(events)} events: round ${round} of ${rounds}`)
      runs.push(await measureLarge(validator, file))
    }
    return runs
  })

/** A log that TLC is given too. */
const measureSmall = async (
  out: Output,
  { validator, oracle, toolchain }: Subject,
  { log, order, sample }: { readonly log: string; readonly order: Order; readonly sample: SampleOptions },
  { rounds, timeout }: BenchOptions,
) => {
  const events = sampleEvents(validator.kernel, validator.fields, sample)
  // as they happened: in total order the lines are not sorted by lane
  const inOrder = order === 'total' ? [...walkEvents(validator.kernel, validator.fields, sample)] : events
  const unlogged = order === 'total' ? [] : ('any' as const)
  const lines = logLines({ order, unlogged }, inOrder)
  const times: number[] = []
  let nodes: number | null = null
  for (let round = 1; round <= rounds; round++) {
    out.progress(`${log}: round ${round} of ${rounds}`)
    const result = await validator.validate([{ firstLine: 1, lines }], { file: log })
    expectAccepted(result.verdict)
    times.push(result.seconds)
    nodes = result.nodes ?? null
  }
  out.progress(`${log}: TLC`)
  const asked = { order, unlogged, events: asLog(inOrder) }
  const { tlc, problem } = await askTlc(oracle, toolchain, asked, Math.min(timeout, TLC_SECONDS))
  // how often ours is done while TLC is done once
  const ratio = tlc === null ? null : tlc.seconds / median(times)
  return { log, events: inOrder.length, verdict: 'accepted', nodes, seconds: times, tlc, problem, ratio }
}

type Small = Awaited<ReturnType<typeof measureSmall>>

/** The logs that TLC is given too. */
const SMALL_LOGS = [
  { log: 'total, all is logged', order: 'total', sample: { ...FULL, steps: TLC_EVENTS } },
  { log: 'per-cpu, a third and half of each state missing', order: 'per-cpu', sample: PARTIAL },
  { log: 'the same with clocks that are off by 5 steps', order: 'per-cpu', sample: { ...PARTIAL, skew: 5 } },
] as const

/** Validates the logs, and has TLC do so; returns the exit code. */
export const benchLogs = async (out: Output, options: BenchOptions, project: Project): Promise<number> => {
  const model = modelOfTarget(out, project, options.model ?? MODEL)
  const subject = {
    validator: logValidator(model, project),
    oracle: new Oracle(model),
    toolchain: await findToolchain(),
  }
  const large = await measureLarges(out, subject, options)
  const logs: Small[] = []
  for (const small of SMALL_LOGS) logs.push(await measureSmall(out, subject, small, options))
  report(out, model.name, large, logs)
  return EXIT.ok
}

const report = (out: Output, model: string, large: readonly Large[], logs: readonly Small[]): void => {
  out.clear()
  const rate = median(large.map(({ eventsPerSecond }) => eventsPerSecond))
  if (out.json) printJson({ ok: true, model, large: { eventsPerSecond: rate, runs: large }, logs })
  printLarge(out, model, large, rate)
  for (const row of columns(logs.flatMap(rowsOf))) out.line(row)
}

const megabytes = (bytes: number): string => `${thousands(Math.round(bytes / 2 ** 20))} MiB`

const printLarge = (out: Output, model: string, runs: readonly Large[], rate: number): void => {
  const [first] = runs
  if (first === undefined) return
  out.line(`${model}, total order, ${thousands(first.events)} events with all that there is to log`)
  out.line(`  ${thousands(rate)} events a second of one core`)
  const { rss } = first
  const after = first.events > MILLION ? 'after the first million events' : 'at the end'
  out.line(`  memory ${megabytes(rss.first)} ${after}, at most ${megabytes(rss.most)} from then on`)
}

const rowsOf = ({ log, events, seconds: times, nodes, tlc, problem, ratio }: Small): string[][] => [
  [`${log}: ${thousands(events)} events`],
  ['  validator', seconds(median(times)), nodes === null ? '' : `${thousands(nodes)} nodes`],
  tlc === null || ratio === null
    ? ['  TLC', 'no answer', problem ?? '']
    : [
        `  TLC ${tlc.version}`,
        seconds(tlc.seconds),
        `${thousands(tlc.states)} states, ${ratio.toFixed(0)} times as long`,
      ],
]

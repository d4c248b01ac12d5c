/** `lockstep mutate`: weakens and breaks machines one change at a time, and says what notices each change. */

import { EXIT, badInput, environmentFailure } from '../../impl/lib/error.ts'
import { PROTOCOLS, protocolNamed } from '../../impl/catalog.ts'
import type { MutantKind } from '../../impl/lib/mutate/mutant.ts'
import { MUTANT_KINDS } from '../../impl/lib/mutate/mutant.ts'
import type { TypeScript } from '../../impl/lib/mutate/syntax.ts'
import type { Judged } from '../../impl/lib/mutate/verdict.ts'
import type { Protocol } from '../../impl/lib/protocol.ts'
import { workersOf } from '../check/engines.ts'
import type { Model } from '../lib/project.ts'
import { loadModels, near } from '../lib/project.ts'
import type { Argument, Stale } from '../mutate/argued.ts'
import { loadArguments, withArguments } from '../mutate/argued.ts'
import { changedFiles, protocolsOf } from '../mutate/changed.ts'
import { findTypeScript } from '../mutate/load.ts'
import type { Part } from '../mutate/report.ts'
import { jsonOf, report } from '../mutate/report.ts'
import { judgeMutants } from '../mutate/run.ts'
import { machineMutants, sampled } from '../mutate/sources.ts'
import { TypeCheck } from '../mutate/types.ts'
import type { Output } from '../ui/output.ts'
import { printJson } from '../ui/output.ts'

/** Options of the command. */
export interface MutateOptions {
  readonly protocol?: string
  readonly kind?: MutantKind
  readonly changed?: boolean
  readonly base: string
  readonly sample?: number
  readonly seed: number
  readonly tag: 'fast' | 'full'
  readonly all?: boolean
  readonly arguments?: string
  readonly workers?: number
  /** seconds */
  readonly timeout: number
}

const compilerOrFail = async (): Promise<TypeScript> => {
  const ts = await findTypeScript()
  if (ts !== undefined) return ts
  throw environmentFailure({
    code: 'no-typescript',
    message: 'mutate needs the package typescript, which is not installed',
    hint: 'it is a command for checkouts: clone the repository and run `npm ci` in it',
  })
}

const known = (name: string): Protocol => {
  const protocol = protocolNamed(name)
  if (protocol !== undefined) return protocol
  const candidates = near(
    name,
    PROTOCOLS.map((p) => p.name),
  )
  throw badInput({
    code: 'unknown-target',
    message: `no protocol is called ${JSON.stringify(name)}`,
    hint: candidates.length > 0 ? `did you mean ${candidates.join(', ')}?` : '`lockstep list` shows them all',
  })
}

const chosen = (options: MutateOptions): readonly Protocol[] => {
  const asked = options.protocol === undefined ? PROTOCOLS : [known(options.protocol)]
  return options.changed === true ? protocolsOf(changedFiles(options.base), asked) : asked
}

/** A survivor, or one whose machine ends in an error, may be no program at all. */
const typed = (judged: readonly Judged[], types: () => TypeCheck): Judged[] =>
  judged.map((j) => {
    const suspicious = j.fate === 'survived' || j.killedBy.some(({ name }) => name.includes(' error: '))
    if (j.mutant.kind !== 'fault' || !suspicious) return j
    const error = types().errorOf(j.mutant)
    return error === undefined ? j : { ...j, fate: 'refused', killedBy: [], reason: `type error: ${error}` }
  })

const runProtocol = async (
  out: Output,
  protocol: Protocol,
  models: readonly Model[],
  ts: TypeScript,
  types: () => TypeCheck,
  options: MutateOptions,
): Promise<Part> => {
  const start = performance.now()
  const kinds = options.kind === undefined ? MUTANT_KINDS : [options.kind]
  const { mutants: all, same } = machineMutants(ts, protocol, kinds)
  const mutants = sampled(all, options.sample, options.seed)
  const argued = loadArguments(protocol, options.arguments)
  const judged = await judgeMutants(protocol.name, mutants, models, {
    workers: workersOf(options),
    limit: options.timeout * 1000,
    all: options.all ?? false,
    onProgress: (done, of, alive) => {
      out.progress(`${protocol.name}: ${done} of ${of} done, ${alive} mutants nobody noticed yet`)
    },
  })
  out.clear()
  const wasRun = ({ kind }: Argument): boolean =>
    kinds.includes(kind) && (kind !== 'fault' || options.sample === undefined)
  const checked: { readonly judged: readonly Judged[]; readonly stale: readonly Stale[] } = withArguments(
    typed(judged, types),
    argued,
    wasRun,
  )
  return {
    protocol: protocol.name,
    ...checked,
    same,
    notDrawn: all.length - mutants.length,
    seconds: (performance.now() - start) / 1000,
  }
}

const exitOf = (parts: readonly Part[]): number => {
  const fates = parts.flatMap(({ judged }) => judged.map(({ fate }) => fate))
  if (fates.includes('survived') || parts.some(({ stale }) => stale.length > 0)) return EXIT.finding
  return fates.includes('incomplete') ? EXIT.environment : EXIT.ok
}

/** Runs mutants; returns the exit code. */
export const mutate = async (out: Output, options: MutateOptions): Promise<number> => {
  const ts = await compilerOrFail()
  const protocols = chosen(options)
  const models = loadModels().filter((m) => options.tag === 'full' || m.tags.includes('fast'))
  let checker: TypeCheck | undefined
  const types = (): TypeCheck => (checker ??= new TypeCheck(ts))
  const parts: Part[] = []
  for (const protocol of protocols) {
    const own = models.filter((m) => m.protocol === protocol)
    const part = await runProtocol(out, protocol, own, ts, types, options)
    parts.push(part)
    for (const line of report(part, out.colour)) out.line(line)
  }
  const code = exitOf(parts)
  if (out.json) printJson(jsonOf(parts, code === EXIT.ok, options))
  if (protocols.length === 0) out.line(`no protocol was changed since ${options.base}: nothing was run`)
  if (options.sample !== undefined) out.line(`faults were drawn with --seed ${options.seed}`)
  return code
}

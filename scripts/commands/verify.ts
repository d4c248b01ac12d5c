/**
 * `lockstep verify`: a certificate again, without Java. Everything in it is worked out anew from the files and the machine as
 * they are, and compared; what cannot be, that TLC saw the specification's side of it, is said to be taken on trust.
 */

import { badInput, EXIT } from '../../impl/lib/kernel/error.ts'
import type { Graph } from '../../impl/lib/kernel/explore/graph.ts'
import { depthOf } from '../../impl/lib/kernel/explore/graph.ts'
import { kernelDigest } from '../../impl/lib/prove/machine-digest.ts'
import { machineSide } from '../../impl/lib/prove/compare.ts'
import { View } from '../../impl/lib/tla/state-codec.ts'
import { checkGraph, graphOf } from '../../impl/lib/check/explorer.ts'
import type { OptionsOf } from '../cli/commands.ts'
import type { Certificate } from '../workspace/certificate.ts'
import {
  certificateDifferences,
  certificateOf,
  certifiedCell,
  JAR,
  readCertificate,
  regenerate,
  watchInputs,
} from '../workspace/certificate.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import { isSpecifiedKind } from '../../impl/lib/protocol/model.ts'
import { PINNED } from '../tlc/jar.ts'
import type { Output } from '../ui/output.ts'
import { printJson, thousands } from '../ui/output.ts'
import type { Project } from '../../impl/lib/protocol/project.ts'

const bothSides = <T>(value: T): { readonly spec: T; readonly impl: T } => ({ spec: value, impl: value })

/** TLC's verdicts as they must be: those that the machine has, of exactly the model's own cells. */
const verdictsNow = (model: Model, graph: Graph): Certificate['verdicts'] => {
  const { cells } = checkGraph(model, graph, performance.now())
  return Object.fromEntries(
    model.cells.flatMap(({ name, kind }) => {
      const { verdict, vacuous } = cells.get(name) ?? { verdict: 'error' }
      if (!isSpecifiedKind(kind)) return []
      return verdict === 'error' || verdict === 'incomplete' ? [] : [[name, certifiedCell(kind, verdict, vacuous)]]
    }),
  )
}

/** What a certificate of the model must say, all of it, from the machine and the files as they are now. */
export const certificateNow = (model: Model): Certificate => {
  const unchanged = watchInputs(model)
  const graph = graphOf(model)
  const side = machineSide(graph, new View(graph.kernel))
  const { generated: generatedStates, count: distinctStates } = graph
  const { inputs, ...certified } = certificateOf(
    model,
    {
      initial: bothSides(side.initial),
      states: bothSides(side.states),
      edges: bothSides(side.edges),
      actions: Object.fromEntries(Object.entries(side.actions).map(([name, count]) => [name, bothSides(count)])),
      digest: bothSides(side.digest),
    },
    {
      tlc: { version: PINNED.version, generatedStates, distinctStates, depth: depthOf(graph) },
      machine: kernelDigest(graph.kernel),
      jarSha256: PINNED.sha256,
    },
  )
  const verdicts = verdictsNow(model, graph)
  unchanged()
  return { ...certified, verdicts, inputs }
}

/** What a certificate says that is not so; empty if it is all so. */
export const verifyCertificate = (certificate: Certificate, model: Model): string[] =>
  certificateDifferences({ ...certificate, verdicts: certificate.verdicts ?? {} }, certificateNow(model))

/** What no run without TLC can find out. */
export const trusted = ({ tlc }: Certificate): string[] => [
  `that TLC ${tlc.version}, from the pinned ${JAR}, was run on the modules and the configuration as they are now`,
  'that its graph had the initial states, states, edges, actions and digest that are certified of the specification',
  'that its verdicts were those that are certified; the explorer finds the same in the machine',
]

/** The model that a certificate is of. */
const modelOf = ({ model: name }: Certificate, file: string, project: Project): Model => {
  const model = project.modelsFor([name]).find((m) => m.name === name)
  if (model !== undefined) return model
  const message = `there is no model ${JSON.stringify(name)}`
  throw badInput({ code: 'unknown-model', message, file, hint: '`lockstep list` shows the models' })
}

/** Verifies a certificate; returns the exit code. */
export const verify = (out: Output, { file }: OptionsOf<'verify'>, project: Project): number => {
  const certificate = readCertificate(file)
  const model = modelOf(certificate, file, project)
  const differences = verifyCertificate(certificate, model)
  const { states, edges, tlc } = certificate
  const trust = trusted(certificate)
  const ok = differences.length === 0
  if (out.json) printJson({ ok, model: model.name, differences, trusted: trust })
  if (ok) {
    out.line(
      `${model.name}: the machine has the ${thousands(states.impl)} states and ${thousands(edges.impl)} edges that were certified equal to the specification's by TLC ${tlc.version}`,
    )
    for (const line of trust) out.line(`  taken on trust: ${line}`)
    return EXIT.ok
  }
  for (const line of differences) out.line(`${model.name}: ${line}`)
  out.line(`  ${regenerate(model.name)}`)
  return EXIT.finding
}

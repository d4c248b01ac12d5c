/** Results that are kept: found again for the very same files only, and only if they are complete. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isCI } from '../effort.ts'
import { decideModel } from '../../scripts/engines/decide.ts'
import type { EngineFindings } from '../../impl/lib/check/result.ts'
import { modelResult } from '../../impl/lib/check/result.ts'
import { checkWithTlc, findToolchain } from '../../scripts/engines/tlc.ts'
import { violatedWitnesses, witnessModule } from '../../scripts/engines/witness.ts'
import { verifyCertificate } from '../../scripts/commands/verify.ts'
import {
  certificateFile,
  certifiedCell,
  certificateSchema,
  certifiedVerdicts,
} from '../../scripts/workspace/certificate.ts'
import { isSpecifiedKind } from '../../impl/lib/protocol/cell.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import { oneModel } from '../../impl/lib/protocol/target.ts'
import { keepFindings, knownFindings, knownProof } from '../../scripts/engines/results.ts'
import { loadModels } from '../project.ts'

const models = loadModels()
const model = oneModel(models, 'litmus/sb.tso')
const JAR = 'a'.repeat(64)
const toolsWith = (sha256: string, version = '17.0.15') => ({ jar: { sha256 }, java: { version } })
const TOOLS = toolsWith(JAR)
const toolchain = await findToolchain().catch(() => undefined)

const found: EngineFindings = {
  engine: 'tlc',
  cells: new Map([['OutcomeForbiddenInv', { verdict: 'violated', depth: 7 }]]),
  distinctStates: 34,
  generatedStates: 60,
  depth: 9,
  seconds: 1,
  notes: [],
}

let directory = ''
const before = process.env['LOCKSTEP_CACHE']

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lockstep-results-'))
  process.env['LOCKSTEP_CACHE'] = directory
})

afterEach(() => {
  if (before === undefined) delete process.env['LOCKSTEP_CACHE']
  else process.env['LOCKSTEP_CACHE'] = before
  rmSync(directory, { recursive: true, force: true })
})

const files = (): string[] => readdirSync(join(directory, 'results')).map((name) => join(directory, 'results', name))

/** The same model with a configuration of other text. */
const reconfigured = (): Model => {
  const cfgFile = join(directory, 'sb.tso.cfg')
  writeFileSync(cfgFile, `${readFileSync(model.cfgFile, 'utf8')}\\* changed\n`)
  return { ...model, cfgFile }
}

/** The same model where the property is asked of another instance: what is vacuous is said by instance. */
const renamed = (): Model => ({
  ...model,
  protocol: {
    ...model.protocol,
    machine: (constants, data) => {
      const machine = model.protocol.machine(constants, data)
      const invariants = machine.invariants.map((invariant) => ({
        ...invariant,
        instances: invariant.instances.map((instance) => ({ ...instance, name: '.other' })),
      }))
      return { ...machine, invariants }
    },
  },
})

describe('results that are kept', () => {
  it('are found again, and say that they are', () => {
    expect(knownFindings(model, 'tlc', TOOLS)).toBeUndefined()
    keepFindings(model, found, TOOLS)
    expect(knownFindings(model, 'tlc', TOOLS)).toMatchObject({ cells: found.cells, distinctStates: 34, cached: true })
    const known = knownFindings(model, 'tlc', TOOLS)
    expect(known && modelResult(model, known).cached).toBe(true)
  })

  it.each([
    ['another jar', () => knownFindings(model, 'tlc', toolsWith('b'.repeat(64)))],
    ['another Java', () => knownFindings(model, 'tlc', toolsWith(JAR, '21.0.1'))],
    ['another configuration', () => knownFindings(reconfigured(), 'tlc', TOOLS)],
    ['other instances of a property', () => knownFindings(renamed(), 'tlc', TOOLS)],
    ['another engine', () => knownFindings(model, 'embedded', TOOLS)],
    ['another model', () => knownFindings(oneModel(models, 'litmus/sb.pso'), 'tlc', TOOLS)],
  ])('are not found for %s', (_what, ask) => {
    keepFindings(model, found, TOOLS)
    expect(ask()).toBeUndefined()
  })

  it.each([
    ['incomplete', { ...found, cells: new Map([['OutcomeForbiddenInv', { verdict: 'incomplete' as const }]]) }],
    ['without the cell', { ...found, cells: new Map() }],
    ['with a note', { ...found, notes: ['no answer within 3 s'] }],
    ['without the complete graph', { ...found, distinctStates: null }],
    ['failed', { ...found, failure: 'error' as const }],
  ])('are never %s', (_what, findings: EngineFindings) => {
    keepFindings(model, findings, TOOLS)
    expect(knownFindings(model, 'tlc', TOOLS)).toBeUndefined()
  })

  it.each(['', '{', '{}', '{"cells":{"OutcomeForbiddenInv":{"verdict":"incomplete"}}}'])(
    'that are damaged (%j) are decided again',
    (text) => {
      keepFindings(model, found, TOOLS)
      for (const file of files()) writeFileSync(file, text)
      expect(knownFindings(model, 'tlc', TOOLS)).toBeUndefined()
    },
  )

  it('are few: a cache does not grow with every change', () => {
    for (let i = 0; i < 9; i++) keepFindings(model, found, toolsWith(String(i).repeat(64)))
    expect(files()).toHaveLength(4)
  })

  it('are not missed where nothing can be written', () => {
    const file = join(directory, 'file')
    writeFileSync(file, '')
    process.env['LOCKSTEP_CACHE'] = file
    keepFindings(model, found, TOOLS)
    expect(knownFindings(model, 'tlc', TOOLS)).toBeUndefined()
  })
})

describe('certified verdicts', () => {
  const certificate = certificateSchema.parse(JSON.parse(readFileSync(certificateFile(model), 'utf8')))
  const jar = certificate.inputs['tla2tools.jar'] ?? ''

  it('are those of the manifest, in every certificate that is checked in', () => {
    for (const m of models.filter((one) => one.tags.includes('fast'))) {
      const own = certificateSchema.parse(JSON.parse(readFileSync(certificateFile(m), 'utf8')))
      const expected = m.cells.flatMap(({ name, kind, expected: verdict, vacuous }) =>
        isSpecifiedKind(kind) ? [[name, certifiedCell(kind, verdict ?? 'vacuous', vacuous)]] : [],
      )
      expect([m.name, own.verdicts]).toEqual([m.name, Object.fromEntries(expected)])
    }
  })

  it('are held against the machine when the certificate is verified', () => {
    expect(verifyCertificate(certificate, model)).toEqual([])
    const verdicts = { OutcomeForbiddenInv: { kind: 'invariant' as const, verdict: 'holds' as const } }
    expect(verifyCertificate({ ...certificate, verdicts }, model)).toEqual([
      'OutcomeForbiddenInv verdict: "violated" in the machine, "holds" by TLC as certified',
    ])
  })

  it('count for the very same files and tools only', () => {
    expect(certifiedVerdicts(model, certificate, jar)).toEqual({ OutcomeForbiddenInv: 'violated' })
    expect(certifiedVerdicts(model, certificate, JAR)).toBeUndefined()
    expect(certifiedVerdicts(reconfigured(), certificate, jar)).toBeUndefined()
    const other = oneModel(models, 'litmus/sb.pso')
    expect(certifiedVerdicts(other, certificate, jar)).toBeUndefined()
  })
})

describe('witnesses of violated invariants', () => {
  const invariants = ['FirstInv', 'SecondInv']

  it('are read from what TLC prints, the shortest of several workers', () => {
    const output = [
      'Parsing file X.tla',
      '<<"lockstep-witness", 2, 7>>',
      '<<"lockstep-witness", 2, 5>>',
      '<<"lockstep-witness", 3, 1>>',
      '<<"lockstep-witness", "2", 1>>',
    ]
    expect(violatedWitnesses(invariants, output)).toEqual(new Map([['SecondInv', 6]]))
    expect(violatedWitnesses(invariants, [])).toEqual(new Map())
  })

  it('leave the invariants as they are', () => {
    const { text, invariants: names } = witnessModule(['MCX'], invariants)
    expect(text).toContain('EXTENDS MCX')
    expect(names).toHaveLength(2)
    names.forEach((name, i) => {
      expect(text).toContain(`${name} == IF ${invariants[i] ?? ''} THEN TRUE ELSE`)
    })
  })

  it.skipIf(toolchain === undefined || !isCI)(
    'TLC decides every invariant in one run, with the shortest counterexamples’ lengths, and the whole is kept (needs CI)',
    async () => {
      if (toolchain === undefined) return
      const tested = oneModel(models, 'litmus/sb.tso')
      const { findings, complete } = await checkWithTlc(tested, toolchain, { timeout: 120 })
      expect(complete?.outcome).toBe('success')
      expect(modelResult(tested, findings)).toMatchObject({ asExpected: true, distinctStates: 34 })
      const first = await decideModel(tested, toolchain, { timeout: 120 })
      expect(first.findings.cached).toBeUndefined()
      expect(knownProof(tested, toolchain)).toBeDefined()
      const again = await decideModel(tested, toolchain, { timeout: 120 })
      expect(again.findings).toMatchObject({ cached: true, cells: first.findings.cells })
      expect(again.proof).toMatchObject({ cached: true, comparison: { equal: true } })
      const fresh = await decideModel(tested, toolchain, { timeout: 120, cache: false })
      expect(fresh.findings.cached).toBeUndefined()
    },
  )

  it.skipIf(toolchain === undefined || !isCI)(
    'what a run found beside verdicts of the certificate is kept as found with these, and no others (needs CI)',
    async () => {
      if (toolchain === undefined) return
      const tested = oneModel(models, 'poll-kick/posted.sc')
      const first = await decideModel(tested, toolchain, { timeout: 120 }, { useCertified: true })
      expect(first.findings.cached).toBeUndefined()
      expect(first.machine).toBeDefined()
      const { certified = [], cells } = first.findings
      expect(certified.length).toBeGreaterThan(0)
      const again = await decideModel(tested, toolchain, { timeout: 120 }, { useCertified: true })
      expect(again.findings).toMatchObject({ cached: true, certified, cells })
      // what is certified is held against the machine every time
      for (const name of certified) expect(again.machine?.cells.get(name)?.verdict).toBe(cells.get(name)?.verdict)
      // whoever does not take the certificate's word has nothing from before
      expect(knownFindings(tested, 'tlc', toolchain)).toBeUndefined()
      const taken = new Map(certified.map((name) => [name, { verdict: cells.get(name)?.verdict ?? 'error' }]))
      expect(knownFindings(tested, 'tlc', toolchain, taken)).toBeDefined()
      const [name = ''] = certified
      expect(knownFindings(tested, 'tlc', toolchain, new Map(taken).set(name, { verdict: 'vacuous' }))).toBeUndefined()
      taken.delete(name)
      expect(knownFindings(tested, 'tlc', toolchain, taken)).toBeUndefined()
    },
  )
})

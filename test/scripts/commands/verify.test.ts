/** `lockstep verify` finds every change of every field of a certificate. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LockstepError } from '../../../impl/lib/kernel/error.ts'
import { certificateNow, trusted, verifyCertificate } from '../../../scripts/commands/verify.ts'
import type { Certificate } from '../../../scripts/workspace/certificate.ts'
import { inputHashes, printCertificate, readCertificate } from '../../../scripts/workspace/certificate.ts'
import type { Model } from '../../../impl/lib/protocol/model.ts'
import { oneModel } from '../../../impl/lib/protocol/target.ts'
import { everydayShare, isCI, isFull } from '../../effort.ts'
import { loadModels } from '../../project.ts'

type Json = unknown

/** A certificate as a forger has it. */
const jsonOf = (certificate: Certificate): Json => JSON.parse(printCertificate(certificate))

const otherText = (text: string): string =>
  /^[0-9a-f]{64}$/.test(text) ? (text.startsWith('0') ? '1' : '0') + text.slice(1) : `${text}x`

/** Other values for a field, the likely ones among them. */
const others = (value: Json): Json[] => {
  if (typeof value === 'number') return [value + 1, value - 1, 0, 1, 77].filter((n) => n !== value)
  if (typeof value === 'boolean') return [!value]
  if (value === 'holds') return ['violated', 'vacuous']
  if (value === 'violated') return ['holds', 'vacuous']
  if (value === 'invariant') return ['liveness', 'deadlock']
  if (typeof value === 'string') return [otherText(value), '0'.repeat(64), '']
  return []
}

interface Forgery {
  readonly what: string
  readonly json: Json
}

/** Every way to change one field of a value: another value, none, or one more beside it. */
const forgeries = (value: Json, path: string, rebuild: (changed: Json) => Json): Forgery[] => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return others(value).map((other) => ({ what: `${path} = ${JSON.stringify(other)}`, json: rebuild(other) }))
  const fields = new Map<string, Json>(Object.entries(value))
  const names = [...fields.keys()]
  return [
    ...names.flatMap((name) =>
      forgeries(fields.get(name), `${path}.${name}`, (changed) => rebuild({ ...value, [name]: changed })),
    ),
    ...names.map((name) => {
      const rest = Object.fromEntries(Object.entries(value).filter(([other]) => other !== name))
      return { what: `without ${path}.${name}`, json: rebuild(rest) }
    }),
    { what: `${path} without anything`, json: rebuild({}) },
    ...names.slice(0, 1).map((name) => {
      const copied = fields.get(name)
      return { what: `${path} with one more`, json: rebuild({ ...value, foreign: copied }) }
    }),
  ]
}

let directory = ''

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'lockstep-verify-'))
})

afterAll(() => {
  rmSync(directory, { recursive: true, force: true })
})

/** What is found of a file: the differences, or that it is no certificate. */
const found = (json: Json, model: Model): string[] => {
  const file = join(directory, 'certificate.json')
  writeFileSync(file, JSON.stringify(json))
  try {
    const certificate = readCertificate(file)
    // a certificate of another model is verified against that, if there is one
    if (certificate.model !== model.name && !loadModels().some(({ name }) => name === certificate.model))
      return ['unknown model']
    return verifyCertificate(certificate, model)
  } catch (error) {
    if (error instanceof LockstepError && error.exit === 2) return [error.problem.message]
    throw error
  }
}

describe('a certificate', () => {
  it.each(everydayShare(['litmus/sb.tso', 'apic-groups/unmasked-msi.sc'], (name) => name === 'litmus/sb.tso'))(
    'of %s: each field changed, each change found (a share every day, more in CI)',
    (name) => {
      const model = oneModel(loadModels(), name)
      const certificate = certificateNow(model)
      expect(found(jsonOf(certificate), model)).toEqual([])
      const all = forgeries(jsonOf(certificate), 'certificate', (changed) => changed)
      expect(all.length).toBeGreaterThan(150)
      const chosen = isFull || (isCI && name === 'litmus/sb.tso') ? all : all.filter((_, i) => i % 4 === 0)
      for (const { what, json } of chosen) expect([what, found(json, model).length > 0]).toEqual([what, true])
    },
  )

  it('is found forged in the ways that were accepted once', () => {
    const model = oneModel(loadModels(), 'litmus/sb.tso')
    const good = certificateNow(model)
    const wrong = (change: Partial<Certificate>): string => verifyCertificate({ ...good, ...change }, model).join('\n')
    expect(wrong({ edges: { spec: 1, impl: 1 } })).toMatch(/edges spec: 58, certified 1/)
    expect(wrong({ initial: { spec: 77, impl: 77 } })).toMatch(/initial impl: 1, certified 77/)
    expect(wrong({ inputs: { ...good.inputs, 'tla2tools.jar': '0'.repeat(64) } })).toMatch(/not the pinned one/)
    expect(wrong({ inputs: { ...good.inputs, '../etc/hosts': '0'.repeat(64) } })).toMatch(/nothing of the model/)
    expect(wrong({ inputs: {} })).toMatch(/Litmus\.ts is not among/)
    expect(wrong({ verdicts: {} })).toMatch(/OutcomeForbiddenInv: no verdict/)
    expect(wrong({ verdicts: undefined })).toMatch(/OutcomeForbiddenInv: no verdict/)
    const foreign = { kind: 'invariant', verdict: 'holds' } as const
    expect(wrong({ verdicts: { ...good.verdicts, NoSuchInv: foreign } })).toMatch(/NoSuchInv has a verdict/)
  })

  it('names every file that the machine is made of, and no other protocol’s', () => {
    const inputs = Object.keys(inputHashes(oneModel(loadModels(), 'poll-kick/clear-recheck.sc')))
    expect(inputs).toEqual(
      expect.arrayContaining([
        'impl/poll-kick/PollKick.ts',
        'impl/lib/kvm/vcpu.ts',
        'impl/lib/kernel/memory/buffer.ts',
      ]),
    )
    expect(inputs.filter((path) => /^(impl|spec)\/(?!lib|poll-kick)/.test(path))).toEqual([])
  })

  it('is refused where a key is there twice or is __proto__, wherever it is', () => {
    const file = join(directory, 'certificate.json')
    const text = printCertificate(certificateNow(oneModel(loadModels(), 'litmus/sb.tso')))
    for (const [field, added, at] of [
      ['actions', '"__proto__": {"spec": 1, "impl": 1}', 0],
      ['inputs', `"__proto__": "${'0'.repeat(64)}"`, 0],
      ['verdicts', '"__proto__": {"kind": "invariant", "verdict": "holds"}', 0],
      ['actions', '"A": {"spec": 1, "impl": 1}, "A": {"spec": 1, "impl": 1}', 29],
    ] as const) {
      const begin = `"${field}": {`
      writeFileSync(file, text.replace(begin, `${begin}${added},`))
      const line = text.slice(0, text.indexOf(begin)).split('\n').length
      const column = `  ${begin}`.length + at + 1
      expect(() => readCertificate(file)).toThrow(
        expect.objectContaining({
          exit: 2,
          problem: expect.objectContaining({ code: 'bad-certificate', line, column }) as unknown,
        }),
      )
    }
    writeFileSync(file, text.replace('"equal": true', '"equal": false,"equal": true'))
    expect(() => readCertificate(file)).toThrow(/equal: it is there twice/)
  })

  it('says what no run without TLC can find out', () => {
    const good = certificateNow(oneModel(loadModels(), 'litmus/sb.tso'))
    expect(trusted(good).join('\n')).toMatch(/TLC 2\.18.*was run/)
  })
})

describe('a damaged certificate is named, with what to do', () => {
  it.each([
    ['of no bytes', '', /empty/],
    ['that is cut off', '{"format": "lockstep-cert', /cut off/],
    ['of other text', 'hello', /not JSON/],
    ['of other JSON', '[]', /no certificate/],
    ['of null', 'null', /no certificate/],
    ['of a former format', '{"format":"lockstep-certificate","version":3}', /format 3/],
    ['with a key twice', '{"format":"lockstep-certificate","equal": false,"equal": true}', /equal: it is there twice/],
    ['with a key twice, escaped', '{"inputs":{"a":"0","\\u0061":"1"}}', /a: it is there twice/],
    ['with __proto__', '{"actions":{"__proto__":{"spec":1,"impl":1}}}', /__proto__ is not a key/],
  ])('%s', (_what, text, expected) => {
    const file = join(directory, 'damaged.json')
    writeFileSync(file, text)
    try {
      readCertificate(file)
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ exit: 2, problem: { code: 'bad-certificate', file } })
      expect((error as LockstepError).problem.message).toMatch(expected)
      expect((error as LockstepError).problem.hint).toMatch(/prove --write/)
    }
  })

  it('a directory is none', () => {
    expect(() => readCertificate(directory)).toThrow(/directory/)
  })
})

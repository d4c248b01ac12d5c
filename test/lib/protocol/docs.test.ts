import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { flushInhibit } from '../../../impl/flush-inhibit/FlushInhibit.ts'
import { flushInhibitProtocol } from '../../../impl/flush-inhibit/index.ts'
import { compile } from '../../../impl/lib/kernel/machine/compile.ts'
import { assemble } from '../../../impl/lib/kernel/machine/tables.ts'
import type { Wording } from '../../../impl/lib/protocol/docs.ts'
import { POSTED } from '../report/sample.ts'

const VARIANTS = [
  POSTED,
  { ...POSTED, IoctlMb: true, PendingEvents: true },
  { ...POSTED, SeparateSuspended: false },
  { ...POSTED, Targets: [2, 3] },
  { ...POSTED, Memory: 'PSO' as const, StoreBufferSlots: 2, SuspendWmb: true, UnsuspendWmb: true },
]

const machines = VARIANTS.map(flushInhibit)

const C_NAME = /^[a-z_][a-z0-9_]*$/

const namesOf = (text: string | Wording | undefined): string[] =>
  text === undefined ? [] : typeof text === 'string' ? [text] : [text.full, text.brief]

describe('words for flush-inhibit', () => {
  it('has every action of the machine, and no other', () => {
    const actions = new Set(machines.flatMap((machine) => assemble(compile(machine)).actions))
    expect(Object.keys(flushInhibitProtocol.docs.actions).sort()).toEqual([...actions].sort())
  })

  it('places every action but those of the world in a C function', () => {
    const world = new Set(machines.flatMap(({ environment }) => environment.map(({ label }) => label)))
    for (const [name, doc] of Object.entries(flushInhibitProtocol.docs.actions)) {
      if (!world.has(name)) expect(namesOf(doc.function), name).not.toEqual([])
      for (const c of namesOf(doc.function)) expect(c, name).toMatch(C_NAME)
    }
  })

  it('has every property of the machine, each in one sentence', () => {
    const names = machines.flatMap(({ invariants, liveness }) => [...invariants, ...liveness].map(({ name }) => name))
    expect(Object.keys(flushInhibitProtocol.docs.properties).sort()).toEqual([...new Set(names)].sort())
    for (const [name, text] of Object.entries(flushInhibitProtocol.docs.properties)) {
      expect(text, name).toMatch(/^[A-Z][^.]*\.$/)
    }
  })

  it('has every toggle of the protocol, for either value', () => {
    for (const toggle of flushInhibitProtocol.toggles) {
      const doc = flushInhibitProtocol.docs.toggles[toggle]
      expect(doc?.on, toggle).toMatch(/^\w/)
      expect(doc?.off).not.toBe(doc?.on)
    }
  })

  it('says values of shared variables of the machine only', () => {
    const shared = new Set(machines.flatMap((machine) => machine.shared.variables.map(({ name }) => name)))
    for (const name of Object.keys(flushInhibitProtocol.docs.values)) expect(shared, name).toContain(name)
  })

  it('names the functions that the specification cites', () => {
    const spec = readFileSync(new URL('../../../spec/flush-inhibit/FlushInhibit.tla', import.meta.url), 'utf8')
    const functions = Object.values(flushInhibitProtocol.docs.actions).flatMap(({ function: f }) =>
      namesOf(f).slice(0, 1),
    )
    for (const name of functions) expect(spec, name).toContain(name.replace('kvm_vcpu_ioctl_set', 'set'))
  })
})

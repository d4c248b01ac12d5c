/** What a certificate says was loaded is what is loaded: imports are followed as the compiler reads them. */

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { kernelDigest } from '../../../impl/lib/prove/machine-digest.ts'
import { compile } from '../../../impl/lib/kernel/machine/compile.ts'
import { assemble } from '../../../impl/lib/kernel/machine/tables.ts'
import type { Machine } from '../../../impl/lib/kernel/language/machine.ts'
import { closureOf, loadedHashes, sourceHashes } from '../../../scripts/node/loaded.ts'
import { machineOf } from '../../../impl/lib/protocol/model.ts'
import { oneModel } from '../../../impl/lib/protocol/target.ts'
import { packageRoot } from '../../../scripts/workspace/package.ts'
import { loadModels } from '../../project.ts'

/** Modules that a module runs, by TypeScript's own parser. */
const imports = (path: string): string[] => {
  const text = readFileSync(join(packageRoot(), path), 'utf8')
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest)
  return file.statements.flatMap((statement) => {
    const typed =
      (ts.isImportDeclaration(statement) && statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword) ||
      (ts.isExportDeclaration(statement) && statement.isTypeOnly)
    const declared = ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement)
    if (typed || !declared || statement.moduleSpecifier === undefined) return []
    const specifier = (statement.moduleSpecifier as ts.StringLiteral).text
    return specifier.startsWith('.') ? [posix.join(dirname(path), specifier)] : []
  })
}

const closure = (entry: string, found = new Set<string>()): Set<string> => {
  if (found.has(entry)) return found
  found.add(entry)
  for (const next of imports(entry)) closure(next, found)
  return found
}

describe('the modules that run', () => {
  it.each(['impl/lockstep.config.ts', 'impl/index.ts', 'scripts/engines/proof.ts', 'scripts/cli.ts'])(
    'from %s on are those that the compiler finds',
    (entry) => {
      const expected = [...closure(entry)].sort()
      const found = closureOf([entry])
      expect(expected.filter((path) => !found.includes(path))).toEqual([])
      // worker threads are started by their address, and import some modules that nothing else does
      if (!found.some((path) => path.endsWith('/worker.ts'))) expect(found).toEqual(expected)
    },
  )

  it('include worker threads, which are not imported', () => {
    expect(closureOf(['scripts/engines/embedded.ts'])).toContain('scripts/embedded/worker.ts')
  })

  it('are hashed, all of them, and there are no others', () => {
    const names = closureOf(['impl/poll-kick/index.ts'])
    expect(Object.keys(sourceHashes(names))).toEqual(names)
    expect(Object.values(loadedHashes(names)).every((hash) => /^[0-9a-f]{64}$/.test(hash))).toBe(true)
    expect(names.every((path) => existsSync(join(packageRoot(), path)))).toBe(true)
    expect(() => closureOf(['impl/none.ts'])).toThrow(/no module/)
  })
})

describe('the digest of a compiled machine', () => {
  const machine = (): Machine => machineOf(oneModel(loadModels(), 'poll-kick/self-kick-sets.tso'))
  const digest = (m: Machine): string => kernelDigest(assemble(compile(m)))

  it('is the same for the same machine', () => {
    expect(digest(machine())).toBe(digest(machine()))
  })

  it.each<[string, (m: Machine) => Machine]>([
    ['a property', (m) => ({ ...m, invariants: m.invariants.slice(1) })],
    [
      'an instance',
      (m) => ({ ...m, invariants: m.invariants.map((one) => ({ ...one, instances: one.instances.slice(1) })) }),
    ],
    [
      'what a property says',
      (m) => ({
        ...m,
        invariants: m.invariants.map((one) => ({
          ...one,
          instances: one.instances.map((instance) => ({ ...instance, holds: () => true })),
        })),
      }),
    ],
    ['fairness', (m) => ({ ...m, fairness: m.fairness.slice(1) })],
    ['an action of the environment', (m) => ({ ...m, environment: [...m.environment, ...m.environment.slice(0, 1)] })],
  ])('tells another %s', (_what, change) => {
    expect(digest(change(machine()))).not.toBe(digest(machine()))
  })

  it('tells another guard', () => {
    const m = machine()
    const [first, ...rest] = m.environment
    const never = {
      label: first?.label ?? '',
      thread: first?.thread ?? (['vcpu', 0] as const),
      what: first?.what ?? '',
    }
    const other = { ...m, environment: [{ ...never, exec: () => undefined }, ...rest] }
    expect(digest(other)).not.toBe(digest(machine()))
  })
})

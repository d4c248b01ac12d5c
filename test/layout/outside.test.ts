/** The package as somebody has it who installs it: packed, unpacked elsewhere, its types checked and its API called. */

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { everydayShare, isCI } from '../effort.ts'
import { ensureBuilt } from '../scripts/tree.ts'
import { API_NAMES } from '../../scripts/workspace/api.ts'
import { packageRoot } from '../../scripts/workspace/package.ts'

const root = packageRoot()
let elsewhere: string
let packed: string

const run = (command: string, args: readonly string[], cwd: string): string => {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  expect([command, status, status === 0 ? '' : `${stdout}${stderr}`]).toEqual([command, 0, ''])
  return stdout
}

const MACHINE = `
const shared = new Shared()
const memory = new Memory(shared, 'TSO', 1, [['cpu', 0]])
const flag = memory.scalar('flag', bool, false)
const program = function* (): Program {
  for (;;) { yield* flag.store('set', true); yield* flag.xchg('clear', false) }
}
const cpu = thread({ id: ['cpu', 0], frame: {}, initial: {}, program })
const machine = { shared, threads: [cpu], environment: memory.commits() }
`

/** Store buffering, in herd's C. */
const SB = `C SB
{}
P0(int *x, int *y) { WRITE_ONCE(*x, 1); int r0 = READ_ONCE(*y); }
P1(int *x, int *y) { WRITE_ONCE(*y, 1); int r0 = READ_ONCE(*x); }
exists (0:r0=0 /\\ 1:r0=0)
`

const PROGRAMS = {
  checked: `import { bool, check, Memory, Shared, thread, type Program } from 'lockstep'
${MACHINE}
const never = { name: 'NeverSet', instances: [{ name: '', occurs: () => true, holds: () => !flag.peek() }] }
const result = check({ ...machine, invariants: [never] })
console.log(result.ok, result.complete, result.states, result.properties[0]?.verdict)
console.log(result.counterexample('NeverSet')?.steps.map(({ thread, label }) => \`\${thread} \${label}\`).join(', '))
`,
  validated: `import { bool, Memory, Shared, thread, validateLog, type Program } from 'lockstep'
${MACHINE}
const log = ['set', 'clear', 'clear'].map((action) => JSON.stringify({ action, thread: 'cpu0' }))
const { verdict, divergence } = await validateLog(machine, log)
console.log(verdict, divergence?.line, divergence?.allowed.map(({ action }) => action).join())
`,
  linted: `import { ESLint } from 'eslint'
import { defineConfig } from 'eslint/config'
import lockstep from 'lockstep/eslint'
import tseslint from 'typescript-eslint'
const parserOptions = { projectService: true, tsconfigRootDir: process.cwd() }
const files = ['**/*.mts']
const eslint = new ESLint({
  overrideConfigFile: true,
  overrideConfig: defineConfig({ files, extends: [lockstep.configs.recommended], languageOptions: { parser: tseslint.parser, parserOptions } }),
})
const [result] = await eslint.lintFiles('dropped.mts')
console.log(result?.messages.map(({ ruleId, line }) => \`\${ruleId} \${line}\`).join())
`,
  dropped: `import { bool, Memory, Shared } from 'lockstep'
export const flag = new Memory(new Shared(), 'TSO', 1, [['cpu', 0]]).scalar('flag', bool, false)
flag.store('set', true)
`,
  parts: `import * as lockstep from 'lockstep'
${API_NAMES.map((name, i) => `import * as part${i} from '${name}'`).join('\n')}
import { ablationOf, roleOf } from 'lockstep/ablate'
import type { KvmMode } from 'lockstep/kvm'
import { Srcu } from 'lockstep/kvm'
import { answerText, checkLitmus } from 'lockstep/litmus'
const parts: Readonly<Record<string, Readonly<Record<string, unknown>>>> = { ${API_NAMES.map((name, i) => `'${name}': part${i}`).join(', ')} }
const whole: Readonly<Record<string, unknown>> = lockstep
// what is exported twice is the same thing: a module of its own would be another class
const others = Object.values(parts).flatMap((part) => Object.keys(part).filter((name) => name in whole && part[name] !== whole[name]))
const mode: KvmMode = 'IN_GUEST_MODE'
console.log(Object.keys(parts).length, others.join(), mode, typeof Srcu, typeof part0, [0, 1].map((i) => roleOf(ablationOf(2, (s) => s === 3 || s === 1), i, true)).join())
console.log(answerText(await checkLitmus(${JSON.stringify(SB)}, 'TSO')).split('\\n').at(-1))
`,
} as const

beforeAll(() => {
  ensureBuilt()
  elsewhere = mkdtempSync(join(tmpdir(), 'outside-'))
  run('npm', ['pack', '--ignore-scripts', '--pack-destination', elsewhere], root)
  packed = join(elsewhere, readdirSync(elsewhere).find((name) => name.endsWith('.tgz')) ?? '')
  const modules = join(elsewhere, 'node_modules')
  mkdirSync(join(modules, 'lockstep'), { recursive: true })
  run('tar', ['-xzf', packed, '-C', join(modules, 'lockstep'), '--strip-components=1'], elsewhere)
  // what it depends on, as npm would put it beside it
  for (const name of readdirSync(join(root, 'node_modules')))
    if (!name.startsWith('.')) symlinkSync(join(root, 'node_modules', name), join(modules, name))
  for (const [name, program] of Object.entries(PROGRAMS)) writeFileSync(join(elsewhere, `${name}.mts`), program)
  const strictest = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true }
  const compilerOptions = { ...strictest, skipLibCheck: true, module: 'nodenext', target: 'es2023', types: ['node'] }
  const files = Object.keys(PROGRAMS).map((name) => `${name}.mts`)
  writeFileSync(join(elsewhere, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc')], elsewhere)
}, 600_000)
afterAll(() => {
  rmSync(elsewhere, { recursive: true, force: true })
})

const printedBy = (name: keyof typeof PROGRAMS): string => run(process.execPath, [`${name}.mjs`], elsewhere)

describe('the packed package, from outside', () => {
  it('checks a machine of somebody else in a few lines', () => {
    expect(printedBy('checked')).toBe('false true 3 violated\ncpu0 set, cpu0 commit\n')
  })

  it('validates a log of that machine in a few lines', () => {
    expect(printedBy('validated')).toBe('rejected 3 set\n')
  })

  it.runIf(isCI)('finds a step that is not taken, by `lockstep/eslint` (needs CI)', () => {
    expect(printedBy('linted')).toBe('lockstep/step-not-taken 3\n')
  })

  it('is imported by the names of its rooms too, which give the same as its own', () => {
    const [first, second] = printedBy('parts').split('\n')
    expect(first).toBe(`${API_NAMES.length}  IN_GUEST_MODE function object necessary,never`)
    expect(second).toBe('Observation SB Sometimes 1 3')
  })

  it.runIf(isCI)('makes a workspace and a protocol of one’s own, which passes at once (needs CI)', () => {
    const lockstep = (cwd: string, ...args: readonly string[]): string =>
      run(process.execPath, [join(elsewhere, 'node_modules', 'lockstep', 'bin', 'lockstep.mjs'), ...args], cwd)
    const own = join(elsewhere, 'own')
    lockstep(elsewhere, 'new', '--workspace', 'own')
    lockstep(own, 'new', 'my-wake-up', '--from', 'wake-up')
    expect(lockstep(own, 'check', '--engine', 'explorer')).toMatch(
      /^(\d+) of \1 model runs as expected.*: all as expected$/m,
    )
    expect(lockstep(own, 'explain', 'my-wake-up/posted')).toMatch(/Violated: NoLostWakeupInv/)
  })

  it.each(
    everydayShare<[string, (file: string) => string[]]>(
      [
        ['publint', (file: string) => ['publint/src/cli.js', 'run', '--strict', file]],
        [
          'attw',
          (file: string) => ['@arethetypeswrong/cli/dist/index.js', '--profile', 'esm-only', '--no-color', file],
        ],
      ],
      ([tool]) => tool === 'publint',
    ),
  )('has nothing that %s finds wrong (a share every day, all in CI)', (_, argsFor) => {
    const [cli = '', ...args] = argsFor(packed)
    run(process.execPath, [join(root, 'node_modules', cli), ...args], elsewhere)
  })
})

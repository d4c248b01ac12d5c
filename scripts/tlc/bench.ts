/** Measures JVM flags on models of two sizes; README.md beside this file has the figures and how to run it. */

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withTempDir } from '../node/tempdir.ts'
import { writeOut } from '../ui/output.ts'
import { findJava } from './java.ts'
import { resolveJar } from './jar.ts'

const SPEC = `---- MODULE Grid ----
EXTENDS Naturals, Sequences, FiniteSets, TLC
CONSTANT N
VARIABLES a, b, q
Init == a = 0 /\\ b = 0 /\\ q = <<>>
StepA == a < N /\\ a' = a + 1 /\\ UNCHANGED <<b, q>>
StepB == b < N /\\ b' = b + 1 /\\ UNCHANGED <<a, q>>
Put == Len(q) < 3 /\\ \\E v \\in {0, 1} : q' = Append(q, v) /\\ UNCHANGED <<a, b>>
Get == q # <<>> /\\ q' = Tail(q) /\\ UNCHANGED <<a, b>>
Next == StepA \\/ StepB \\/ Put \\/ Get
TypeOK == a \\in 0..N /\\ b \\in 0..N /\\ Len(q) < 4
====
`

const SERIAL = '-XX:+UseSerialGC'
const C1 = '-XX:TieredStopAtLevel=1'
const PARALLEL = '-XX:+UseParallelGC'

const VARIANTS = (archive: string): readonly (readonly [string, readonly string[]])[] => [
  ['ParallelGC', [PARALLEL]],
  ['SerialGC', [SERIAL]],
  ['ParallelGC, C1 only', [PARALLEL, C1]],
  ['SerialGC, C1 only', [SERIAL, C1]],
  ['SerialGC, C1 only, no perf data', [SERIAL, C1, '-XX:-UsePerfData']],
  ['SerialGC, C1 only, class archive', [SERIAL, C1, `-XX:SharedArchiveFile=${archive}`]],
]

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN

const main = async (n: number, rounds: number, workers: number): Promise<void> => {
  const java = await findJava()
  const jar = await resolveJar()
  await withTempDir('bench', (directory) => {
    writeFileSync(join(directory, 'Grid.tla'), SPEC)
    writeFileSync(join(directory, 'Grid.cfg'), `CONSTANT N = ${n}\nINIT Init\nNEXT Next\nINVARIANT TypeOK\n`)
    const run = (flags: readonly string[]): number => {
      const jvm = [...flags, `-Djava.io.tmpdir=${directory}`, '-cp', jar.path, 'tlc2.TLC']
      const args = [
        '-tool',
        '-workers',
        String(workers),
        '-deadlock',
        '-metadir',
        join(directory, 'states'),
        'Grid.tla',
      ]
      const start = performance.now()
      const { status, stdout } = spawnSync(java.path, [...jvm, ...args], { cwd: directory, encoding: 'utf8' })
      if (status !== 0) throw new Error(stdout)
      return performance.now() - start
    }
    const archive = join(directory, 'tlc.jsa')
    run([SERIAL, C1, `-XX:ArchiveClassesAtExit=${archive}`])
    const variants = VARIANTS(archive)
    // the machine is shared: variants alternate, and only ratios within a round count
    const times = Array.from({ length: rounds }, () => variants.map(([, flags]) => run(flags)))
    variants.forEach(([name], i) => {
      const ratios = times.map((round) => (round[i] ?? NaN) / (round[0] ?? NaN))
      writeOut(`${name}: ${median(ratios).toFixed(2)}\n`)
    })
  })
}

const [n = 7, rounds = 7, workers = 1] = process.argv.slice(2).map(Number)
await main(n, rounds, workers)

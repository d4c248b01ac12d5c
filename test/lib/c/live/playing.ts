/** Plays C files in one thread, step by step in any order, as the two players do it on two cores. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { machineOf } from '../../../../impl/lib/c/index.ts'
import type { ThreadCode } from '../../../../impl/lib/c/live/code.ts'
import { codeOf } from '../../../../impl/lib/c/live/code.ts'
import type { LivePlan } from '../../../../impl/lib/c/live/plan.ts'
import { livePlan } from '../../../../impl/lib/c/live/plan.ts'
import { Player, valueOf } from '../../../../impl/lib/c/live/player.ts'
import type { CRound } from '../../../../impl/lib/c/live/record.ts'
import { RecordReader } from '../../../../impl/lib/c/live/record.ts'
import type { CMachine } from '../../../../impl/lib/c/run/machine.ts'
import { at } from '../../../../impl/lib/kernel/at.ts'
import { compile } from '../../../../impl/lib/kernel/machine/compile.ts'
import type { Kernel } from '../../../../impl/lib/kernel/machine/tables.ts'
import { assemble } from '../../../../impl/lib/kernel/machine/tables.ts'
import { STRIDE } from '../../../../impl/lib/live/generate.ts'
import { packageRoot } from '../../../../scripts/workspace/package.ts'
import { programOf } from '../program-of.ts'

export interface Stage {
  readonly machine: CMachine
  readonly plan: LivePlan
  readonly kernel: Kernel
}

/** A text of C, ready to be played. */
export const staged = async (text: string, defines: Readonly<Record<string, string>> = {}): Promise<Stage> => {
  const machine = machineOf(await programOf(text, defines), { memory: 'TSO' })
  const compiled = compile(machine.machine)
  const played = machine.threads.flatMap(({ source }, index) => (source.kind === 'interrupt' ? [] : [index]))
  return { machine, plan: livePlan(machine, compiled, played), kernel: assemble(compiled) }
}

export const example = (name: string): string => readFileSync(join(packageRoot(), 'examples', `${name}.c`), 'utf8')

/** Which thread goes on for how many steps, in order. */
export type Schedule = readonly { readonly thread: number; readonly steps: number }[]

/** What comes of a schedule; `codes` are those of the plan, unless somebody has broken them. */
export const played = (
  { plan }: Stage,
  schedule: Schedule,
  seed: number,
  codes: readonly ThreadCode[] = codeOf(plan),
): CRound => {
  const { cells } = plan.compiled.machine.shared
  const memory = new Int32Array(new SharedArrayBuffer((cells.length + 8) * STRIDE * 4))
  const nodes = Math.max(...codes.map(({ heads }) => heads.length))
  const player = new Player(memory, cells.length, nodes, 0, seed, new Int32Array(0))
  cells.forEach(({ initial }, cell) => {
    player.put(cell, initial)
  })
  const where = codes.map(() => 0)
  const record: number[] = []
  schedule.forEach(({ thread: any, steps }, i) => {
    const thread = any % codes.length
    const own = new Uint16Array(steps + 1)
    player.run(at(codes, thread), at(where, thread), own, 0, { steps, turns: 3, ballast: 0 })
    where[thread] = player.node
    if (player.end > 0) record.push(i + 1, thread + 1, player.end, ...own.subarray(0, player.end))
  })
  const finals = [...cells.map((_, cell) => valueOf(memory[cell * STRIDE] ?? 0)), ...where]
  return new RecordReader(plan).round([Uint16Array.from([...record, 0])], Uint16Array.from(finals))
}

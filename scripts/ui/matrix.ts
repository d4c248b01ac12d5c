/** The matrix designs x properties of some results; a design whose verdicts depend on the memory model has a row for each. */

import type { CellVerdict } from '../../impl/lib/report/matrix.ts'
import { matrix } from '../../impl/lib/report/matrix.ts'
import type { ModelResult, Verdict } from '../../impl/lib/check/result.ts'
import { worst } from '../../impl/lib/check/result.ts'

/** A cell of a model, its instances, and those of them that say nothing. */
export interface JudgedCell {
  readonly verdict: Verdict
  readonly instances: readonly string[]
  readonly vacuous: readonly string[]
}

/** What a row of the matrix is made of: a model, and its cells. */
export interface Judged {
  readonly design: string
  readonly memory: string
  readonly cells: ReadonlyMap<string, JudgedCell>
}

/** A row: a design, or a design under one memory model. */
export interface MatrixRow {
  readonly name: string
  /**
   * the worst over the row's models; a model in which the property says nothing takes nothing from one in which it holds.
   * Undefined where none is checked against the property
   */
  readonly verdict: (property: string) => CellVerdict
}

const verdictOf = (cells: readonly JudgedCell[]): CellVerdict => {
  const speaking = cells.filter(({ verdict }) => verdict !== 'vacuous')
  if (cells.length === 0) return undefined
  if (speaking.length === 0) return 'vacuous'
  const most = worst(speaking.map(({ verdict }) => verdict))
  // models of one design have different instances: what only a later one has must be spoken of somewhere too
  const spoken = new Set(cells.flatMap(({ instances, vacuous }) => instances.filter((i) => !vacuous.includes(i))))
  const isSilent = cells.some(({ instances }) => instances.some((instance) => !spoken.has(instance)))
  return most === 'holds' && isSilent ? 'vacuous in part' : most
}

const rowOf = (name: string, models: readonly Judged[]): MatrixRow => ({
  name,
  verdict: (property) => verdictOf(models.flatMap(({ cells }) => cells.get(property) ?? [])),
})

/** Rows in the order of the models; `properties` are the columns. */
export const rowsOf = (models: readonly Judged[], properties: readonly string[]): MatrixRow[] =>
  [...new Set(models.map((m) => m.design))].flatMap((design) => {
    const own = models.filter((m) => m.design === design)
    const memories = [...new Set(own.map((m) => m.memory))]
    const rows = memories.map((memory) =>
      rowOf(
        `${design}.${memory}`,
        own.filter((m) => m.memory === memory),
      ),
    )
    const said = new Set(rows.map((row) => JSON.stringify(properties.map((p) => row.verdict(p) ?? null))))
    return said.size === 1 ? [rowOf(design, own)] : rows
  })

/** An engine that cannot tell what is vacuous takes the manifest's word for it: others are asked beside it. */
const judged = ({ design, memory, properties }: ModelResult): Judged => ({
  design,
  memory,
  cells: new Map(properties.map((cell) => [cell.name, { ...cell, vacuous: cell.vacuous ?? cell.expectedVacuous }])),
})

/** Lines of the matrix, one block per protocol. */
export const matrixOf = (results: readonly ModelResult[]): string[] =>
  [...new Set(results.map((r) => r.protocol))].flatMap((protocol) => {
    const own = results.filter((r) => r.protocol === protocol)
    const properties = [...new Set(own.flatMap((r) => r.properties.map((p) => p.name)))]
    const rows = rowsOf(own.map(judged), properties)
    const byName = new Map(rows.map((row) => [row.name, row]))
    const names = rows.map(({ name }) => name)
    return [...matrix(names, properties, (name, property) => byName.get(name)?.verdict(property)).text.split('\n'), '']
  })

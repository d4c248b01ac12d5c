/** The matrix designs x properties of some results; a design whose verdicts depend on the memory model has a row for each. */

import { matrix } from '../../impl/lib/report/matrix.ts'
import type { ModelResult, Verdict } from '../check/result.ts'
import { worst } from '../check/result.ts'

/** What a row of the matrix is made of: a model, and the verdicts of its cells. */
export interface Judged {
  readonly design: string
  readonly memory: string
  readonly verdicts: ReadonlyMap<string, Verdict>
}

/** A row: a design, or a design under one memory model. */
export interface MatrixRow {
  readonly name: string
  /** the worst over the row's models; undefined where none is checked against the property */
  readonly verdict: (property: string) => Verdict | undefined
}

const rowOf = (name: string, models: readonly Judged[]): MatrixRow => ({
  name,
  verdict: (property) => {
    const verdicts = models.flatMap(({ verdicts: own }) => own.get(property) ?? [])
    return verdicts.length === 0 ? undefined : worst(verdicts)
  },
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

const judged = ({ design, memory, properties }: ModelResult): Judged => ({
  design,
  memory,
  verdicts: new Map(properties.map((p) => [p.name, p.verdict])),
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

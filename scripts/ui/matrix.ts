/** The matrix designs x properties of some results. */

import { matrix } from '../../impl/lib/report/matrix.ts'
import type { ModelResult, Verdict } from '../check/result.ts'
import { worst } from '../check/result.ts'

/** Verdict of a property over all runs of a design: violated if any model breaks it. */
const cellOf =
  (results: readonly ModelResult[]) =>
  (design: string, property: string): Verdict | undefined => {
    const verdicts = results
      .filter((r) => r.design === design)
      .flatMap((r) => r.properties.filter((p) => p.name === property).map((p) => p.verdict))
    return verdicts.length === 0 ? undefined : worst(verdicts)
  }

/** Lines of the matrix, one block per protocol. */
export const matrixOf = (results: readonly ModelResult[]): string[] =>
  [...new Set(results.map((r) => r.protocol))].flatMap((protocol) => {
    const own = results.filter((r) => r.protocol === protocol)
    const designs = [...new Set(own.map((r) => r.design))]
    const properties = [...new Set(own.flatMap((r) => r.properties.map((p) => p.name)))]
    return [...matrix(designs, properties, cellOf(own)).text.split('\n'), '']
  })

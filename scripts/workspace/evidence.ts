/** Counterexamples of a model, from the explorer, and their checked-in files in traces/. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { LockstepError } from '../../impl/lib/kernel/error.ts'
import { parseItf } from '../../impl/lib/tla/trace/itf.ts'
import type { Evidence } from '../../impl/lib/check/result.ts'
import { readPlainText } from '../node/input.ts'
import type { Cell, Model } from '../../impl/lib/protocol/model.ts'
import { regenerate } from './certificate.ts'
import { shownPath } from './package.ts'

/** File of the counterexample to a cell. */
export const evidenceFile = (model: Model, property: string): string =>
  join(model.protocol.home.traces, `${model.stem}.${property}.itf.json`)

/** Why the file is no counterexample to the property; undefined if it reads as one. Its steps are `replay`'s to take. */
const flawOf = (file: string, model: Model, property: string): string | undefined => {
  try {
    const { meta } = parseItf(readPlainText(file, 'counterexample'), { file })
    if (meta['model'] === model.name && meta['property'] === property) return undefined
    return `it says that it is of ${meta['property'] ?? 'no property'} in ${meta['model'] ?? 'no model'}`
  } catch (error) {
    if (error instanceof LockstepError) return error.problem.message
    throw error
  }
}

/** The counterexample that is checked in for a cell. */
export const checkedInEvidence =
  (model: Model) =>
  ({ name, expected }: Cell): Evidence => {
    const file = evidenceFile(model, name)
    if (expected !== 'violated' || !existsSync(file)) return { trace: null }
    const path = shownPath(model.protocol.home, file)
    const flaw = flawOf(file, model, name)
    if (flaw === undefined) return { trace: path }
    return { trace: null, note: `${path} is not named as evidence: ${flaw}; ${regenerate(model.name)}` }
  }

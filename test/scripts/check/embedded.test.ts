import { describe, expect, it } from 'vitest'
import { checkWithEmbedded } from '../../../scripts/check/embedded.ts'
import { loadModels, oneModel } from '../../../scripts/lib/project.ts'

describe('the embedded engine', () => {
  it.each([
    // has a definition InvalidRejectedOccurs, whose name alone makes the engine take it for an invariant where none is named
    'flush-inhibit/request-then-check-release.sc',
    // all instances of several properties are vacuous there
    'vtl-wakeup/posted.sc.no-vsm',
  ])('decides every safety cell of %s, deadlock and what is vacuous among them', async (name) => {
    const model = oneModel(loadModels(), name)
    const { cells, failure } = await checkWithEmbedded(model, 60_000)
    const safety = model.cells.filter(({ kind }) => kind !== 'liveness')
    expect(failure).toBeUndefined()
    expect(safety.map((c) => [c.name, cells.get(c.name)?.verdict])).toEqual(safety.map((c) => [c.name, c.expected]))
  })
})

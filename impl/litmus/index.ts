/** What the tools are told of litmus. */

import { badInput } from '../lib/kernel/error.ts'
import { MEMORY_CONSTANTS } from '../lib/kernel/memory/memory.ts'
import { docsOf } from '../lib/protocol/define.ts'
import type { Protocol } from '../lib/protocol/protocol.ts'
import { litmusDocs } from './docs.ts'
import { litmus } from './Litmus.ts'
import { readTests } from './tests.ts'

export const litmusProtocol: Protocol = {
  name: 'litmus',
  module: 'Litmus',
  data: 'LitmusTests',
  toggles: [],
  world: [],
  barriers: {},
  notAblated: {},
  ablation: [],
  docs: docsOf({}, litmusDocs),
  machine: (constants, data) => {
    if (data === undefined) throw new TypeError('litmus needs its tests')
    const tests = readTests(data)
    const name = constants.string('Test')
    const test = tests.find((t) => t.name === name)
    if (test === undefined) {
      throw badInput({
        code: 'unknown-test',
        message: `there is no litmus test ${name}`,
        file: data.file,
        hint: `there are ${tests.map((t) => t.name).join(', ')}`,
      })
    }
    return litmus({ ...constants.read(MEMORY_CONSTANTS), test })
  },
}

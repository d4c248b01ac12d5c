/** A protocol is added to a configuration where it is plain how; every other configuration is left alone. */

import { describe, expect, it } from 'vitest'
import { withProtocol } from '../../../scripts/workspace/config-edit.ts'

const config = (list: string): string =>
  `import { defineConfig } from 'lockstep'\nexport default defineConfig({\n  ${list}\n})\n`

const EDITED: readonly (readonly [what: string, before: string, after: string])[] = [
  ['an empty list', 'protocols: [],', "protocols: ['./x'],"],
  ['an empty list of two lines', 'protocols: [\n  ],', "protocols: [\n    './x',\n  ],"],
  ['a list', "protocols: ['./a'],", "protocols: ['./a', './x'],"],
  ['a comma at the end', "protocols: ['./a', ],", "protocols: ['./a', './x' ],"],
  ['a list of lines', "protocols: [\n\t'./a',\n  ],", "protocols: [\n\t'./a',\n\t'./x',\n  ],"],
  ['lines without the last comma', 'protocols: [\n    "./a"\n  ]', 'protocols: [\n    "./a",\n    \'./x\'\n  ]'],
  [
    'a comment behind the last one',
    "protocols: [\n    './a' // a [note], it's old\n  ],",
    "protocols: [\n    './a', // a [note], it's old\n    './x'\n  ],",
  ],
  ['one that is commented out', "protocols: [\n    // './x',\n  ],", "protocols: [\n    // './x',\n    './x',\n  ],"],
  [
    'a protocol itself, and an entry',
    "protocols: [mine, { protocol: './b' }],",
    "protocols: [mine, { protocol: './b' }, './x'],",
  ],
  ['another list before it', "other: ['./x'],\n  protocols: ['./a'],", "other: ['./x'],\n  protocols: ['./a', './x'],"],
]

const LEFT: readonly (readonly [what: string, text: string])[] = [
  ['a name for the list', config('protocols: all,')],
  ['a list that is changed', config("protocols: ['./a'].concat(more),")],
  ['two lists', config("protocols: ['./a'],\n  other: { protocols: [] },")],
  ['a list in a comment', config("/* protocols: ['./a'], */")],
  ['a list in a string', config(`note: "protocols: ['./a'],",`)],
  ['a type', "const protocols: ['./a'] = read()\nexport default { protocols }\n"],
  ['a regular expression', config("odd: /protocols: [']/, protocols: ['./a'],")],
  ['a template with values', config('protocols: [`./${name}`],')],
  ['a list that is never closed', "export default { protocols: ['./a'"],
  ['a property of something else', "options.protocols: ['./a'],"],
  ['no default export', "module.exports = { protocols: ['./a'] }"],
]

describe('a protocol is added to', () => {
  it.each(EDITED)('%s', (_, before, after) => {
    expect(withProtocol(config(before), 'x')).toBe(config(after))
  })

  it.each(EDITED)('%s, once', (_, before) => {
    const once = withProtocol(config(before), 'x')
    expect(once === undefined ? undefined : withProtocol(once, 'x')).toBe(once)
  })
})

describe('a configuration is left alone that has', () => {
  it.each(LEFT)('%s', (_, text) => {
    expect(withProtocol(text, 'x')).toBeUndefined()
  })
})

/** The result of everything: designs x properties, as text for a terminal and as a Markdown table. */

/** Verdict of a cell; undefined where the design is not checked against the property. */
export type CellVerdict = 'holds' | 'vacuous in part' | 'violated' | 'vacuous' | 'incomplete' | 'error' | undefined

/** The matrix, twice. Neither text ends in a line break. */
export interface Matrix {
  /** at most 100 columns */
  readonly text: string
  readonly markdown: string
}

const WIDTH = 100

interface Sign {
  readonly sign: string
  readonly markdown: string
  readonly meaning: string
}

/** In the order of the legend. */
const SIGNS: Readonly<Record<Exclude<CellVerdict, undefined> | 'not asked', Sign>> = {
  holds: { sign: '.', markdown: 'holds', meaning: 'holds' },
  'vacuous in part': { sign: '~', markdown: 'holds, in part vacuous', meaning: 'holds, vacuous in part' },
  violated: { sign: 'V', markdown: '**violated**', meaning: 'violated' },
  vacuous: { sign: '-', markdown: '*vacuous*', meaning: 'vacuous: what it speaks of does not occur' },
  incomplete: { sign: '?', markdown: '*incomplete*', meaning: 'incomplete' },
  error: { sign: '!', markdown: '*error*', meaning: 'error' },
  'not asked': { sign: '/', markdown: '', meaning: 'not asked of the design' },
}

const signOf = (verdict: CellVerdict): Sign => SIGNS[verdict ?? 'not asked']

/** What the cell of a design and a property is. */
export type CellOf = (design: string, property: string) => CellVerdict

const clip = (text: string, width: number): string => (text.length <= width ? text : `${text.slice(0, width - 3)}...`)

/** Properties in blocks that fit beside the designs' names, each with its number. */
const blocks = (properties: readonly string[], first: number, column: number): (readonly [number, string])[][] => {
  const perBlock = Math.max(1, Math.floor((WIDTH - first) / column))
  const numbered = properties.map((property, i) => [i + 1, property] as const)
  const count = Math.ceil(numbered.length / perBlock)
  return Array.from({ length: count }, (_, i) => numbered.slice(i * perBlock, (i + 1) * perBlock))
}

/** Signs that occur, explained on one line. */
const legend = (designs: readonly string[], properties: readonly string[], cell: CellOf): string => {
  const present = new Set(designs.flatMap((design) => properties.map((property) => signOf(cell(design, property)))))
  return Object.values(SIGNS)
    .filter((sign) => present.has(sign))
    .map(({ sign, meaning }) => `${sign} ${meaning}`)
    .join('   ')
}

/** The numbered names, in two columns read downwards where they fit. */
const names = (properties: readonly string[]): string[] => {
  const digits = String(properties.length).length
  const lines = properties.map((property, i) => clip(`${String(i + 1).padStart(digits)} ${property}`, WIDTH - 2))
  const half = Math.ceil(lines.length / 2)
  const left = Math.max(0, ...lines.slice(0, half).map((line) => line.length)) + 3
  const right = Math.max(0, ...lines.slice(half).map((line) => line.length))
  if (2 + left + right > WIDTH) return lines.map((line) => `  ${line}`)
  return lines.slice(0, half).map((line, i) => `  ${line.padEnd(left)}${lines[half + i] ?? ''}`.trimEnd())
}

const asText = (designs: readonly string[], properties: readonly string[], cell: CellOf): string => {
  const shown = designs.map((design) => clip(design, 48))
  const first = Math.max(0, ...shown.map((name) => name.length)) + 1
  const column = String(properties.length).length + 2
  const tables = blocks(properties, first, column).map((block) => {
    const head = ' '.repeat(first) + block.map(([number]) => String(number).padStart(column)).join('')
    const rows = designs.map((design, i) => {
      const signs = block.map(([, property]) => signOf(cell(design, property)).sign.padStart(column))
      return (shown[i] ?? '').padEnd(first) + signs.join('')
    })
    return [head, ...rows].join('\n')
  })
  const explained = [legend(designs, properties, cell), ...names(properties)].filter((line) => line !== '')
  return [...tables, explained.join('\n')].filter((part) => part !== '').join('\n\n')
}

const escapeCell = (text: string): string => text.replace(/[|\\]/g, (c) => `\\${c}`).replace(/\s+/g, ' ')

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

const asMarkdown = (designs: readonly string[], properties: readonly string[], cell: CellOf): string =>
  [
    row(['design', ...properties.map(escapeCell)]),
    row(['---', ...properties.map(() => '---')]),
    ...designs.map((design) =>
      row([escapeCell(design), ...properties.map((property) => signOf(cell(design, property)).markdown)]),
    ),
  ].join('\n')

/** Lays out the verdicts; rows and columns keep their order. */
export const matrix = (designs: readonly string[], properties: readonly string[], cell: CellOf): Matrix => ({
  text: asText(designs, properties, cell),
  markdown: asMarkdown(designs, properties, cell),
})

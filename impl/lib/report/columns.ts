/** Places text in columns of an e-mail: where each column begins, how wide it is, and where a line is broken. */

/** The width of everything. */
export const WIDTH = 75

/** A column. */
export interface Column {
  readonly start: number
  readonly width: number
  /** what a comment may take: as far into the next column as anything may */
  readonly reach: number
}

/** A line has text of one column only, so a column may reach into the next one by this much before it is wrapped. */
const OVERLAP = 8

/** Distance between columns that have room. */
const GAP = 4

/** Columns side by side, each as wide as asked for; the space between them may be negative. Undefined: no room. */
const unwrapped = (widths: readonly number[], overlap: number): Column[] | undefined => {
  const between = widths.length - 1
  const free = WIDTH - widths.reduce((sum, w) => sum + w, 0)
  const gap = between === 0 ? 0 : Math.min(GAP, Math.floor(free / between))
  if (between === 0 ? free < 0 : gap < -overlap) return undefined
  let start = 0
  return widths.map((width, i) => {
    const reach = i === between ? WIDTH - start : Math.min(WIDTH - start, Math.max(width, width + gap + OVERLAP))
    const column = { start, width, reach }
    start += width + gap
    return column
  })
}

/** Gives each of the wishes as much as it asks for or else an equal share of what there is. */
const shares = (wishes: readonly number[], room: number): number[] => {
  const shared = wishes.map(() => 0)
  const bySize = wishes.map((wish, i) => ({ wish, i })).sort((a, b) => a.wish - b.wish)
  let left = room
  bySize.forEach(({ wish, i }, n) => {
    const share = Math.min(wish, Math.floor(left / (bySize.length - n)))
    shared[i] = share
    left -= share
  })
  return shared
}

/** Columns for text of these widths; the first wishes that can be met count, the last ones are cut to fit. */
export const layOut = (wishes: readonly (readonly number[])[]): { columns: Column[]; wish: number } => {
  for (const [wish, widths] of wishes.entries()) {
    // the fuller wording is not worth more than a slight overlap
    const overlap = wish === wishes.length - 1 ? OVERLAP : OVERLAP / 2
    const columns = unwrapped(widths, overlap)
    if (columns !== undefined) return { columns, wish }
  }
  const wish = wishes.length - 1
  const last = wishes[wish] ?? []
  const cut = shares(last, WIDTH + OVERLAP * (last.length - 1))
  return { columns: unwrapped(cut, OVERLAP) ?? [], wish }
}

/** Where a line may be broken, the better places first. A break is after the match; a comment keeps its end. */
const BREAKS = [/ (?!\*\/)/g, /->|[(,]/g, /_/g]

/** Length of the part of `text` that goes on a line of `width`. */
const breakAt = (text: string, width: number): number => {
  for (const pattern of BREAKS) {
    const places = [...text.matchAll(pattern)].map((m) => m.index + m[0].length)
    // a trailing space does not count; a line that is nearly empty is no good
    const fitting = places.filter((end) => text.slice(0, end).trimEnd().length <= width && end > width / 3)
    const best = fitting.at(-1)
    if (best !== undefined) return best
  }
  return width
}

/** Narrower than this there is no room to indent what continues. */
const NARROW = 12

/** Breaks text into lines of at most `width`; all but the first are indented by `hang`. */
export const wrap = (text: string, width: number, hang = 0): string[] => {
  const indent = width < NARROW ? 0 : hang
  const lines: string[] = []
  let rest = text
  let room = Math.max(1, width)
  while (rest.length > room) {
    const end = breakAt(rest, room)
    lines.push(rest.slice(0, end).trimEnd())
    rest = rest.slice(end).trimStart()
    room = Math.max(1, width - indent)
  }
  if (rest !== '' || lines.length === 0) lines.push(rest)
  return lines.map((line, i) => (i === 0 ? line : ' '.repeat(indent) + line))
}

/** Nothing but printable ASCII: what an old mail reader shows as it is. */
export const ascii = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?')

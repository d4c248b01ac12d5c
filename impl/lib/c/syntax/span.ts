/**
 * From the first and the last token of a construct to the text that a person wrote for it. Within an argument of a macro that is the
 * argument's own text; what a macro's text adds, or makes of several arguments, is the whole use of the macro.
 */

import type { Span } from './source.ts'
import type { SourceText } from './text.ts'
import type { Inside, Token } from './token.ts'

/** A stretch of a file, and the occurrence of an argument that it is part of. */
interface Stretch {
  readonly source: SourceText
  readonly start: number
  readonly end: number
  readonly inside: Inside | undefined
}

const stretchOf = (token: Token): Stretch => {
  const { use, inside } = token
  return use === undefined ? token : { source: use.source, start: use.start, end: use.end, inside }
}

/** The use of which something is an argument. */
const widened = ({ use, outer }: Inside): Stretch => ({
  source: use.source,
  start: use.start,
  end: use.end,
  inside: outer,
})

const depth = (stretch: Stretch): number => {
  let n = 0
  for (let { inside } = stretch; inside !== undefined; inside = inside.outer) n++
  return n
}

const cover = (first: Token, last: Token): Stretch => {
  let [from, to] = [stretchOf(first), stretchOf(last)]
  if (from.inside !== to.inside) {
    let [deep, other] = [depth(from), depth(to)]
    while (from.inside !== to.inside) {
      const [wideFrom, wideTo] = [deep >= other, other >= deep]
      if (wideFrom && from.inside !== undefined) [from, deep] = [widened(from.inside), deep - 1]
      if (wideTo && to.inside !== undefined) [to, other] = [widened(to.inside), other - 1]
    }
  }
  if (from.source !== to.source) return from
  const end = Math.max(from.end, to.end)
  return { source: from.source, start: Math.min(from.start, to.start), end, inside: from.inside }
}

/** Most spans are never looked at: place and text are made when they are asked for. */
export class TokenSpan implements Span {
  private readonly first: Token
  private readonly last: Token
  private stretch: Stretch | undefined
  private known: { readonly line: number; readonly column: number } | undefined
  private written: string | undefined

  constructor(first: Token, last: Token) {
    this.first = first
    this.last = last
  }

  private get covered(): Stretch {
    return (this.stretch ??= cover(this.first, this.last))
  }

  private get place(): { readonly line: number; readonly column: number } {
    return (this.known ??= this.covered.source.placeAt(this.covered.start))
  }

  get file(): string {
    return this.covered.source.name
  }

  get line(): number {
    return this.place.line
  }

  get column(): number {
    return this.place.column
  }

  get start(): number {
    return this.covered.start
  }

  get end(): number {
    return this.covered.end
  }

  get text(): string {
    return (this.written ??= this.covered.source.collapsed(this.covered.start, this.covered.end))
  }
}

/** tree-sitter's tree of a declaration as plain data: named parts only, with the numbers of the shown words that they span. */

import type { Language, Parser, Tree, TreeCursor } from 'web-tree-sitter'
import { LIMITS } from './limits.ts'

export interface Shape {
  /** tree-sitter's name of the part, e.g. `binary_expression` */
  readonly type: string
  /** what it is to the part around it, e.g. `left` */
  readonly field: string | undefined
  /** numbers of its first and its last word */
  readonly first: number
  readonly last: number
  readonly parts: readonly Shape[]
}

/** What stands in the way: the number of the word, and what was expected there if that is known. */
export interface Obstacle {
  readonly at: number
  readonly missing: string | undefined
}

export type Parsed =
  | { readonly kind: 'shape'; readonly shape: Shape }
  | { readonly kind: 'obstacle'; readonly obstacle: Obstacle }
  /** deeper than is taken, from that word on */
  | { readonly kind: 'too-deep'; readonly at: number }

/** Shapes are the same for what looks the same; that many are kept. */
const MOST = 2_000

interface Building {
  readonly type: string
  readonly field: string | undefined
  readonly first: number
  readonly last: number
  readonly parts: Building[]
}

export class Shapes {
  private readonly parser: Parser
  private readonly isNamed: readonly boolean[]
  private readonly types: readonly string[]
  private readonly fields: readonly (string | null)[]
  private readonly kept = new Map<string, Parsed>()

  constructor(parser: Parser, language: Language) {
    this.parser = parser
    this.types = language.types
    this.fields = language.fields
    this.isNamed = language.types.map((_, id) => language.nodeTypeIsNamed(id))
  }

  /** The tree of words with single spaces between them. */
  parse(words: readonly string[]): Parsed {
    const text = words.join(' ')
    const known = this.kept.get(text)
    if (known !== undefined) return known
    const tree = this.parser.parse(text)
    if (tree === null) return { kind: 'obstacle', obstacle: { at: 0, missing: undefined } }
    try {
      const parsed = this.read(tree, words, text)
      if (this.kept.size >= MOST) this.kept.clear()
      this.kept.set(text, parsed)
      return parsed
    } finally {
      tree.delete()
    }
  }

  private read(tree: Tree, words: readonly string[], text: string): Parsed {
    const numbers = numbersOf(words, text.length)
    if (tree.rootNode.hasError) return { kind: 'obstacle', obstacle: this.obstacle(tree, numbers, text) }
    const cursor = tree.walk()
    try {
      return this.copy(cursor, numbers)
    } finally {
      cursor.delete()
    }
  }

  private at(cursor: TreeCursor, numbers: Uint32Array): Building {
    return {
      type: this.types[cursor.nodeTypeId] ?? '',
      field: this.fields[cursor.currentFieldId] ?? undefined,
      first: numbers[cursor.startIndex] ?? 0,
      last: numbers[Math.max(0, cursor.endIndex - 1)] ?? 0,
      parts: [],
    }
  }

  /** Without recursion: how deep a tree is, is the user's choice. */
  private copy(cursor: TreeCursor, numbers: Uint32Array): Parsed {
    const root = this.at(cursor, numbers)
    const path = [root]
    if (!cursor.gotoFirstChild()) return { kind: 'shape', shape: root }
    for (;;) {
      const around = path.at(-1)
      if (around === undefined) return { kind: 'shape', shape: root }
      if (this.isNamed[cursor.nodeTypeId] === true) {
        const part = this.at(cursor, numbers)
        around.parts.push(part)
        if (cursor.gotoFirstChild()) {
          path.push(part)
          if (path.length > LIMITS.tree) return { kind: 'too-deep', at: part.first }
          continue
        }
      }
      while (!cursor.gotoNextSibling()) {
        cursor.gotoParent()
        path.pop()
        if (path.length === 0) return { kind: 'shape', shape: root }
      }
    }
  }

  /** Where no reading of the text could go on: that is what the parser's log says first. */
  private obstacle(tree: Tree, numbers: Uint32Array, text: string): Obstacle {
    let [column, farthest, isOver] = [0, 0, false]
    this.parser.setLogger((message, isLex) => {
      if (isLex || isOver) return
      const where = /^process version:\d+, .*col:(\d+)$/.exec(message)
      // columns are bytes of UTF-16
      if (where !== null) column = Number(where[1]) / 2
      else if (message.startsWith('detect_error')) farthest = Math.max(farthest, column)
      else if (message.startsWith('resume')) isOver = true
    })
    this.parser.parse(text)?.delete()
    this.parser.setLogger(null)
    while (text[farthest] === ' ') farthest++
    const at = farthest >= text.length ? numbers.length : (numbers[farthest] ?? 0)
    return { at, missing: this.missing(tree, at, numbers) }
  }

  /** What tree-sitter put in before that word to go on. */
  private missing(tree: Tree, at: number, numbers: Uint32Array): string | undefined {
    const cursor = tree.walk()
    try {
      for (;;) {
        if (cursor.nodeIsMissing && (numbers[cursor.startIndex + 1] ?? at) === at) return cursor.nodeType
        if (cursor.gotoFirstChild()) continue
        while (!cursor.gotoNextSibling()) if (!cursor.gotoParent()) return undefined
      }
    } finally {
      cursor.delete()
    }
  }
}

/** For each offset the number of the word that stands there. */
const numbersOf = (words: readonly string[], length: number): Uint32Array => {
  const numbers = new Uint32Array(length + 1)
  let at = 0
  words.forEach((word, number) => {
    numbers.fill(number, at, at + word.length + 1)
    at += word.length + 1
  })
  return numbers
}

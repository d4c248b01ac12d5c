/**
 * Where words for people go: colours and progress only on a terminal, one JSON document with --json. The only place that
 * writes to stdout and stderr, so that whatever a text holds, it reaches them as `impl/lib/text/visible.ts` makes it fit.
 */

import pc from 'picocolors'
import { EXIT } from '../../impl/lib/kernel/error.ts'
import { jsonText, printable, visible, visibleCommand } from '../../impl/lib/text/visible.ts'

/** How a line looks on a terminal. The text itself never has colours: what looks like one in it is made visible. */
export type Style = 'plain' | 'bold' | 'red'

/** How a command talks. */
export interface Output {
  readonly json: boolean
  /** a line for people on stdout, or several; nothing with --json */
  readonly line: (text?: string, style?: Style) => void
  /** a line on stdout that is meant as a command to a CI runner; nothing with --json */
  readonly command: (line: string) => void
  /** a remark beside the result, on stderr; nothing with --json */
  readonly note: (text: string) => void
  /** a passing remark on stderr, on a terminal only; the next one replaces it */
  readonly progress: (text: string) => void
  /** ends the progress line */
  readonly clear: () => void
}

/** Text for people on stdout. */
export const writeOut = (text: string): void => {
  process.stdout.write(visible(text))
}

/** Text for people on stderr. */
export const writeError = (text: string): void => {
  process.stderr.write(visible(text))
}

const WIPE = '\r\u001b[K'

/** Talks on this process's streams. */
export const outputFor = (json: boolean): Output => {
  const terminal = process.stderr.isTTY && !json
  const colour = pc.createColors(pc.isColorSupported && process.stdout.isTTY && !json)
  const styles: Readonly<Record<Style, (text: string) => string>> = {
    plain: (text) => text,
    bold: colour.bold,
    red: colour.red,
  }
  let shown = false
  const clear = (): void => {
    if (shown) process.stderr.write(WIPE)
    shown = false
  }
  const write = (stream: NodeJS.WriteStream, text: string): void => {
    clear()
    if (!json) stream.write(`${text}\n`)
  }
  return {
    json,
    line: (text = '', style = 'plain') => {
      write(process.stdout, styles[style](visible(text)))
    },
    command: (line) => {
      write(process.stdout, visibleCommand(line))
    },
    note: (text) => {
      write(process.stderr, visible(`lockstep: ${text}`))
    },
    progress: (text) => {
      if (!terminal) return
      process.stderr.write(`${WIPE}${printable(text).slice(0, (process.stderr.columns || 80) - 1)}`)
      shown = true
    },
    clear,
  }
}

/** Prints the one JSON document of a command. */
export const printJson = (document: unknown): void => {
  process.stdout.write(`${jsonText(document)}\n`)
}

/** As of what SIGPIPE ends, which Node does not let through. */
const READER_GONE = 128 + 13

/** Ends us when nobody reads what we say; for the main thread, as no other is told. */
export const watchStreams = (): void => {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // `lockstep ... | head`: the reader has what it wanted; there is no verdict yet, and so no pass
    if (error.code === 'EPIPE') process.exit(READER_GONE)
    // what nobody can read is no answer, whatever it was
    writeError(`lockstep: cannot write to stdout: ${error.message}\n`)
    process.exit(EXIT.environment)
  })
  // words of progress to nobody
  process.stderr.on('error', () => undefined)
}

/** Text columns, each as wide as its widest entry. */
export const columns = (rows: readonly (readonly string[])[], indent = ''): string[] => {
  const widths: number[] = []
  for (const row of rows) row.forEach((text, i) => (widths[i] = Math.max(widths[i] ?? 0, text.length)))
  return rows.map((row) => `${indent}${row.map((text, i) => text.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd())
}

/** Seconds as people read them. */
export const seconds = (s: number): string => (s < 10 ? `${s.toFixed(2)} s` : `${s.toFixed(0)} s`)

/** 1234567 as 1,234,567. */
export const thousands = (n: number): string => n.toLocaleString('en-US')

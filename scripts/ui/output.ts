/** Where words for people go: colours and progress only on a terminal, one JSON document with --json. */

import pc from 'picocolors'

/** How a command talks. */
export interface Output {
  readonly json: boolean
  /** a line for people on stdout; nothing with --json */
  readonly line: (text?: string) => void
  /** a passing remark on stderr, on a terminal only; the next one replaces it */
  readonly progress: (text: string) => void
  /** ends the progress line */
  readonly clear: () => void
  readonly colour: ReturnType<typeof pc.createColors>
}

/** Talks on this process's streams. */
export const outputFor = (json: boolean): Output => {
  const terminal = process.stderr.isTTY && !json
  let shown = false
  const clear = (): void => {
    if (shown) process.stderr.write('\r\u001b[K')
    shown = false
  }
  return {
    json,
    line: (text = '') => {
      clear()
      if (!json) process.stdout.write(`${text}\n`)
    },
    progress: (text) => {
      if (!terminal) return
      process.stderr.write(`\r\u001b[K${text.slice(0, (process.stderr.columns || 80) - 1)}`)
      shown = true
    },
    clear,
    colour: pc.createColors(pc.isColorSupported && process.stdout.isTTY && !json),
  }
}

/** Prints the one JSON document of a command. */
export const printJson = (document: unknown): void => {
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
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

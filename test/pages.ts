/** Parts of pages between two comments, `<!-- name -->` and `<!-- /name -->`: read, held, and with UPDATE_README=1 written. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { packageRoot } from '../scripts/workspace/package.ts'

/** Are parts written instead of held? */
export const isUpdate = process.env['UPDATE_README'] !== undefined

/** What is between the comments of a page, and where. */
const partOf = (file: string, name: string): { path: string; text: string; start: number; end: number } => {
  const path = join(packageRoot(), file)
  const text = readFileSync(path, 'utf8')
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const [start, end] = [text.indexOf(open) + open.length, text.indexOf(close)]
  expect([file, name, text.includes(open) && end > start]).toEqual([file, name, true])
  return { path, text, start, end }
}

/** What is between the comments. */
export const between = (file: string, name: string): string => {
  const { text, start, end } = partOf(file, name)
  return text.slice(start, end)
}

/** Puts something between the comments. */
export const putBetween = (file: string, name: string, wanted: string): void => {
  const { path, text, start, end } = partOf(file, name)
  writeFileSync(path, `${text.slice(0, start)}\n\n${wanted}\n\n${text.slice(end)}`)
}

/** The formatter pads tables; what they say does not change by that. */
const unpadded = (text: string): string =>
  text
    .trim()
    .replace(/(?<=\|.*) +/g, ' ')
    .replace(/-{3,}/g, '---')

/** Holds what is between the comments to what is wanted there; with UPDATE_README=1 it is written. */
export const hold = (file: string, name: string, wanted: string): void => {
  if (isUpdate) putBetween(file, name, wanted)
  else expect(unpadded(between(file, name))).toBe(unpadded(wanted))
}

/** Adds a protocol to a configuration that somebody has written: where it is plain how, and nowhere else. */

const COMMENT_OR_STRING = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\$]|\\.)*`/g

/** The text with comments made blank and strings a word, of the same length; undefined if it may be read in another way. */
const blankedOf = (text: string): string | undefined => {
  const blanked = text.replace(COMMENT_OR_STRING, (found) =>
    found.startsWith('/') ? found.replace(/[^\n]/g, ' ') : 's'.repeat(found.length),
  )
  // a quote or a slash that is left belongs to a regular expression, or to a template with values in it
  return /['"`/]/.test(blanked) ? undefined : blanked
}

/** Where the bracket closes that is open at `from`. */
const closingOf = (blanked: string, from: number): number | undefined => {
  let depth = 1
  for (let at = from; at < blanked.length; at += 1) {
    if ('[({'.includes(blanked.charAt(at))) depth += 1
    else if ('])}'.includes(blanked.charAt(at))) depth -= 1
    if (depth === 0) return at
  }
  return undefined
}

/** The only list `protocols: [...]` of a configuration, by the places of what is in it. */
const listIn = (blanked: string): { readonly start: number; readonly end: number } | undefined => {
  const [head, second] = blanked.matchAll(/(?<![\w$.])protocols\s*:\s*\[/g)
  if (head === undefined || second !== undefined || !/\bexport\s+default\b/.test(blanked)) return undefined
  const start = head.index + head[0].length
  const end = closingOf(blanked, start)
  // behind a list that is used as it is comes the next property, or the end of the object
  return end !== undefined && /^\]\s*[,}]/.test(blanked.slice(end)) ? { start, end } : undefined
}

/** How the list names the protocol in the directory NAME. */
export const entryOf = (name: string): string => `'./${name}'`

/**
 * The configuration with `./NAME` as the last of its protocols; the same text if it is one of them already. Undefined where
 * there is no single list of which it is plain that it is theirs.
 */
export const withProtocol = (text: string, name: string): string | undefined => {
  const blanked = blankedOf(text)
  const list = blanked === undefined ? undefined : listIn(blanked)
  if (blanked === undefined || list === undefined) return undefined
  const { start, end } = list
  const named = text.slice(start, end).matchAll(new RegExp(`(['"\`])\\./${name}/?\\1`, 'g'))
  if ([...named].some(({ index }) => blanked.charAt(start + index) !== ' ')) return text
  const items = blanked.slice(start, end).trimEnd()
  const isEmpty = items.trim() === ''
  const last = start + (isEmpty ? 0 : items.length)
  const comma = isEmpty || items.endsWith(',') ? '' : ','
  const newline = text.slice(last, end).lastIndexOf('\n')
  if (newline < 0) {
    const entry = isEmpty ? entryOf(name) : `${comma} ${entryOf(name)}`
    return `${text.slice(0, last)}${entry}${text.slice(last)}`
  }
  // on a line of its own, after whatever is said at the end of the last one
  const [, outer = ''] = /(?:^|\n)([ \t]*)[^\n]*$/.exec(text.slice(0, start)) ?? []
  const [, indent = `${outer}  `] = /\n([ \t]*)\S/.exec(text.slice(start, end)) ?? []
  const at = last + newline
  const line = `\n${indent}${entryOf(name)}${comma === '' ? ',' : ''}`
  return `${text.slice(0, last)}${comma}${text.slice(last, at)}${line}${text.slice(at)}`
}

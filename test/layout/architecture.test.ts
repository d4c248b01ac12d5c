/** The pictures of docs/architecture.md are held to the tree and to the table of rooms. `UPDATE_README=1` rewrites the second. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOMS } from './rooms.ts'
import { between, isUpdate, putBetween } from '../pages.ts'
import { packageRoot } from '../../scripts/workspace/package.ts'
import { PROTOCOLS } from '../project.ts'

const root = packageRoot()
const page = 'docs/architecture.md'
const text = readFileSync(join(root, page), 'utf8')

interface Picture {
  /** what is written in each box, by the box's name */
  readonly boxes: ReadonlyMap<string, readonly string[]>
  readonly arrows: readonly (readonly [from: string, to: string])[]
}

/** Words of Mermaid's own: a box of that name breaks the picture. */
const RESERVED = ['graph', 'flowchart', 'subgraph', 'end', 'style', 'class', 'click', 'default']

/** Reads a Mermaid flowchart that has one box or one arrow a line; anything else in it is an error. */
const parsePicture = (inside: string): Picture => {
  const [, body = ''] = /^```mermaid\nflowchart \w+\n([\s\S]*?)^```$/m.exec(inside) ?? []
  const boxes = new Map<string, readonly string[]>()
  const arrows: (readonly [string, string])[] = []
  for (const line of body.split('\n').map((l) => l.trim())) {
    if (line === '') continue
    const [, box, label] = /^(\w+)\["([^"]+)"\]$/.exec(line) ?? []
    const [, from, to] = /^(\w+) --> (\w+)$/.exec(line) ?? []
    if (box !== undefined && label !== undefined) {
      expect([line, boxes.has(box)]).toEqual([line, false])
      boxes.set(box, label.split('<br/>'))
    } else if (from !== undefined && to !== undefined) arrows.push([from, to])
    else expect(line).toBe('a box or an arrow')
  }
  expect(boxes.size).toBeGreaterThan(0)
  expect([...boxes.keys()].filter((box) => RESERVED.includes(box))).toEqual([])
  for (const end of arrows.flat()) expect([end, boxes.has(end)]).toEqual([end, true])
  expect(new Set(arrows.map(String)).size).toBe(arrows.length)
  return { boxes, arrows }
}

const sourcesIn = (path: string): string[] =>
  path.endsWith('.ts')
    ? [path]
    : readdirSync(join(root, path), { withFileTypes: true, recursive: true })
        .filter((e) => e.isFile() && e.name.endsWith('.ts'))
        .map((e) => relative(root, join(e.parentPath, e.name)).replaceAll('\\', '/'))

const importsOf = (file: string): string[] =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/(?:from |import\()'(\.[^']+)'/g)].map(([, target = '']) =>
    relative(root, resolve(join(root, dirname(file)), target)).replaceAll('\\', '/'),
  )

// ---------------------------------------------------------------------------------------------------------------------
// How data flows

/** The paths that a box stands for. Our configuration names the protocols, so whoever imports it imports their programs. */
const pathsOf = (path: string): string[] => [
  ...(path.includes('PROTOCOL') ? PROTOCOLS.map(({ name }) => path.replace('PROTOCOL', name)) : [path]),
  ...(path === 'impl/PROTOCOL' ? ['impl/lockstep.config.ts'] : []),
]

const isCode = (path: string): boolean => /^(impl|scripts)\//.test(path)

const isIn = (file: string, path: string): boolean => pathsOf(path).some((p) => file === p || file.startsWith(`${p}/`))

const touches = (file: string, path: string): boolean => isIn(file, path) || importsOf(file).some((i) => isIn(i, path))

const imports = (from: string, to: string): boolean =>
  pathsOf(from)
    .flatMap(sourcesIn)
    .some((file) => importsOf(file).some((i) => isIn(i, to)))

describe('the picture of how data flows', () => {
  const inside = between(page, 'flow')
  const { boxes, arrows } = parsePicture(inside)
  const pathOf = (box: string): string => boxes.get(box)?.at(-1) ?? ''
  const handed = new Map(
    [...inside.matchAll(/^\| `(\w+)` +\| `(\w+)` +\| (.*?) +\|$/gm)].map(([, from = '', to = '', by = '']) => [
      `${from},${to}`,
      [...by.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file),
    ]),
  )

  it('every box names what is there', () => {
    for (const box of boxes.keys())
      for (const path of pathsOf(pathOf(box)))
        expect([box, path, existsSync(join(root, path))]).toEqual([box, path, true])
  })

  it('every box has an arrow', () => {
    const ends = new Set(arrows.flat())
    expect([...boxes.keys()].filter((box) => !ends.has(box))).toEqual([])
  })

  it('every arrow is an import, or is listed with the files that hand the data over', () => {
    for (const [from, to] of arrows) {
      const files = handed.get(`${from},${to}`)
      const [a, b] = [pathOf(from), pathOf(to)]
      if (files === undefined) {
        expect([from, to, isCode(a) && isCode(b) && (imports(a, b) || imports(b, a))]).toEqual([from, to, true])
        continue
      }
      // each next file imports the one before it or is imported by it, so that together they are one way
      files.slice(1).forEach((file, i) => {
        const before = files[i] ?? ''
        expect([before, file, touches(file, before) || touches(before, file)]).toEqual([before, file, true])
      })
      for (const side of [a, b].filter(isCode))
        expect([from, to, side, files.some((file) => touches(file, side))]).toEqual([from, to, side, true])
    }
  })

  it('nothing is listed that is no arrow, or that an import is already', () => {
    const known = new Set(arrows.map(String))
    for (const pair of handed.keys()) {
      const [from = '', to = ''] = pair.split(',').map(pathOf)
      expect([pair, known.has(pair)]).toEqual([pair, true])
      const imported = isCode(from) && isCode(to) && (imports(from, to) || imports(to, from))
      expect([pair, imported]).toEqual([pair, false])
    }
  })
})

// ---------------------------------------------------------------------------------------------------------------------
// Which room imports which

const importsOfRoom = new Map(ROOMS.map(({ room, imports: all }) => [room, all.filter((i) => i !== room)]))

const reachedFrom = (room: string): Set<string> => {
  const seen = new Set<string>()
  const visit = (from: string): void => {
    for (const next of importsOfRoom.get(from) ?? []) {
      if (seen.has(next)) continue
      seen.add(next)
      visit(next)
    }
  }
  visit(room)
  return seen
}

/** The imports of a room that do not follow from others: what is left out is reached through one that is kept. */
const reduced = (room: string): string[] => {
  const all = importsOfRoom.get(room) ?? []
  return all
    .filter((to) => !all.some((other) => other !== to && !reachedFrom(to).has(other) && reachedFrom(other).has(to)))
    .sort()
}

/** Rooms with the same arrows to and from them share a box. */
const groups = (): { rooms: readonly string[]; to: readonly string[] }[] => {
  const rooms = [...importsOfRoom.keys()]
  const arrows = new Map(rooms.map((room) => [room, reduced(room)]))
  const shape = (room: string): string =>
    JSON.stringify([arrows.get(room), rooms.filter((other) => arrows.get(other)?.includes(room))])
  const shapes = [...new Set(rooms.map(shape))]
  return shapes
    .map((same) => rooms.filter((room) => shape(room) === same))
    .map((same) => ({ rooms: same, to: arrows.get(same[0] ?? '') ?? [] }))
}

const drawn = (): string => {
  const all = groups()
  const nameOf = (room: string): string =>
    (all.find(({ rooms }) => rooms.includes(room))?.rooms[0] ?? '').replace(/\W/g, '_')
  const boxes = all.map(({ rooms }) => `  ${nameOf(rooms[0] ?? '')}["${rooms.join('<br/>')}"]`)
  const arrows = all.flatMap(({ rooms, to }) =>
    [...new Set(to.map(nameOf))].map((target) => `  ${nameOf(rooms[0] ?? '')} --> ${target}`),
  )
  return ['```mermaid', 'flowchart TD', ...boxes, '', ...arrows, '```'].join('\n')
}

describe('the picture of the rooms', () => {
  it('has exactly the arrows of the table, less those that follow from others', () => {
    if (isUpdate) {
      putBetween(page, 'rooms', drawn())
      return
    }
    const { boxes, arrows } = parsePicture(between(page, 'rooms'))
    const roomsOf = (box: string): readonly string[] => boxes.get(box) ?? []
    const shown = arrows.flatMap(([from, to]) => roomsOf(from).flatMap((a) => roomsOf(to).map((b) => `${a} -> ${b}`)))
    const wanted = ROOMS.flatMap(({ room }) => reduced(room).map((to) => `${room} -> ${to}`))
    expect([...boxes.values()].flat().sort()).toEqual(ROOMS.map(({ room }) => room).sort())
    expect(shown.sort()).toEqual(wanted.sort())
  })

  it('the table names rooms that are there', () => {
    for (const { room, imports: all } of ROOMS) {
      expect([room, existsSync(join(root, room))]).toEqual([room, true])
      for (const to of all) expect([room, to, importsOfRoom.has(to)]).toEqual([room, to, true])
    }
  })

  it('every room has a paragraph, and every paragraph is of what is there', () => {
    const headings = [...text.matchAll(/^###+ (.*)\n\n(?!#)\S/gm)].map(([, heading = '']) => heading)
    const rows = [...text.matchAll(/^\| (`scripts\/[^|]*) \|/gm)].map(([, cell = '']) => cell)
    const described = [...headings, ...rows].flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, p = '']) => p))
    expect(ROOMS.map(({ room }) => room).filter((room) => !described.includes(room))).toEqual([])
    for (const path of described) expect([path, existsSync(join(root, path))]).toEqual([path, true])
  })
})

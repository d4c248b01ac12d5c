// A lock between processes that install or build in the same directory: a file with its holder's name in it. Plain
// JavaScript and nothing but Node's own modules, because nothing is installed yet.
import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { clearInterval, setInterval, setTimeout } from 'node:timers'

/** How often the holder says that it lives, and after how much silence it is taken to be dead, in milliseconds. */
const BEAT_MS = 2000
const SILENCE_MS = 30_000
/** How often those who wait look. */
const LOOK_MS = 200

const own = () => JSON.stringify({ pid: process.pid, host: hostname() })

/** What the lock says, and how long its holder has been silent; undefined if there is none. */
const read = (file) => {
  try {
    return { text: readFileSync(file, 'utf8'), silent: Date.now() - statSync(file).mtimeMs }
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

/** The holder's number, if it is of this machine. */
const holderOf = (text) => {
  try {
    const { pid, host } = JSON.parse(text)
    return host === hostname() && Number.isInteger(pid) ? pid : undefined
  } catch {
    return undefined
  }
}

/** Is there a process of this number? One that belongs to somebody else is one too. */
export const isAlive = (pid) => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** A holder that was killed leaves its lock; one of another machine is known by its silence only. */
const isStale = ({ text, silent }) => {
  const pid = holderOf(text)
  return silent > SILENCE_MS || (pid !== undefined && !isAlive(pid))
}

/** Takes the lock if it is free. A link is there as a whole or not at all, and never over another. */
const take = (file) => {
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, own())
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

/** Takes a stale lock away. If it is another by now, which a faster one has taken, it is put back. */
const clear = (file, { text }) => {
  const aside = `${file}.${process.pid}.stale`
  try {
    renameSync(file, aside)
    if (readFileSync(aside, 'utf8') !== text) linkSync(aside, file)
  } catch (error) {
    // another was faster
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error
  } finally {
    rmSync(aside, { force: true })
  }
}

const acquire = async (file) => {
  let said = false
  while (!take(file)) {
    const found = read(file)
    if (found === undefined) continue
    if (isStale(found)) {
      clear(file, found)
      continue
    }
    if (!said) {
      const who = holderOf(found.text)
      console.error(
        `lockstep: ${who === undefined ? 'another process' : `process ${who}`} installs or builds here: waiting`,
      )
    }
    said = true
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}

/** Runs `task` while no other process holds the lock; it goes with the process, however that ends. */
export const withLock = async (file, task) => {
  try {
    await acquire(file)
  } catch (error) {
    console.error(`lockstep: cannot install or build here: ${error.message}`)
    process.exit(3)
  }
  const release = () => {
    // not the lock of somebody who took us for dead
    if (read(file)?.text === own()) rmSync(file, { force: true })
  }
  process.once('exit', release)
  const beat = setInterval(() => {
    try {
      const now = new Date()
      utimesSync(file, now, now)
    } catch {
      // taken away by hand
    }
  }, BEAT_MS)
  try {
    return await task()
  } finally {
    clearInterval(beat)
    process.off('exit', release)
    release()
  }
}

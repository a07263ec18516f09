import { setImmediate as turn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { LOADING_MS } from '../core/config/import.ts'
import { ZdsError } from '../core/errors.ts'
import { load, type LoadOptions, type Project } from '../core/config/load.ts'
import { warn } from './output.ts'

/** Signals are what they are to any program for so long: a loop would keep us from hearing them. */
const DEAF_MS = 1_000

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Kills the process where nothing else runs in it any more, and nobody says in time that it does. */
const WATCHDOG = `
  const { writeSync } = require('node:fs')
  const { ended, ms, message } = require('node:worker_threads').workerData
  if (Atomics.wait(ended, 0, 0, ms) === 'timed-out') {
    writeSync(2, message)
    process.kill(process.pid, 'SIGKILL')
  }`

/**
 * Loads the configuration. One whose code never comes to its end is ended by a signal, and by a
 * watchdog where not even a timer of ours gets its turn.
 */
export async function loadWatched(options: LoadOptions): Promise<Project> {
  // A signal that came while our own code was being loaded waits for its listener, and would be gone
  // with it: an apply that was stopped at once would be carried out.
  await turn()
  options.signal?.throwIfAborted()
  const listeners = SIGNALS.map((name) => [name, process.listeners(name)] as const)
  for (const [name] of listeners) process.removeAllListeners(name)
  const hear = (): void => {
    for (const [name, all] of listeners)
      for (const one of all) if (!process.listeners(name).includes(one)) process.on(name, one)
  }
  const exit = process.exit.bind(process)
  process.exit = ended
  const deaf = setTimeout(hear, DEAF_MS)
  const { withinMs = LOADING_MS } = options
  const loaded = new Int32Array(new SharedArrayBuffer(4))
  const message = `Error [CONFIG_BROKEN] The configuration was not loaded in ${withinMs / 1000} s: its code runs without an end\n`
  const watchdog = new Worker(WATCHDOG, { eval: true, workerData: { ended: loaded, ms: withinMs + DEAF_MS, message } })
  watchdog.unref()
  try {
    return await load(process.cwd(), { warn, ...options })
  } finally {
    process.exit = exit
    clearTimeout(deaf)
    hear()
    Atomics.store(loaded, 0, 1)
    Atomics.notify(loaded, 0)
  }
}

/** What ends the process where a configuration would. */
function ended(): never {
  throw new ZdsError('CONFIG_BROKEN', 'the configuration ends the process (process.exit)', {
    hint: 'It says what there is; leave that out.',
  })
}

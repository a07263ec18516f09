import { sqliteJournal, type Journal, type RunRecord } from '../../core/state/journal.ts'
import { isAlive, sqliteLocks, type Lock } from '../../core/state/locks.ts'
import { lookOf, open, print, stateFile } from '../session.ts'
import { number, plain, wrapped } from '../render/text.ts'
import { unfinished } from './unfinished.ts'

const RUNS = 10

/** `zds status`: the last runs, one that stopped before it was done, and who holds a lock. */
export async function statusCommand(options: { config?: string; env?: string }, signal: AbortSignal): Promise<number> {
  const session = await open(options, signal)
  const journal = sqliteJournal(stateFile(session))
  const locks = sqliteLocks(stateFile(session))
  const { paint, columns } = lookOf(true)
  try {
    const runs = journal.runs()
    const open = unfinished(journal, session.engine.clock)
    const held = locks.held().map((lock) => ({ ...lock, alive: isAlive(lock, session.engine.clock.now()) }))
    const going = held.some(({ run, alive }) => run === open?.id && alive)
    const lines = [
      ...(runs.length === 0
        ? ['Nothing was applied here yet.']
        : runs.slice(0, RUNS).map((run) => lineOf(run, journal))),
      ...(runs.length > RUNS ? [`… and ${number(runs.length - RUNS)} older`] : []),
      ...(open === undefined
        ? []
        : going
          ? ['', `Run ${open.id} is going on.`]
          : [
              '',
              paint(
                'yellow',
                `Run ${open.id} stopped before it was done. zds apply goes on with it, zds apply --new starts afresh.`,
              ),
            ]),
      ...held.map((lock) => paint('yellow', lockLine(lock))),
    ]
    print(lines.flatMap((line) => wrapped(line, columns)))
    return 0
  } finally {
    locks.close()
    journal.close()
  }
}

function lockLine({ instance, run, holder, host, process, until, alive }: Lock & { readonly alive: boolean }): string {
  const dead = alive ? '' : ': nobody holds it any more, the next apply takes it over'
  return `${plain(instance)} is locked by run ${run} (${plain(holder)} on ${plain(host)}, process ${process}) until ${until}${dead}`
}

function lineOf({ id, status, startedAt, forced, digest, approval }: RunRecord, journal: Journal): string {
  const changes =
    journal.plan(id)?.syncs.flatMap(({ name, changes: some }) => some.map(({ key }) => [name, key] as const)) ?? []
  const known = new Map(journal.plan(id)?.syncs.map(({ name }) => [name, journal.known(id, name)]))
  const done = changes.filter(([sync, key]) => {
    const state = known.get(sync)?.get(key)
    return state?.kind === 'outcome' && state.outcome.status === 'done'
  })
  const why = approval?.because === undefined ? '' : `: ${plain(approval.because)}`
  const how = forced ? 'forced' : 'approved'
  const who = approval !== undefined ? `, ${how} by ${plain(approval.by)}${why}` : forced ? ', forced' : ''
  return `${id}  ${startedAt}  ${status}, ${number(done.length)} of ${number(changes.length)} done${who}  ${digest.slice(0, 12)}`
}

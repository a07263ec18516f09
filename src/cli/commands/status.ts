import { WORKER } from '../../core/config/executor.ts'
import type { Kept, RunRecord, Lock } from '../../core/state/state.ts'
import { isOld, standing, unfinishedRun, type Standing } from '../../core/run/history.ts'
import { KEEP_DAYS } from '../../core/run/retention.ts'
import { shortDigest } from '../../core/telling.ts'
import { asCalled } from '../called.ts'
import { lookOf, print } from '../output.ts'
import { counted, number, plain, wrapped } from '../render/text.ts'
import { inSession } from '../session.ts'

const RUNS = 10

/**
 * `zds status`: the last runs, one that stopped before it was done, who holds a lock, and how much
 * is kept.
 */
export async function statusCommand(options: { config?: string; env?: string }, signal: AbortSignal): Promise<number> {
  return inSession(options, signal, async ({ engine }) => {
    const { shared } = engine
    const { journal, locks } = shared.state
    const { paint, columns } = lookOf(true)
    const runs = await journal.runs(RUNS + 1)
    const open = await unfinishedRun(shared)
    const held = await locks.held(shared.clock.now())
    const going = held.some(({ run, alive }) => run === open?.run.id && alive)
    const shown = runs
      .slice(0, RUNS)
      .map(async (run) => lineOf({ ...run, status: standing(run, held) }, await journal.done(run.id)))
    const lines = [
      ...(runs.length === 0 ? ['Nothing was applied here yet.'] : await Promise.all(shown)),
      ...(runs.length > RUNS ? ['… and older ones'] : []),
      ...(open === undefined
        ? []
        : [
            '',
            going
              ? `Run ${open.run.id} is going on.`
              : paint('yellow', stopped(open.run.id, isOld(open, shared.clock))),
          ]),
      ...held.map((lock) => paint('yellow', lockLine(lock))),
      '',
      keptLine(await shared.state.kept(), shared.config.keepDays ?? KEEP_DAYS),
    ]
    print(lines.flatMap((line) => wrapped(asCalled(line), columns)))
    return 0
  })
}

/** How much is kept, and how long. */
function keptLine({ runs, since, bytes }: Kept, days: number): string {
  const what = since === undefined ? 'no run' : `${counted(runs, 'runs')} since ${since.slice(0, 10)}`
  const size = `${number(Math.ceil(bytes / 100_000) / 10)} MB`
  return `Kept: ${what}, ${size}; ${days === 0 ? 'nothing is forgotten' : `forgotten after ${counted(days, 'days')}`} (zds prune).`
}

const stopped = (id: string, old: boolean): string =>
  old
    ? `Run ${id} stopped before it was done, more than a day ago. zds apply settles what it had sent, and plans anew.`
    : `Run ${id} stopped before it was done. zds apply goes on with it, zds apply --new starts afresh.`

function lockLine({ address, instance, run, holder, host, process, until, alive }: Lock): string {
  if (address.startsWith(WORKER))
    return `${plain(instance)} ${alive ? 'carries out stages' : 'has died'} (${plain(holder)} on ${plain(host)}, process ${process})`
  const dead = alive ? '' : ': nobody holds it any more, the next apply takes it over'
  return `${plain(instance)} is locked by run ${run} (${plain(holder)} on ${plain(host)}, process ${process}) until ${until}${dead}`
}

type Line = Omit<RunRecord, 'status'> & { readonly status: Standing }

function lineOf({ id, status, startedAt, asOf, forced, digest, approval, changes }: Line, done: number): string {
  const why = approval?.because === undefined ? '' : `: ${plain(approval.because)}`
  const how = forced ? 'forced' : 'approved'
  const who = approval !== undefined ? `, ${how} by ${plain(approval.by)}${why}` : forced ? ', forced' : ''
  const day = startedAt.startsWith(asOf) ? '' : `, as of ${asOf}`
  return `${id}  ${startedAt}  ${status}, ${number(done)} of ${number(changes)} done${day}${who}  ${shortDigest({ digest })}`
}

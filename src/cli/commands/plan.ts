import { existsSync } from 'node:fs'
import { access, constants } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { syncsOf } from '../../core/config/stages.ts'
import { ZdsError } from '../../core/errors.ts'
import { isUnfinished } from '../../core/run/history.ts'
import { planNumbers } from '../../core/plan/numbers.ts'
import { planKey, seal } from '../../core/plan/seal.ts'
import { changeCount, type Plan } from '../../core/plan/plan.ts'
import { asCalled } from '../called.ts'
import { documentOf, lookOf, print, printDocument, tell } from '../output.ts'
import { refuseToReplace } from '../plan-file.ts'
import { unsaved, writePrivately } from '../private-file.ts'
import { nextSteps, planAgain, type Saved } from '../render/plan/next-steps.ts'
import { shownLines } from '../render/plan/screen.ts'
import { isSelective, refuseUnknown, selectedOf, type Wanted } from '../render/plan/select.ts'
import { selectionLines } from '../render/plan/selection.ts'
import { watched } from '../render/tasks.ts'
import { inSession, type Session } from '../session.ts'

export type PlanOptions = Wanted & {
  config?: string
  env?: string
  asOf?: string
  json?: true
  out?: string
  redact?: true
  failedFrom?: string
  from?: string
  detailedExitcode?: true
  all?: true
}

/**
 * `zds plan`: shows what an apply would do; writes nothing but its own run directory and `--out`.
 * With `--redact`, what is shown holds no data of a record, and what is saved can be read with the
 * key of ZDS_PLAN_KEY only.
 */
export async function planCommand(options: PlanOptions, signal: AbortSignal): Promise<number> {
  const from = placeOf(options.from)
  return makePlan(options, signal, planAgain(options), ({ engine }) => {
    const { failedFrom, asOf } = options
    return watched((watch) => engine.plan({ failedFrom, from, asOf }, watch))
  })
}

/** Makes a plan, saves it where that is asked for, and shows it; `made` is the command that does so. */
export async function makePlan(
  options: PlanOptions,
  signal: AbortSignal,
  made: string,
  make: (session: Session) => Promise<Plan>,
): Promise<number> {
  refuseParts(options)
  const out = options.out === undefined ? undefined : resolve(options.out)
  if (out !== undefined) await access(dirname(out), constants.W_OK).catch(unsaved(out))
  for (const file of out === undefined ? [] : [out, ...(options.redact ? [besideOf(out)] : [])])
    await refuseToReplace(file)
  return inSession(options, signal, async (session) => {
    refuseUnknown(options, syncsOf(session.project.config))
    const key = options.redact && out !== undefined ? planKey() : undefined
    const plan = await make(session)
    const shown = options.redact ? planNumbers(plan) : plan
    if (out !== undefined) {
      await writePrivately(out, key === undefined ? documentOf(plan) : seal(plan, key)).catch(unsaved(out))
      const beside = besideOf(out)
      if (options.redact) await writePrivately(beside, documentOf(shown)).catch(unsaved(beside))
    }
    if (options.json) printDocument(shown)
    else {
      print(
        isSelective(options)
          ? selectionLines(selectedOf(plan, options), plan, lookOf(true))
          : shownLines(plan, lookOf(options.all ?? false), options.redact),
      )
      if (changeCount(plan) > 0) await tellNext(plan, { out: options.out, made, part: isSelective(options) }, session)
    }
    return options.detailedExitcode && changeCount(plan) > 0 ? 2 : 0
  })
}

async function tellNext(plan: Plan, saved: Saved, { engine }: Session): Promise<void> {
  const open = (await engine.shared.state.journal.runs()).some(isUnfinished)
  tell(['', ...nextSteps(plan, { ...saved, open }).map((line) => asCalled(line))])
}

/** A run by its name, or a directory as it is called where the command is given. */
export const placeOf = (from: string | undefined): string | undefined =>
  from !== undefined && from !== 'last' && existsSync(from) ? resolve(from) : from

/** A document is whole, and numbers are of nobody: only what a person reads has parts. */
function refuseParts(options: PlanOptions): void {
  if (!isSelective(options) || !(options.json || options.redact)) return
  const whole = options.json ? '--json' : '--redact'
  throw new ZdsError('USAGE', `${whole} tells of the whole plan, so a part of it cannot be asked for`, {
    hint: 'Save it, and ask for parts of the file: zds plan --out FILE, then zds show FILE --sync NAME --json',
  })
}

/** Where the numbers of a sealed plan are. */
const besideOf = (out: string): string => `${out}.summary.json`

import { access, constants } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { changeCount } from '../../core/plan/plan.ts'
import { asCalled } from '../called.ts'
import { documentOf, lookOf, print, printDocument, tell, warn } from '../output.ts'
import { refuseToReplace } from '../plan-file.ts'
import { unsaved, writePrivately } from '../private-file.ts'
import { nextSteps } from '../render/plan/next-steps.ts'
import { planLines } from '../render/plan/screen.ts'
import { plain } from '../render/text.ts'
import { inSession } from '../session.ts'

export type UndoOptions = { config?: string; env?: string; out?: string; json?: true; all?: true }

/**
 * `zds undo RUN`: an ordinary plan that sets back what a run changed; it changes nothing itself.
 */
export async function undoCommand(run: string, options: UndoOptions, signal: AbortSignal): Promise<number> {
  const asked = options.out === undefined ? undefined : resolve(options.out)
  if (asked !== undefined) await access(dirname(asked), constants.W_OK).catch(unsaved(asked))
  if (asked !== undefined) await refuseToReplace(asked)
  return inSession(options, signal, async ({ engine }) => {
    const { id } = (await engine.runNamed(run)).run
    const plan = await engine.undo(id, (message) => warn(plain(message)))
    const out = asked ?? join(engine.shared.state.scratch, `undo-${id}.json`)
    await writePrivately(out, documentOf(plan)).catch(unsaved(out))
    if (options.json) printDocument(plan)
    else print(planLines(plan, lookOf(options.all ?? false)))
    if (changeCount(plan) > 0)
      tell(['', ...nextSteps(plan, { out, made: `zds undo ${id}` }).map((line) => asCalled(line))])
    return 0
  })
}

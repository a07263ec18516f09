import { messageOf, ZdsError } from '../../core/errors.ts'
import { reportNumbers, type Report } from '../../core/run/report.ts'
import { counted, number, plain, wrapped } from './text.ts'
import type { Look } from './look.ts'

const EXAMPLES = 10

/**
 * The document that `zds apply --json` prints; with `redact`, its numbers only, for those who may
 * not see the records.
 */
export function reportDocument(report: Report, redact = false): object {
  const { error, ...told } = redact ? reportNumbers(report) : report
  return error === undefined ? told : { ...told, error: errorDocument(error) }
}

function errorDocument(error: unknown): object {
  if (!(error instanceof ZdsError)) return { code: 'INTERNAL', message: messageOf(error) }
  const { code, message, hint } = error
  return { code, message, ...(hint !== undefined && { hint }) }
}

/** A report for people. */
export function reportLines(report: Report, look: Look, redact = false): string[] {
  const { syncs } = redact ? reportNumbers(report) : report
  return syncs.flatMap((sync) => {
    const { name, planned, done, failed, stale, notAttempted, unknown, partly, heldBack, codes, failures } = sync
    const parts = [
      look.paint('green', `${number(done)} of ${counted(planned, 'changes')} done`),
      ...(partly > 0 ? [look.paint('yellow', `${number(partly)} of them in part`)] : []),
      ...(failed > 0 ? [look.paint('red', `${number(failed)} failed`)] : []),
      ...(stale > 0 ? [look.paint('yellow', `${number(stale)} stale`)] : []),
      ...(heldBack > 0
        ? [look.paint('yellow', `${number(heldBack)} held back, as what was read is not proved complete`)]
        : []),
      ...(notAttempted > 0 ? [look.paint('yellow', `${number(notAttempted)} without an outcome`)] : []),
      ...(unknown > 0 ? [look.paint('yellow', `${number(unknown)} sent, with an outcome yet to be found`)] : []),
    ]
    const told = look.all ? failures : failures?.slice(0, EXAMPLES)
    const left = (failures?.length ?? 0) - (told?.length ?? 0)
    // One that is shown with its code needs no sum.
    const byCode =
      failures?.length === 1 ? [] : Object.entries(codes).map(([code, count]) => `${number(count)} × ${plain(code)}`)
    return [
      `${look.paint('bold', plain(name))}: ${parts.join(', ')}`,
      ...(told ?? []).flatMap(({ key, name: called, code, message }) => {
        const whose = called === undefined ? '' : ` (${plain(called)})`
        return wrapped(
          `  ${look.paint('red', '✖')} ${plain(key)}  ${plain(code)}: ${plain(message)}${whose}`,
          look.columns,
        )
      }),
      ...(left > 0 ? [`  … and ${number(left)} more (--json lists all)`] : []),
      ...(byCode.length > 0 ? wrapped(`  by code: ${byCode.join(', ')}`, look.columns) : []),
    ]
  })
}

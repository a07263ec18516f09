import stringWidth from 'string-width'
import type { Plan } from '../../../core/plan/plan.ts'
import type { Look } from '../look.ts'
import { counted, number, plain, wrapped } from '../text.ts'
import { changeLines } from './change-lines.ts'
import { fieldLines } from './field-text.ts'
import { hurtLines } from './hurt-lines.ts'
import { namesText, shortDigest } from './names.ts'
import { overviewOf, type Overview } from './overview.ts'
import { siteOf } from './places.ts'
import { waitsFor, whoseOf } from './skips.ts'
import { tableLines } from './table.ts'

/** So few changes are told one by one. */
const FEW = 10

/** A plan for people: numbers and limits, what hurts first, then a line for each field. */
export function planLines(plan: Plan, look: Look): string[] {
  const overview = overviewOf(plan)
  const { columns, paint } = look
  const each = look.all || overview.changes <= FEW
  const [fieldHead = '', ...fields] = fieldLines(overview.fields, columns)
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', paint('bold', title), ...lines]
  return [
    ...wrapped(paint('bold', headOf(overview)), columns),
    ...instanceLines(overview, columns),
    '',
    ...tableLines(overview.syncs, look),
    ...section(breachTitle(overview), breachLines(overview, look)),
    ...section('READ THESE FIRST', hurtLines(overview, look)),
    ...(each ? [] : section('NEW RECORDS', createdLines(overview, look))),
    ...(each ? [] : section(fieldHead, fields)),
    ...section('LEFT AS THEY ARE', leftLines(overview, look)),
    ...(each ? section('ALL CHANGES', changeLines(plan, look)) : []),
  ]
}

function headOf({ asOf, changes, breaches, digest }: Overview): string {
  const total = changes === 0 ? 'nothing to do' : counted(changes, 'changes')
  const beyond = breaches.length === 0 ? '' : ', NOT APPROVED'
  return `Plan as of ${asOf}: ${total}${beyond} (digest ${shortDigest({ digest })})`
}

/** Where each instance is, beside each other where they fit. */
function instanceLines({ instances }: Overview, columns: number): string[] {
  const known = instances.flatMap(({ name, address }) =>
    address === undefined ? [] : [`${plain(name)}  ${plain(siteOf(address).text)}`],
  )
  const line = known.join('      ')
  return stringWidth(line) <= columns && line !== '' ? [line] : known
}

function breachTitle({ breaches }: Overview): string {
  const causes = new Set(breaches.map(({ because }) => because?.fields.join(', ')))
  const [cause] = causes
  const why = causes.size === 1 && cause !== undefined && breaches.length > 1 ? `, all because of ${plain(cause)}` : ''
  return `STOPPED by ${counted(breaches.length, 'limits')}${why}`
}

const breachLines = ({ breaches }: Overview, { columns, paint }: Look): string[] =>
  breaches.flatMap(({ sync, id, message }) =>
    wrapped(paint('red', `  ! ${plain(sync)}: ${plain(message)} [${plain(id)}]`), columns),
  )

export function createdLines({ created }: Overview, { columns, paint }: Look): string[] {
  return created.flatMap(({ sync, resource, who, along }) => {
    const words = Object.entries(along).map(([word, some]) => `${number(some)} ${plain(word)}`)
    const people = words.length === 0 ? '' : `, with them ${words.join(', ')}`
    const some = `${counted(who.length, plain(resource))} in ${plain(sync)}${people}`
    return wrapped(`  ${paint('green', '+')} ${some}: ${namesText(who)}`, columns)
  })
}

export function leftLines({ left }: Overview, { columns, paint, all }: Look): string[] {
  return left.flatMap(({ reason, meaning, skips }) => {
    const where = [...Map.groupBy(skips, ({ sync }) => sync)].map(
      ([sync, some]) => `${plain(sync)} ${number(some.length)}`,
    )
    const line = `  . ${number(skips.length)} ${plain(reason)} (${plain(meaning)}): ${where.join(', ')}`
    const each = skips.map((skip) => `      ${plain(skip.sync)}  ${plain(whoseOf(skip))}${waitsFor(skip.heldBy)}`)
    return [line, ...(all ? each : [])].flatMap((one) => wrapped(paint('dim', one), columns))
  })
}

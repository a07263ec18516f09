import type { ExplainedCharge, ExplainedOverride, ExplainedRule } from '../../core/explained.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Explanation, SyncAnswer } from '../../core/run/explain.ts'
import type { FieldAnswer } from '../../core/run/verdict.ts'
import type { Look } from './look.ts'
import { counted, plain, shown, wrapped } from './text.ts'

const VERDICTS = {
  create: 'will be created',
  update: 'will be updated',
  retire: 'will be retired',
  'in-sync': 'is in sync',
  skipped: 'is left as it is',
  absent: 'has no record',
} as const

/** What is known of a key, for a person who asks why: the value first, then where it came from. */
export function explanationLines(explanation: Explanation, field: string | undefined, look: Look): string[] {
  const { key, asOf, syncs } = explanation
  const answers = syncs.flatMap((answer) => ['', ...answerLines(answer, field, look)])
  const nobody = syncs.length === 0 ? ['', 'No sync has anything to do with it.'] : []
  return [look.paint('bold', `${plain(key)} as of ${asOf}`), ...answers, ...nobody].flatMap((line) =>
    wrapped(line, look.columns),
  )
}

function answerLines(answer: SyncAnswer, field: string | undefined, look: Look): string[] {
  const { sync, instance, id, verdict, reason, means, fields, rules, charges, overrides, notices, outcome } = answer
  const { paint } = look
  const record = id === undefined ? '' : ` (${plain(instance)} ${plain(id)})`
  const why = reason === undefined ? '' : `: ${plain(reason)}${means === undefined ? '' : `, ${plain(means)}`}`
  const asked = field === undefined ? rules : rules.filter((rule) => isAbout(rule, field, fields))
  return [
    `${paint('bold', plain(sync))} ${paint(COLOURS[verdict], VERDICTS[verdict])}${why}${record}`,
    ...fieldLines(fields, field !== undefined, look),
    ...section('Overrides', overrides.map(overrideLine)),
    ...section('Charges', charges.map(chargeLine(look))),
    ...section('Rules', asked.filter((rule) => look.all || field !== undefined || hasSay(rule)).map(ruleLine)),
    ...section(
      'To know',
      notices.map(({ code, message }) => `${plain(code)}: ${plain(message)}`),
    ),
    ...(outcome === undefined ? [] : section('Last run', [outcomeLine(outcome)])),
  ]
}

const COLOURS = {
  create: 'green',
  update: 'yellow',
  retire: 'red',
  'in-sync': 'green',
  skipped: 'cyan',
  absent: 'cyan',
} as const

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [`  ${title}`, ...lines.map((line) => `    ${line}`)]

/** A rule that changed something, or that decided: the last of them changes no field. */
const hasSay = ({ changed, read }: ExplainedRule): boolean => Object.keys(changed).length > 0 || read === undefined

const isAbout = ({ id, changed }: ExplainedRule, field: string, fields: readonly FieldAnswer[]): boolean =>
  field in changed || fields.some(({ rules }) => rules.includes(id))

/** What differs first; of the rest what has a value, unless all is asked for. */
function fieldLines(fields: readonly FieldAnswer[], asked: boolean, look: Look): string[] {
  const differing = fields.filter(({ verdict }) => verdict === 'differs')
  const same = fields.filter((one) => one.verdict !== 'differs' && (look.all || asked || hasValue(one)))
  const rest = fields.length - differing.length - same.length
  const width = Math.max(0, ...[...differing, ...same].map(({ field }) => field.length))
  return [
    ...section('Differs', differing.map(fieldLine(width, look))),
    ...section(differing.length > 0 ? 'The same' : 'Fields', same.map(fieldLine(width, look))),
    ...(rest > 0 ? [`    … and ${counted(rest, 'empty fields')} (--all shows all)`] : []),
  ]
}

const hasValue = ({ live, desired, verdict }: FieldAnswer): boolean =>
  verdict === 'same' && ![live, desired].every((value) => value === null || value === false)

const fieldLine =
  (width: number, { paint }: Look) =>
  ({ field, live, desired, verdict, from, rules }: FieldAnswer): string => {
    const value = verdict === 'not-managed' ? `${shown(live)} (not managed)` : shown(desired)
    const change = verdict === 'differs' ? `${shown(live)} -> ${paint('yellow', value)}` : value
    return `${plain(field).padEnd(width)}  ${change}  ${paint('dim', `<- ${plain(from)} [${rules.join(', ')}]`)}`
  }

const chargeLine =
  ({ paint }: Look) =>
  ({ name, type, start, end, quantity, grants, why }: ExplainedCharge): string => {
    const mark = grants ? paint('green', '+') : paint('red', '-')
    const granted = grants ? `grants ${type}` : `grants nothing`
    const when = `${start ?? '…'} to ${end ?? '…'}`
    return `${mark} ${shown(name)}, ${when}, quantity ${quantity ?? 'none'}: ${granted}: ${plain(why)}`
  }

function overrideLine({ file, line, set, reason, expiry, active }: ExplainedOverride): string {
  const where = `${plain(file)}${line === null ? '' : `:${line}`}`
  const until = expiry === null ? 'for good' : active ? `until ${expiry}` : `ended on ${expiry}, has no effect`
  return `${where} sets ${values(set)} (${plain(reason)}; ${until})`
}

const values = (of: JsonObject): string =>
  Object.entries(of)
    .map(([name, value]) => `${plain(name)} ${shown(value)}`)
    .join(', ')

function ruleLine({ id, about, read = {}, changed }: ExplainedRule): string {
  const changes = Object.entries(changed).map(([name, { from, to }]) => `${plain(name)} ${shown(from)} -> ${shown(to)}`)
  const result = changes.length === 0 ? '' : ` ${changes.join(', ')}.`
  const given = Object.keys(read).length === 0 ? '' : ` Read: ${values(read)}.`
  return `${id.padEnd(8)} ${plain(about)}${result}${given}`
}

function outcomeLine({ run, at, op, status, code, message }: NonNullable<SyncAnswer['outcome']>): string {
  const trouble = code === undefined ? '' : `: ${plain(code)} ${plain(message ?? '')}`
  return `${plain(run)} at ${at}: ${op} ${status}${trouble}`
}

import type { ExplainedCharge, ExplainedOverride, ExplainedRule, ExplainedSubscription } from '../../core/explained.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Explanation, SyncAnswer } from '../../core/answers/explain.ts'
import type { FieldAnswer } from '../../core/answers/verdict.ts'
import type { Look } from './look.ts'
import { counted, indented, plain, shown } from './text.ts'

const VERDICTS = {
  create: ['green', 'will be created'],
  update: ['yellow', 'will be updated'],
  retire: ['red', 'will be retired'],
  'in-sync': ['green', 'is in sync'],
  skipped: ['cyan', 'is left as it is'],
  absent: ['cyan', 'has no record'],
} as const

/** What is known of a key, for a person who asks why: the value first, then where it came from. */
export function explanationLines(explanation: Explanation, field: string | undefined, look: Look): string[] {
  const { key, asOf, syncs } = explanation
  const nobody = syncs.length === 0 ? ['', 'No sync has anything to do with it.'] : []
  const name = syncs.find((answer) => answer.name !== undefined)?.name
  const called = name === undefined ? '' : `, ${plain(name)},`
  return [
    look.paint('bold', `${plain(key)}${called} as of ${asOf}`),
    ...syncs.flatMap((answer) => ['', ...answerLines(answer, field, look)]),
    ...nobody,
  ].flatMap((line) => indented(line, look.columns))
}

function answerLines(answer: SyncAnswer, field: string | undefined, look: Look): string[] {
  const { fields, charges, overrides, subscriptions, along, notices, outcome } = answer
  return [
    headLine(answer, look),
    ...fieldLines(fields, field !== undefined, look),
    ...section('Overrides', overrides.map(overrideLine)),
    ...section('Charges', charges.flatMap(chargeLines(look))),
    ...(field === undefined ? section('Subscriptions', subscriptions.map(subscriptionLine)) : []),
    ...(field === undefined
      ? section(
          'With it',
          along.map(({ message }) => plain(message)),
        )
      : []),
    ...section('Rules', rulesAsked(answer, field, look).flatMap(ruleLines(look))),
    ...section(
      'To know',
      notices.map(({ code, message }) => `${plain(code)}: ${plain(message)}`),
    ),
    ...section('Last change', outcome === undefined ? [] : [outcomeLine(outcome)]),
  ]
}

function headLine({ sync, instance, id, verdict, reason, means, owner }: SyncAnswer, { paint }: Look): string {
  const [colour, words] = VERDICTS[verdict]
  const record = id === undefined ? '' : ` (${plain(instance)} ${plain(id)})`
  const why = reason === undefined ? '' : `: ${plain(reason)}${means === undefined ? '' : `, ${plain(means)}`}`
  const whose = owner === undefined || owner === sync ? '' : `; it belongs to ${plain(owner)}`
  return `${paint('bold', plain(sync))} ${paint(colour, words)}${why}${whose}${record}`
}

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [`  ${title}`, ...lines.map((line) => `    ${line}`)]

/** What differs first; of the rest what has a value, unless all is asked for. */
function fieldLines(fields: readonly FieldAnswer[], asked: boolean, look: Look): string[] {
  const differing = fields.filter(({ verdict }) => verdict === 'differs')
  const same = fields.filter((one) => one.verdict !== 'differs' && (look.all || asked || hasValue(one)))
  const rest = fields.length - differing.length - same.length
  const width = Math.max(0, ...[...differing, ...same].map(({ field }) => field.length))
  return [
    ...section('Differs', differing.map(fieldLine(width, look))),
    ...section(differing.length > 0 ? 'The same' : 'Fields', same.map(fieldLine(width, look))),
    ...(rest > 0 ? [`    … and ${counted(rest, 'fields')} without a value (--all shows all)`] : []),
  ]
}

const hasValue = ({ live, desired, verdict }: FieldAnswer): boolean =>
  verdict === 'same' && ![live, desired].every((value) => value === null || value === false)

const fieldLine =
  (width: number, { paint }: Look) =>
  ({ field, live, desired, verdict, from, rules }: FieldAnswer): string => {
    const wanted = verdict === 'differs' ? `${shown(live)} -> ${paint('yellow', shown(desired))}` : shown(desired)
    const value = verdict === 'not-managed' ? `${shown(live)} (not managed)` : wanted
    return `${plain(field).padEnd(width)}  ${value}  ${paint('dim', `<- ${plain(from)} [${rules.join(', ')}]`)}`
  }

const chargeLines =
  ({ paint }: Look) =>
  ({ name, type, start, end, quantity, grants, why }: ExplainedCharge): string[] => {
    const mark = grants ? paint('green', '+') : paint('red', '-')
    const granted = grants ? `grants ${plain(type ?? '')}` : 'grants nothing'
    return [
      `${mark} ${shown(name)}: ${granted}`,
      `    ${paint('dim', `${start ?? '…'} to ${end ?? '…'}, quantity ${quantity ?? 'none'}: ${plain(why)}`)}`,
    ]
  }

const subscriptionLine = ({ id, start, end, kept, because }: ExplainedSubscription): string =>
  `${plain(id)}, ${start ?? '…'} to ${end ?? '…'}: ${kept ? 'counts here' : 'does not count here'}: ${plain(because)}`

function overrideLine({ file, line, set, reason, expiry, active }: ExplainedOverride): string {
  const where = `${plain(file)}${line === null ? '' : `:${line}`}`
  const until = expiry === null ? 'for good' : active ? `until ${expiry}` : `ended on ${expiry}, has no effect`
  return `${where} sets ${valuesOf(set)} (${plain(reason)}; ${until})`
}

const valuesOf = (of: JsonObject): string =>
  Object.entries(of)
    .map(([name, value]) => `${plain(name)} ${shown(value)}`)
    .join(', ')

/** All rules; those that changed something or decided; of a field, those that it is about. */
function rulesAsked({ rules, fields }: SyncAnswer, field: string | undefined, look: Look): readonly ExplainedRule[] {
  if (look.all) return rules
  // The comparison reads no row: it decides.
  const decides = ({ changed, read }: ExplainedRule): boolean => read === undefined || 'absent' in changed
  if (field === undefined) return rules.filter((rule) => Object.keys(rule.changed).length > 0 || decides(rule))
  const isAbout = ({ id, changed }: ExplainedRule): boolean =>
    field in changed || fields.some((one) => one.rules.includes(id))
  return rules.filter((rule) => isAbout(rule) || decides(rule))
}

/** What a rule made first, then what it says and what it read. */
const ruleLines =
  ({ paint }: Look) =>
  ({ id, about, read = {}, changed }: ExplainedRule): string[] => {
    const changes = Object.entries(changed).map(([name, { from, to }]) =>
      from === null ? `${plain(name)} ${shown(to)}` : `${plain(name)} ${shown(from)} -> ${shown(to)}`,
    )
    const given = Object.keys(read).length === 0 ? '' : ` It read ${valuesOf(read)}.`
    if (changes.length === 0) return [`${id}  ${plain(about)}${given}`]
    return [`${id}  ${changes.join(', ')}`, `    ${paint('dim', `${plain(about)}${given}`)}`]
  }

function outcomeLine({ run, at, op, status, code, message }: NonNullable<SyncAnswer['outcome']>): string {
  const trouble = code === undefined ? '' : `: ${plain(code)} ${plain(message ?? '')}`
  return `${op} ${status} at ${at} in run ${plain(run)}${trouble}`
}

import {
  foldAddress,
  foldName,
  isObject,
  type Explained,
  type ExplainedOverride,
  type FieldTable,
  type Json,
  type JsonObject,
  type Run,
} from 'zds'
import { accountOf } from '../account.ts'
import { ACCOUNT } from '../columns.ts'
import { readInputs, type AccountInputs, type Elsewhere } from '../inputs.ts'
import type { EntitlementsOptions } from '../options.ts'
import { inEffect, type Override } from '../overrides/entries.ts'
import { chargesOf } from './charges.ts'
import { explainedFields } from './fields.ts'
import { split } from './subscriptions.ts'
import { traceRules } from './trace.ts'

type Options = EntitlementsOptions<FieldTable>

/**
 * The accounts with this id, this name in any case, or something that was sold to this address, each
 * with all that the rules make of it.
 */
export async function explain(options: Options, asked: string, run: Run): Promise<readonly Explained[]> {
  const found: JsonObject[] = []
  const isNamed = (name: Json | undefined): boolean => asked.trim() !== '' && foldName(name) === foldName(asked)
  for await (const row of run.input(options.accounts))
    if (isObject(row) && (row[ACCOUNT.id] === asked || isNamed(row['Name']) || isSoldTo(asked, row))) found.push(row)
  const inputs = await readInputs(options, run)
  if (found.length > 0) return found.map((row) => explained(options, row, inputs, run.clock.today))
  const said = inputs.moved.get(asked)
  return said === undefined ? [] : [elsewhere(options, said)]
}

/** Whether somebody with this address bought anything of an account, whatever has become of it (SYN-03). */
function isSoldTo(asked: string, row: JsonObject): boolean {
  if (!asked.includes('@')) return false
  const { soldTo, subscriptions } = accountOf(row, 1)
  const addresses = [soldTo.email, ...subscriptions.map((one) => one.soldTo)]
  return addresses.some((email) => email !== null && foldAddress(email) === foldAddress(asked))
}

function explained(options: Options, row: JsonObject, inputs: AccountInputs, today: string): Explained {
  const { accounts, fields } = options
  const account = accountOf(row, 1)
  const context = inputs.contextOn(today)
  const { draft, steps } = traceRules(account, context, fields)
  const absent = inputs.excluded.has(account.id) ? 'not-owned' : draft.absent
  return {
    key: account.id,
    ...(absent !== undefined && { absent }),
    rows: [{ source: accounts.name, row }],
    rules:
      absent === 'not-owned' ? [LEFT] : steps.map(({ id, about, read, changed }) => ({ id, about, read, changed })),
    charges: chargesOf(draft, context, inputs.catalogue.where),
    subscriptions: split(draft, context),
    overrides: inputs.entries.filter(({ salesforce_id: id }) => id === account.id).map(overrideOn(today)),
    fields: explainedFields(fields, draft, steps, context),
  }
}

const LEFT = { id: 'AMB-19', about: 'Another sync wants this account, so it is left to it.', changed: {} }
const ABOUT: { readonly [reason in Elsewhere['reason']]: string } = {
  'type-changed': 'The account exists with another Type, so it has no record here.',
  'arrived-meanwhile': 'The account has got its Type since the accounts were read, so the next run deals with it.',
}

function elsewhere({ elsewhere: source }: Options, { key, reason }: Elsewhere): Explained {
  const rows = source === undefined ? [] : [{ source: source.name, row: { [ACCOUNT.id]: key } }]
  return { key, absent: reason, rows, rules: [{ id: 'AMB-17', about: ABOUT[reason], changed: {} }], fields: {} }
}

const overrideOn =
  (today: string) =>
  (entry: Override): ExplainedOverride => {
    const [, file = entry.where, line] = /^(.*):(\d+)$/.exec(entry.where) ?? []
    const { set, reason, expires_on: expiry } = entry
    return { file, line: line === undefined ? null : Number(line), set, reason, expiry, active: inEffect(today)(entry) }
  }

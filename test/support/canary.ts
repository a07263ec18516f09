import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { zstdDecompressSync } from 'node:zlib'
import type { Sandbox } from 'zds/sandbox'

/** A text and where it was found. */
export type Text = readonly [where: string, text: string]

/**
 * Every file of a project as text, but for its configuration; of a database its tables too, as a
 * text may be spread over pages of the file.
 */
export function* textsIn(directory: string): Iterable<Text> {
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name === 'sync.config.ts') continue
    const path = join(entry.parentPath, entry.name)
    const where = relative(directory, path)
    const bytes = path.endsWith('.zst') ? zstdDecompressSync(readFileSync(path)) : readFileSync(path)
    yield [where, bytes.toString('latin1')]
    yield [`${where} in UTF-8`, bytes.toString('utf8')]
    if (entry.name === 'state.db') yield [`tables of ${where}`, tablesOf(path)]
  }
}

function tablesOf(path: string): string {
  const database = new DatabaseSync(path, { readOnly: true })
  const tables = database.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).all()
  const rows = tables.map(({ name }) =>
    JSON.stringify(database.prepare(`SELECT * FROM "${String(name)}"`).all(), legible),
  )
  database.close()
  return rows.join('\n')
}

/** Plans are kept in compressed blocks. */
const legible = (_name: string, value: unknown): unknown =>
  value instanceof Uint8Array ? zstdDecompressSync(value).toString('utf8') : value

/**
 * A secret as texts may hold it: as it is, in JSON, in an address, as a code made of it, one line
 * of it.
 */
export function shapesOf(secret: string): string[] {
  const lines = secret.split('\n').filter((line) => line.length > 20 && !line.startsWith('-----'))
  return [secret, ...lines].flatMap((part) => [
    part,
    JSON.stringify(part).slice(1, -1),
    encodeURIComponent(part),
    part.toLowerCase(),
    part.replaceAll(/[^A-Za-z\d]+/g, '-').toLowerCase(),
  ])
}

/** Which of the marks are in which of the texts. */
export function found(marks: Iterable<string>, texts: Iterable<Text>): string[] {
  const known = [...new Set(marks)]
  return [...texts].flatMap(([where, text]) =>
    known.filter((mark) => text.includes(mark)).map((mark) => `${where}: ${mark}`),
  )
}

/** Full names and addresses of contacts, users, and those to whom something was sold. */
export function peopleIn(sandbox: Sandbox): string[] {
  const { salesforce, zendesk } = sandbox.snapshot()
  const subscriptions = (salesforce['Zuora__Subscription__c'] ?? []).map((row) => row['Sold_To_Email__c'])
  const contacts = (salesforce['Contact'] ?? []).flatMap(({ Name, Email }) => [Name, Email])
  const users = Object.values(zendesk).flatMap((instance) => instance.users.flatMap(({ name, email }) => [name, email]))
  return [...subscriptions, ...contacts, ...users].flatMap((one) =>
    typeof one === 'string' && /[ @]/.test(one) ? [one] : [],
  )
}

/** Names, keys, ids, addresses and the host of one instance that are not also of the other. */
export function dataOf({ zendesk }: Sandbox, instance: string, other: string): string[] {
  const { organizations = [], users = [], url = '' } = zendesk[instance] ?? {}
  const there = new Set(textsOf(zendesk[other]))
  const ids = [...organizations, ...users].map(({ id }) => String(id))
  return [...textsOf(zendesk[instance]), ...ids, new URL(url).host].filter(
    (text) => text.length > 6 && !there.has(text),
  )
}

function textsOf(instance: Sandbox['zendesk'][string] | undefined): string[] {
  const { organizations = [], users = [] } = instance ?? {}
  const keys = organizations.map(({ organization_fields: fields }) => fields['salesforce_id'])
  const texts = [...keys, ...organizations.map(({ name }) => name), ...users.map(({ email }) => email)]
  return texts.filter((text) => typeof text === 'string')
}

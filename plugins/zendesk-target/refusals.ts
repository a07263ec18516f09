import { isObject, type HttpError, type Json, type JsonObject, type Refusal as Refused, type Verdict } from 'zds'

/** Zendesk's own words in an error body, of any of its forms (ZD-16). */
export function wordsOf(body: Json): string | undefined {
  if (!isObject(body)) return undefined
  const { error, description, error_description: more, detail, errors } = body
  const words = isObject(error) ? [error['title'], error['message']] : [error, description, more, detail]
  const listed: readonly Json[] = Array.isArray(errors) ? errors : []
  const titles = listed.map((entry) => (isObject(entry) ? entry['title'] : entry))
  const said = [...words, ...titles].flatMap((word) => (typeof word === 'string' && word !== '' ? [word] : []))
  const fields = detailsOf(body).map(({ field, words }) => `${field}: ${words}`)
  return [...said, ...fields].join('; ') || undefined
}

/**
 * More jobs are open than Zendesk takes; the status of this refusal is not documented, its name is
 * (ZD-06).
 */
export function isTooManyJobs({ body }: Pick<HttpError, 'body'>): boolean {
  return isObject(body) && body['error'] === 'TooManyJobs'
}

/**
 * What a refusal means where its status alone does not tell: a place for a job is not waited for by
 * the HTTP layer, and a 409 is a collision in the database of Zendesk, which passes.
 */
export function verdictOf(refused: Refused): Verdict | undefined {
  if (isTooManyJobs(refused)) return 'unavailable'
  return refused.status === 409 ? 'passing' : undefined
}

/** A collision was undone as a whole, and no job was made; of everything else the status tells. */
export const provesUntouched = (refused: Refused): true | undefined =>
  refused.status === 409 || isTooManyJobs(refused) || undefined

export type ZendeskRefusal = { readonly code: string; readonly message: string }

/**
 * What a refused request means for its records. The code comes from `details.<field>[].error`, else
 * from `error`, never from texts, which are in the language of the account.
 */
export function refusalOf({ body, status, message }: HttpError): ZendeskRefusal {
  const [first] = isObject(body) ? detailsOf(body) : []
  if (first?.error === 'DuplicateValue') return { code: TAKEN.get(first.field) ?? 'value-taken', message }
  const name = first?.error ?? (isObject(body) ? body['error'] : undefined)
  return { code: (typeof name === 'string' ? codeOf(name) : undefined) ?? `http-${status}`, message }
}

/**
 * Whether a request was refused for what it says of its records, rather than for who we are or how
 * busy Zendesk is.
 */
export function isAboutRecords({ code, status }: HttpError): boolean {
  return code === 'HTTP_REFUSED' || status === 409
}

/**
 * A lost answer, where Zendesk said that it is away: one that stays away ends the run, which can be
 * gone on with, rather than being a failure of each record.
 */
export const awayIn = (error: HttpError): { readonly away?: HttpError } => (error.status === 503 ? { away: error } : {})

const TAKEN: ReadonlyMap<string, string> = new Map([
  ['name', 'name-taken'],
  ['external_id', 'external-id-taken'],
  ['email', 'email-taken'],
])

/**
 * `OrganizationUpdateFailed` as `organization-update-failed`; undefined for a name with any other
 * word than these: a code is shown where the words of a service are not, and it can say anything
 * there (OPS-08).
 */
export function codeOf(name: string): string | undefined {
  const code = name
    .replaceAll(/([a-z])([A-Z])/g, '$1-$2')
    .replaceAll(/[ _]/g, '-')
    .toLowerCase()
  const words = code.split('-', 8)
  return words.length < 8 && words.every((word) => WORDS.has(word)) ? code : undefined
}

/** What Zendesk's names of errors are made of (ZD-16). */
const WORDS = new Set(
  [
    ['organization', 'user', 'users', 'record', 'membership', 'identity', 'account', 'field', 'parameter', 'endpoint'],
    ['value', 'values', 'format', 'database', 'api', 'rate', 'limit', 'job', 'jobs', 'service', 'server', 'internal'],
    ['create', 'update', 'delete', 'too', 'many', 'long', 'short', 'not', 'found', 'blank', 'duplicate', 'invalid'],
    [
      'failed',
      'missing',
      'exceeded',
      'conflict',
      'deadlock',
      'error',
      'forbidden',
      'permission',
      'denied',
      'in',
      'use',
    ],
    ['suspended', 'unavailable', 'unprocessable', 'entity', 'bad', 'request', 'required', 'taken', 'locked', 'unknown'],
  ].flat(),
)

type Detail = { readonly field: string; readonly words: string; readonly error: string | undefined }

function detailsOf(body: JsonObject): Detail[] {
  const { details } = body
  if (!isObject(details)) return []
  return Object.entries(details).flatMap(([field, entries]) => {
    const rows: readonly Json[] = Array.isArray(entries) ? entries : []
    return rows.filter(isObject).map(({ description, error }) => ({
      field,
      words: typeof description === 'string' ? description : 'is not accepted',
      error: typeof error === 'string' ? error : undefined,
    }))
  })
}

/**
 * The names that Zendesk left out of a write although it answered with success: it drops what it
 * does not know, and says so in the header `X-Zendesk-API-Warn` only (ZD-04). `ours` are
 * the names that matter.
 */
export function unpermittedNames(headers: Headers, ours: ReadonlySet<string>): string[] {
  return droppedIn(headers).filter((name) => ours.has(name))
}

/**
 * What Zendesk warns of after a write, or undefined. Names only: the header can hold values too.
 */
export function warningIn(headers: Headers): string | undefined {
  if (!headers.has(WARNING)) return undefined
  const names = droppedIn(headers)
  return names.length === 0 ? `it sent the header ${WARNING}` : `it left out ${names.join(', ')}`
}

const WARNING = 'X-Zendesk-API-Warn'

function droppedIn(headers: Headers): string[] {
  const [, keys = ''] = /unpermitted_keys\W*([^\]}]*)/.exec(headers.get(WARNING) ?? '') ?? []
  // Names come with their path: organization.organization_fields.support_level
  const names = (keys.match(/[\w.]+/g) ?? []).map((path) => path.slice(path.lastIndexOf('.') + 1))
  return [...new Set(names)]
}

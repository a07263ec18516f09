/** Stable names of everything that can go wrong; documented in docs/errors.md. */
type CoreCode =
  | 'CONFIG_NOT_FOUND'
  | 'CONFIG_BROKEN'
  | 'CONFIG_INVALID'
  | 'PACKAGE_MISSING'
  | 'ENV_MISSING'
  | 'ENV_INVALID'
  | 'FILE_NOT_FOUND'
  | 'FILE_INVALID'
  | 'FIELD_UNKNOWN'
  | 'FIELD_MISMATCH'
  | 'ROW_INVALID'
  | 'KEYS_MISSING'
  | 'AUTH_FAILED'
  | 'HTTP_REFUSED'
  | 'HTTP_UNAVAILABLE'
  | 'HTTP_UNREADABLE'
  | 'INCOMPLETE'
  | 'EMPTY_SOURCE'
  | 'ARTIFACT_MISSING'
  | 'ARTIFACT_MISFIT'
  | 'SOURCE_INVALID'
  | 'TARGET_INVALID'
  | 'PLAN_INVALID'
  | 'PLAN_NOT_AUTHENTIC'
  | 'PLAN_STALE'
  | 'PLAN_DATE'
  | 'PLAN_EXPIRED'
  | 'CLOCK_WRONG'
  | 'LIMIT_EXCEEDED'
  | 'NEEDS_APPROVAL'
  | 'LOCKED'
  | 'LOCK_LOST'
  | 'STATE_INVALID'
  | 'STATE_UNAVAILABLE'
  | 'USAGE'
  | 'INTERRUPTED'

/**
 * The engine's own codes, which an editor proposes, and whatever code a plugin has for a trouble of
 * its own.
 */
export type Code = CoreCode | (string & Record<never, never>)

/** One problem of many that are reported together: where it is, what it is, what to do. */
export type Issue = {
  readonly code: Code
  /** Path, file and line, instance and field: whatever finds it. */
  readonly where: string
  readonly message: string
  readonly hint?: string
}

/** A failure that a person can act on: printed without a stack trace. */
export class ZdsError extends Error {
  override readonly name: string = 'ZdsError'
  readonly code: Code
  /** What to do next. */
  readonly hint: string | undefined
  /** Every problem found, where there may be several. */
  readonly issues: readonly Issue[]

  constructor(
    code: Code,
    message: string,
    options: ErrorOptions & { hint?: string | undefined; issues?: readonly Issue[] } = {},
  ) {
    super(message, options)
    this.code = code
    this.hint = options.hint
    this.issues = options.issues ?? []
  }
}

/** Throws all `issues` as one error; does nothing when there is none. */
export function refuse(code: Code, message: string, issues: readonly Issue[]): void {
  if (issues.length > 0) throw new ZdsError(code, message, { issues })
}

/** The code of anything thrown; INTERNAL of what is a fault in code. */
export const errorCode = (error: unknown): Code => (error instanceof ZdsError ? error.code : 'INTERNAL')

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/**
 * A refusal of the operating system, such as a full disk or a missing right: nobody's fault in
 * code, so no stack helps.
 */
export function isSystemError(error: unknown): error is Error {
  return error instanceof Error && (('syscall' in error && 'errno' in error) || 'errcode' in error)
}

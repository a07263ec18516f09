import { countsOf, follow, followWaits, statusOf, type StageMessage } from '../../core/channels.ts'
import { errorCode, messageOf, ZdsError, type Issue } from '../../core/errors.ts'
import type { RunWatch } from '../../core/engine.ts'
import { notInstalled } from '../../core/package.ts'
import { redact, redactedJson } from '../../core/secrets.ts'
import type { Level } from '../declare/options.ts'
import { exitCodeOf } from '../exit-codes.ts'
import { logInstead } from '../output.ts'
import { dueNow } from '../render/progress.ts'
import { escapeControls } from '../escapes.ts'

type LogFields = { readonly event: string; readonly [name: string]: unknown }
type Write = (level: Level, message: string, fields: LogFields) => void

/**
 * From now on stderr has one JSON object a line (docs/logs.md) instead of what people read. Nothing
 * of what an instance keeps to itself is in it but names of stages, numbers and codes (OPS-08).
 */
export async function startJsonLog(level: Level): Promise<void> {
  const write = await writer(level)
  const hidden = new WeakSet<object>()
  followRuns(write)
  followStages(write, hidden)
  followRequests(write)
  logInstead({
    said: (text) => write('info', text, { event: 'said' }),
    warned: (text) => write('warn', text, { event: 'warning' }),
    failed: (error) => writeError(write, error, hidden),
    watch: watchOf(write),
  })
}

/** Nothing of ours has members of these names: whoever adds one shall not show it by mistake. */
const NEVER = ['authorization', 'cookie', 'password', 'secret', 'token'].flatMap((name) => [name, `*.${name}`])

async function writer(level: Level): Promise<Write> {
  const { pino } = await import('pino').catch(notInstalled)
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: NEVER, censor: '***' },
    },
    { write: (line) => void process.stderr.write(escapeControls(line)) },
  )
  return (at, message, fields) => {
    if (!logger.isLevelEnabled(at)) return
    logger[at](JSON.parse(redactedJson(fields)) as object, redact(message)) // of an object one comes back
  }
}

/** When what is under way began, and how long it took. */
function stopwatch(): { readonly start: (of: object) => void; readonly msOf: (of: object) => number } {
  const began = new WeakMap<object, number>()
  return {
    start: (of) => void began.set(of, performance.now()),
    msOf: (of) => Math.round(performance.now() - (began.get(of) ?? performance.now())),
  }
}

function followRuns(write: Write): void {
  const { start, msOf } = stopwatch()
  follow(
    'run',
    (message) => {
      start(message)
      const { run, part } = message
      write('info', `${part} ${run} started`, { event: 'run-started', run, part })
    },
    (message) => {
      const { run, part } = message
      const ended = endOf(message)
      write('info', `${part} ${run} ${ended.end}`, { event: 'run-ended', run, part, ms: msOf(message), ...ended })
    },
  )
}

function followStages(write: Write, hidden: WeakSet<object>): void {
  const { start, msOf } = stopwatch()
  const ended = (message: StageMessage): void => {
    const { stage, confined, error, result } = message
    if (confined && typeof error === 'object' && error !== null) hidden.add(error)
    const end = endOf(message)
    const level = end.end === 'failed' ? 'error' : 'info'
    write(level, `${stage} ${end.end}`, { event: 'stage-ended', stage, ms: msOf(message), ...end, ...countsOf(result) })
  }
  const started = (message: StageMessage): void => {
    start(message)
    write('info', `${message.stage} started`, { event: 'stage-started', stage: message.stage })
  }
  follow('stage', started, ended)
}

function followRequests(write: Write): void {
  const { start, msOf } = stopwatch()
  follow('request', start, (message) => {
    const { service, method, route } = message
    const said = { event: 'request', service, method, route, ms: msOf(message), status: statusOf(message) }
    write('debug', `${service}: ${method} ${route} ${said.status || 'no answer'}`, said)
  })
  followWaits(({ service, ms, because, status }) => {
    const why = because === 'limit' ? 'its rate limit' : `another try after ${status || 'no answer'}`
    write('info', `${service}: waits ${Math.ceil(ms / 1000)} s for ${why}`, {
      event: 'wait',
      service,
      ms,
      because,
      status,
    })
  })
}

function endOf({ error }: { readonly error?: unknown }): { readonly end: string; readonly code?: string } {
  if (error === undefined) return { end: 'done' }
  const code = errorCode(error)
  return { end: code === 'INTERRUPTED' ? 'stopped' : 'failed', code }
}

/** What went wrong; of what an instance keeps to itself the code has to do. */
function writeError(write: Write, error: unknown, hidden: WeakSet<object>): void {
  const code = errorCode(error)
  const exitCode = exitCodeOf(error)
  const event = exitCode === 3 || exitCode === 5 ? 'refused' : 'error'
  if (typeof error === 'object' && error !== null && hidden.has(error))
    return write('error', 'failed in what an instance keeps to itself', { event, code, exitCode })
  const { hint, issues = [] } = error instanceof ZdsError ? error : {}
  const stack = code === 'INTERNAL' && error instanceof Error ? error.stack : undefined
  const told = issues.map(withoutKeys)
  write('error', messageOf(error), { event, code, exitCode, hint, issues: told, stack })
}

/** Of limits keys come after a colon; a plan that nobody made may name whatever it likes. */
function withoutKeys(issue: Issue): Partial<Issue> {
  if (issue.code === 'LIMIT_EXCEEDED') return { ...issue, message: issue.message.replace(/: .*/s, '') }
  return issue.code === 'PLAN_INVALID' ? { code: issue.code } : issue
}

/** What is worth a line of a log and has no channel of its own. */
function watchOf(write: Write): RunWatch {
  const due = dueNow(() => performance.now())
  return {
    scheduled: () => undefined,
    started: () => undefined,
    rows: () => undefined,
    ended: () => undefined,
    progress: ({ id, confined }, message, wait) => {
      if (wait !== undefined || confined || !due(`${id}: ${message}`)) return
      write('info', `${id}: ${message}`, { event: 'progress', stage: id })
    },
    warn: (message) => write('warn', message, { event: 'warning' }),
  }
}

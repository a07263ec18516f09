import { ZdsError, type Caller } from 'zds'
import type { Session } from './login.ts'

/**
 * One session for everything that reads from the org: a token has no known end (no `expires_in`),
 * so it is used until it is refused.
 */
export type Sessions = {
  readonly current: (run: Caller) => Promise<Session>
  /** A session other than `refused`. Requests that are refused at the same time share one login. */
  readonly renewed: (refused: Session, run: Caller) => Promise<Session>
}

export function sessions(logIn: (run: Caller) => Promise<Session>): Sessions {
  let session: Session | undefined
  let pending: Promise<Session> | undefined

  const begin = (run: Caller): Promise<Session> => {
    pending ??= logIn(run)
      .then((made) => (session = made))
      .finally(() => (pending = undefined))
    return pending
  }
  return {
    current: async (run) => session ?? begin(run),
    renewed: async (refused, run) => {
      const made = session !== undefined && session !== refused ? session : await begin(run)
      if (made.instanceUrl === refused.instanceUrl) return made
      throw new ZdsError('AUTH_FAILED', 'salesforce: the org has moved to another instance meanwhile', {
        hint: 'Run it again.',
      })
    },
  }
}

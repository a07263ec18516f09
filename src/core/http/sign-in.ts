import type { Caller, Proof } from './request.ts'

/**
 * One sign-in for all requests to a service: made when there is none, when it is about to end, and
 * when its proof is the one that was refused. Requests that need a new one at the same time share
 * it.
 */
export function signIn<Made extends { readonly proof: Proof }>(
  make: (run: Caller) => Promise<Made>,
  endsBy: (made: Made, now: Date) => boolean = () => false,
): (run: Caller, refused?: Proof) => Promise<Made> {
  let current: Promise<Made> | undefined
  const start = (run: Caller): Promise<Made> => {
    const making = make(run)
    current = making
    // Nobody shall wait for a failed one again; who waits for it now is told by the promise itself.
    making.catch(() => {
      current = undefined
    })
    return making
  }
  return async (run, refused) => {
    const seen = (current ??= start(run))
    const made = await seen
    if (made.proof !== refused && !endsBy(made, run.clock.now())) return made
    return current === seen || current === undefined ? start(run) : current
  }
}

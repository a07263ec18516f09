import { ZdsError } from '../errors.ts'
import { HttpError } from './error.ts'
import { exchange } from './exchange.ts'
import { laneOf, type Answer, type Caller, type Http, type HttpOptions, type Proof, type Request } from './request.ts'

/** With so many proofs one request is sent at most. */
const MOST_PROOFS = 16

/**
 * Sends a request once, at the pace of the service, with the proof of who we are. A 401 is a
 * refusal only of a proof that is the newest, was made for this request after another 401, and was
 * never accepted: with many requests under way, a new token may have ended before its second use.
 */
export function sendAuthorized({ authorize, ...options }: HttpOptions): Http {
  const accepted = new Set<string>()
  const send = (request: Request, run: Caller): Promise<Answer> => {
    const sent = () => exchange(request, options, run)
    return options.limiter === undefined ? sent() : options.limiter.enter(sent, run, laneOf(request))
  }
  if (authorize === undefined) return send
  const prove = (run: Caller, refused?: Proof): Promise<Proof> => authorize(run, refused).catch(signInFailed)

  return async (request, run) => {
    let proof = await prove(run)
    let renewed = false
    for (let attempt = 1; ; attempt += 1) {
      try {
        const answer = await send({ ...request, headers: { ...request.headers, ...proof } }, run)
        accepted.add(textOf(proof))
        return answer
      } catch (error) {
        if (!(error instanceof HttpError) || error.status !== 401 || attempt === MOST_PROOFS) throw error
        const newest = await prove(run)
        const overtaken = !isSame(newest, proof)
        if (!overtaken && renewed && !accepted.has(textOf(proof))) throw error
        const next = overtaken ? newest : await prove(run, proof)
        if (isSame(next, proof)) throw error
        renewed ||= !overtaken
        proof = next
      }
    }
  }
}

const textOf = (proof: Proof): string => JSON.stringify(proof)
const isSame = (one: Proof, other: Proof): boolean => textOf(one) === textOf(other)

/**
 * The request itself was not sent, so it is neither lost nor to be repeated: whoever signs in has
 * its own retries.
 */
function signInFailed(error: unknown): never {
  if (!(error instanceof HttpError)) throw error
  throw new ZdsError(error.code, error.message, { cause: error, hint: error.hint, issues: error.issues })
}

import { ZdsError, type Code } from '../errors.ts'
import type { Json } from '../json.ts'

/**
 * A request that did not succeed. A class of its own because callers read its fields: 404 means
 * absent, `arrived` decides whether sending once more could do something twice, `body` has the
 * service's own words.
 */
export class HttpError extends ZdsError {
  override readonly name = 'HttpError'
  /** The status of the answer; 0 when there was none. */
  readonly status: number
  /** The parsed JSON body, or null. */
  readonly body: Json
  /** `no`: the service did certainly not act on it. `maybe`: it may have. */
  readonly arrived: 'no' | 'maybe'
  /** True for a request that changes nothing, whether it arrived or not. */
  readonly reads: boolean
  /** Whether it is a trouble that passes, and so worth another try. */
  readonly passing: boolean
  /** How long the service asked us to wait, in milliseconds. */
  readonly retryMs: number | undefined
  /** True for a refusal of this endpoint only: the account has requests left. */
  readonly endpointOnly: boolean

  constructor(
    code: Code,
    message: string,
    told: Pick<HttpError, 'status' | 'arrived'> &
      Partial<Pick<HttpError, 'body' | 'reads' | 'passing' | 'retryMs' | 'endpointOnly'>>,
    options?: ErrorOptions & { hint?: string | undefined },
  ) {
    super(code, message, options)
    this.status = told.status
    this.body = told.body ?? null
    this.arrived = told.arrived
    this.reads = told.reads ?? false
    this.passing = told.passing ?? false
    this.retryMs = told.retryMs
    this.endpointOnly = told.endpointOnly ?? false
  }
}

/** A record as people call it. */
export type Who = { readonly key: string; readonly name?: string }

export const whoOf = ({ key, name }: Who): Who => ({ key, ...(name !== undefined && { name }) })

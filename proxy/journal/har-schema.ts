/**
 * HAR 1.2 as a schema, written from http://www.softwareishard.com/blog/har-12-spec/. Promise: every field that the specification requires
 * is required here with its type; members that begin with `_` are anybody's, and no other unknown member passes.
 */
import { z } from 'zod'

const count = z.int().min(-1)
const ms = z.number().min(-1)
const comment = z.string().optional()
const pair = har({ name: z.string(), value: z.string(), comment })

const cookie = har({
  name: z.string(),
  value: z.string(),
  path: z.string().optional(),
  domain: z.string().optional(),
  expires: z.string().optional(),
  httpOnly: z.boolean().optional(),
  secure: z.boolean().optional(),
  comment,
})

const request = har({
  method: z.string().min(1),
  url: z.url(),
  httpVersion: z.string(),
  cookies: z.array(cookie),
  headers: z.array(pair),
  queryString: z.array(pair),
  postData: har({
    mimeType: z.string(),
    params: z.array(har({ name: z.string(), value: z.string().optional(), comment })),
    text: z.string(),
    comment,
  }).optional(),
  headersSize: count,
  bodySize: count,
  comment,
})

const response = har({
  status: z.int().min(0).max(999),
  statusText: z.string(),
  httpVersion: z.string(),
  cookies: z.array(cookie),
  headers: z.array(pair),
  content: har({
    size: z.int().min(0),
    compression: z.int().optional(),
    mimeType: z.string(),
    text: z.string().optional(),
    encoding: z.literal('base64').optional(),
    comment,
  }),
  redirectURL: z.string(),
  headersSize: count,
  bodySize: count,
  comment,
})

const timings = har({
  blocked: ms.optional(),
  dns: ms.optional(),
  connect: ms.optional(),
  ssl: ms.optional(),
  send: z.number().min(0),
  wait: z.number().min(0),
  receive: z.number().min(0),
  comment,
})

/** As Chrome DevTools reads it: a message without one of the first three is skipped there. */
const eventSourceMessage = z.strictObject({
  time: z.number().positive(),
  eventName: z.string().min(1),
  eventId: z.string(),
  data: z.string().optional(),
})

const entry = har({
  pageref: z.string().optional(),
  startedDateTime: z.iso.datetime({ offset: true }),
  time: z.number().min(0),
  request,
  response,
  cache: har({ beforeRequest: z.unknown().optional(), afterRequest: z.unknown().optional(), comment }),
  timings,
  serverIPAddress: z.string().optional(),
  connection: z.string().optional(),
  comment,
  _eventSourceMessages: z.array(eventSourceMessage).optional(),
})
  // HAR: time is the sum of the timings that are known; ssl is within connect.
  .refine(
    ({ time, timings: { blocked = -1, dns = -1, connect = -1, send, wait, receive } }) =>
      Math.abs([blocked, dns, connect, send, wait, receive].filter(part => part > 0).reduce((sum, part) => sum + part, 0) - time) < 0.01,
    { error: 'time is not the sum of timings', path: ['time'] },
  )

const creator = har({ name: z.string(), version: z.string(), comment })

export const harSchema = z.strictObject({
  log: har({
    version: z.literal('1.2'),
    creator,
    browser: creator.optional(),
    pages: z.array(z.unknown()).optional(),
    entries: z.array(entry),
    comment,
  }),
})

/** An object of HAR: custom members begin with an underscore. */
function har<S extends z.core.$ZodLooseShape>(shape: S) {
  const known = new Set(Object.keys(shape))
  return z.looseObject(shape).refine(value => Object.keys(value).every(name => known.has(name) || name.startsWith('_')), {
    error: issue =>
      `unknown members: ${Object.keys(issue.input as object)
        .filter(name => !known.has(name) && !name.startsWith('_'))
        .join(', ')}`,
  })
}

/** Which reasons of a cancellation speak of a limit. */
import { expect, it } from 'vitest'
import { isTimeout } from './lifecycle.ts'

it.each([
  'McpError: MCP error -32001: Request timed out',
  'SdkError: Request timed out',
  'Request timeout',
  'TimeoutError',
  'ReadTimeout',
  'time out',
  'Operation timed-out after 30 s',
  'context deadline exceeded',
])('a limit: %s', reason => expect(isTimeout(reason)).toBe(true))

it.each([
  undefined,
  'User requested cancellation',
  'AbortError: This operation was aborted',
  'user stopped: deadline for my task is near',
  'User stopped it before timeout',
  'Cancelled by the user, not by a timeout',
  'the deadline moved',
])('none: %s', reason => expect(isTimeout(reason)).toBe(false))

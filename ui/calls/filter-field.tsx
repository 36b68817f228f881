/** The filter field: completes while one types, underlines what it cannot read, keeps the last valid result meanwhile. */
// biome-ignore-all lint/a11y/useFocusableInteractive: the field keeps the focus and points at the offer (aria-activedescendant)
// biome-ignore-all lint/a11y/noNoninteractiveElementToInteractiveRole: a list box of offers is a list
import { ListFilter, X } from 'lucide-react'
import { type KeyboardEvent, useId, useMemo, useRef, useState } from 'react'
import { complete, knownOf } from '../filter-complete.ts'
import { usePage, usePageState, useScene } from '../page-context.tsx'
import { Button, classes, Icon, IconButton } from '../parts/button.tsx'
import parts from '../parts/parts.module.css'
import styles from './calls.module.css'

export function FilterField() {
  const page = usePage()
  const scene = useScene()
  const text = usePageState(state => state.address.filter)
  const invert = usePageState(state => state.address.invert)
  const error = usePageState(state => state.filterError)
  const rev = usePageState(state => state.rev)
  const [caret, setCaret] = useState<number>()
  const [active, setActive] = useState(-1)
  const field = useRef<HTMLInputElement>(null)
  const list = useId()
  const shown = scene?.shown
  // biome-ignore lint/correctness/useExhaustiveDependencies: rev tells that the rows changed
  const known = useMemo(
    () => knownOf(page.rows, caret === undefined ? [] : (shown?.map(one => one.id) ?? [])),
    [page, shown, rev, caret === undefined],
  )
  const completion = caret === undefined ? undefined : complete(text, caret, known)
  const offers = completion?.offers ?? []

  const set = (filter: string, at: number) => {
    page.change({ filter })
    setCaret(at)
    setActive(-1)
  }
  const take = (at: number) => {
    const offer = offers[at]
    if (!offer || !completion) return
    const more = offer.insert.endsWith(':') ? '' : ' '
    const end = completion.from + offer.insert.length + more.length
    set(text.slice(0, completion.from) + offer.insert + more + text.slice(completion.to).replace(/^ /, ''), end)
    requestAnimationFrame(() => field.current?.setSelectionRange(end, end))
  }
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'ArrowDown') setActive(offers.length === 0 ? -1 : (active + 1) % offers.length)
    else if (event.key === 'ArrowUp') setActive(offers.length === 0 ? -1 : (active <= 0 ? offers.length : active) - 1)
    else if ((event.key === 'Enter' || event.key === 'Tab') && active >= 0) take(active)
    else if (event.key === 'Enter') setCaret(undefined)
    else if (event.key === 'Escape' && caret !== undefined && offers.length > 0) setCaret(undefined)
    else if (event.key === 'Escape') field.current?.blur()
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <>
      <div className={classes(parts.field, styles.filter, error && styles.wrong)}>
        <Icon icon={ListFilter} />
        <input
          ref={field}
          id="filter"
          role="combobox"
          aria-label="Filter"
          aria-expanded={offers.length > 0}
          aria-controls={list}
          aria-autocomplete="list"
          aria-invalid={error !== undefined}
          aria-describedby={error ? `${list}-error` : undefined}
          aria-activedescendant={active >= 0 ? `${list}-${active}` : undefined}
          placeholder="status: method: tool: is:undelivered"
          spellCheck={false}
          autoComplete="off"
          value={text}
          onChange={event => set(event.target.value, event.target.selectionStart ?? event.target.value.length)}
          onSelect={event => caret !== undefined && setCaret(event.currentTarget.selectionStart ?? 0)}
          onFocus={event => setCaret(event.target.selectionStart ?? 0)}
          onBlur={() => setCaret(undefined)}
          onKeyDown={onKeyDown}
        />
        {error && (
          <span className={styles.underline} aria-hidden="true">
            {text.slice(0, error.from)}
            <u>{text.slice(error.from, error.to) || ' '}</u>
          </span>
        )}
        {text && <IconButton icon={X} name="Clear the filter" onClick={() => page.change({ filter: '', invert: false })} />}
        {error && offers.length === 0 && (
          <span className={styles.message} id={`${list}-error`}>
            {error.message}
          </span>
        )}
        <ul className={styles.offers} id={list} role="listbox" aria-label="Completions" tabIndex={-1} hidden={offers.length === 0}>
          {offers.map((offer, at) => (
            <li
              key={offer.insert}
              id={`${list}-${at}`}
              role="option"
              aria-selected={at === active}
              onMouseDown={event => {
                event.preventDefault()
                take(at)
              }}
            >
              {offer.insert}
              <span>{offer.hint}</span>
            </li>
          ))}
        </ul>
      </div>
      <Button
        className={styles.rare}
        aria-pressed={invert}
        onClick={() => page.change({ invert: !invert })}
        title="Show what the filter hides, hide what it shows"
      >
        Invert
      </Button>
    </>
  )
}

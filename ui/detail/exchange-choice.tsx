/** Which of a call's exchanges a tab shows. */
import type { Exchange } from '../../proxy/core/model.ts'
import css from './detail.module.css'

interface ChoiceProps<T> {
  readonly label: string
  readonly options: readonly { readonly value: T; readonly text: string }[]
  readonly value: T
  readonly onChange: (value: T) => void
}

/** A row of buttons of which one is pressed. */
export function Choice<T extends string | number>({ label, options, value, onChange }: ChoiceProps<T>) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would bring a legend; the label names the group.
    <div className={css.choice} role="group" aria-label={label}>
      {options.map(option => (
        <button key={option.value} type="button" aria-pressed={option.value === value} onClick={() => onChange(option.value)}>
          {option.text}
        </button>
      ))}
    </div>
  )
}

export function ExchangeChoice({
  exchanges,
  chosen,
  onChoose,
}: {
  exchanges: readonly Exchange[]
  chosen: number
  onChoose: (id: number) => void
}) {
  if (exchanges.length < 2) return null
  const options = exchanges.map(exchange => ({ value: exchange.id, text: `${exchange.method} ${exchange.path}` }))
  return <Choice label="Exchange" options={options} value={chosen} onChange={onChoose} />
}

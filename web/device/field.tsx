/** One field of a form: its label above, a hint or what is wrong below. */
import type { ComponentChildren } from 'preact';

export interface TextProps {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly wrong?: string;
  readonly onInput: (value: string) => void;
  readonly placeholder?: string;
  readonly hint?: ComponentChildren;
  readonly secret?: boolean;
  readonly numeric?: boolean;
  readonly mono?: boolean;
}

export function Text(props: TextProps) {
  const { id, label, value, wrong = '', onInput, placeholder = '', hint = '', secret, numeric, mono } = props;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        class={mono ? 'mono' : ''}
        {...(secret ? { type: 'password' as const } : { type: 'text' as const })}
        inputMode={numeric ? 'numeric' : 'text'}
        autocomplete={secret ? 'new-password' : 'off'}
        spellcheck={false}
        placeholder={placeholder}
        value={value}
        aria-invalid={wrong !== ''}
        aria-describedby={`${id}-about`}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      <Below id={id} wrong={wrong}>
        {hint}
      </Below>
    </div>
  );
}

export function Below({ id, wrong, children }: { id: string; wrong: string; children: ComponentChildren }) {
  return (
    <p id={`${id}-about`} class={wrong === '' ? 'hint' : 'wrong'}>
      {wrong === '' ? children : wrong}
    </p>
  );
}

interface ChoiceProps<T extends string> {
  readonly id: string;
  readonly label: string;
  readonly value: T;
  readonly options: readonly (readonly [T, string])[];
  readonly onChange: (value: T) => void;
}

export function Choice<T extends string>({ id, label, value, options, onChange }: ChoiceProps<T>) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value as T)}>
        {options.map(([key, word]) => (
          <option key={key} value={key}>
            {word}
          </option>
        ))}
      </select>
    </div>
  );
}

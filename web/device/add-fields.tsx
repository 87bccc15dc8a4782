/** The fields of the form that adds a device. */
import type { ComponentChildren } from 'preact';
import { AUTH, PRIV, type Filled } from './add-form.ts';

export interface AddFieldsProps {
  readonly filled: Filled;
  /** Sentence by the field's path in the request: "address", "snmp/community". */
  readonly wrong: Readonly<Record<string, string>>;
  readonly onChange: (change: Partial<Filled>) => void;
}

const HOW: readonly (readonly [Filled['how'], string])[] = [
  ['2c', 'SNMP v2c'],
  ['3', 'v3'],
  ['1', 'v1'],
  ['ping', 'Ping only'],
];

export function AddFields({ filled, wrong, onChange }: AddFieldsProps) {
  const text = (key: keyof Filled, path: string, label: string, extra: Partial<TextProps> = {}) => (
    <Text
      id={key}
      label={label}
      value={String(filled[key])}
      wrong={wrong[path] ?? ''}
      onInput={(value) => onChange({ [key]: value })}
      {...extra}
    />
  );
  return (
    <>
      {text('address', 'address', 'Address', { placeholder: 'switch1.example.net or 192.0.2.1', mono: true })}
      <div class="field">
        <span class="lab" id="how">
          How it is asked
        </span>
        <div class="seg fill" role="group" aria-labelledby="how">
          {HOW.map(([how, label]) => (
            <button type="button" key={how} aria-pressed={filled.how === how} onClick={() => onChange({ how })}>
              {label}
            </button>
          ))}
        </div>
      </div>
      {(filled.how === '1' || filled.how === '2c') &&
        text('community', 'snmp/community', 'Community', { hint: 'Kept encrypted and never shown again.', mono: true })}
      {filled.how === '3' && (
        <>
          {text('user', 'snmp/user', 'User')}
          <div class="pair">
            <Choice id="auth" label="Authentication" value={filled.auth} options={AUTH} onChange={(auth) => onChange({ auth })} />
            {filled.auth !== '' && text('authKey', 'snmp/authKey', 'Authentication key', { secret: true })}
          </div>
          {filled.auth !== '' && (
            <div class="pair">
              <Choice id="priv" label="Privacy" value={filled.priv} options={PRIV} onChange={(priv) => onChange({ priv })} />
              {filled.priv !== '' && text('privKey', 'snmp/privKey', 'Privacy key', { secret: true })}
            </div>
          )}
        </>
      )}
      <div class="pair">
        {text('interval', 'intervalMs', 'Interval in seconds', { numeric: true, hint: '1 to 86 400' })}
        {filled.how !== 'ping' && text('port', 'snmp/port', 'UDP port', { numeric: true, placeholder: '161' })}
      </div>
      <div class="pair">
        {text('name', 'name', 'Name', { placeholder: 'as the device says' })}
        {text('site', 'site', 'Place', { placeholder: 'none' })}
      </div>
      {filled.how !== 'ping' && (
        <label class="chk">
          <input type="checkbox" checked={filled.ping} onChange={(event) => onChange({ ping: event.currentTarget.checked })} />
          Ping it as well: round trip and loss
        </label>
      )}
    </>
  );
}

interface TextProps {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly wrong: string;
  readonly onInput: (value: string) => void;
  readonly placeholder?: string;
  readonly hint?: string;
  readonly secret?: boolean;
  readonly numeric?: boolean;
  readonly mono?: boolean;
}

function Text({
  id,
  label,
  value,
  wrong,
  onInput,
  placeholder = '',
  hint = '',
  secret = false,
  numeric = false,
  mono = false,
}: TextProps) {
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

function Below({ id, wrong, children }: { id: string; wrong: string; children: ComponentChildren }) {
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

function Choice<T extends string>({ id, label, value, options, onChange }: ChoiceProps<T>) {
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

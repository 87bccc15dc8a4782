/** The fields of the forms that add, change and search devices. */
import { AUTH, PRIV, type Filled, type Wrong } from './add-form.ts';
import { Choice, Text, type TextProps } from './field.tsx';

export interface FieldsProps {
  readonly filled: Filled;
  readonly wrong: Wrong;
  readonly onChange: (change: Partial<Filled>) => void;
  /** Ids of secrets that stay as they are when their field is left empty. */
  readonly kept?: ReadonlySet<string>;
}

const HOW: readonly (readonly [Filled['how'], string])[] = [
  ['2c', 'SNMP v2c'],
  ['3', 'v3'],
  ['1', 'v1'],
  ['ping', 'Ping only'],
];
const ONCE = 'For this search, and for what is added from it.';
const KEPT = 'Left empty, the one that is kept stays.';

export function AddFields(props: FieldsProps & { readonly known?: boolean }) {
  const text = textField(props);
  return (
    <>
      {text('address', 'address', 'Address', { placeholder: 'switch1.example.net or 192.0.2.1', mono: true })}
      <AskedFields {...props} />
      <div class="pair">
        {text('name', 'name', 'Name', props.known ? {} : { placeholder: 'as the device says' })}
        {text('site', 'site', 'Place', { placeholder: 'none' })}
      </div>
      <TagsField {...props} />
    </>
  );
}

/** How a device is asked, and how often. */
export function AskedFields(props: FieldsProps & { readonly once?: boolean }) {
  const { filled, onChange, kept, once } = props;
  const text = textField(props);
  const secret = (id: string) => ({ secret: true, ...(kept?.has(id) ? { hint: KEPT } : {}) });
  return (
    <>
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
        text('community', 'snmp/community', 'Community', {
          hint: kept?.has('community') ? KEPT : once ? ONCE : 'Kept encrypted and never shown again.',
          mono: true,
        })}
      {filled.how === '3' && (
        <>
          {text('user', 'snmp/user', 'User')}
          <div class="pair">
            <Choice id="auth" label="Authentication" value={filled.auth} options={AUTH} onChange={(auth) => onChange({ auth })} />
            {filled.auth !== '' && text('authKey', 'snmp/authKey', 'Authentication key', secret('authKey'))}
          </div>
          {filled.auth !== '' && (
            <div class="pair">
              <Choice id="priv" label="Privacy" value={filled.priv} options={PRIV} onChange={(priv) => onChange({ priv })} />
              {filled.priv !== '' && text('privKey', 'snmp/privKey', 'Privacy key', secret('privKey'))}
            </div>
          )}
        </>
      )}
      {!(once && filled.how === 'ping') && (
        <div class="pair">
          {!once && text('interval', 'intervalMs', 'Interval in seconds', { numeric: true, hint: '1 to 86\u00a0400' })}
          {filled.how !== 'ping' && text('port', 'snmp/port', 'UDP port', { numeric: true, placeholder: '161' })}
        </div>
      )}
      {filled.how !== 'ping' && !once && (
        <label class="chk">
          <input type="checkbox" checked={filled.ping} onChange={(event) => onChange({ ping: event.currentTarget.checked })} />
          Ping it as well: round trip and loss
        </label>
      )}
    </>
  );
}

export function TagsField(props: FieldsProps) {
  return textField(props)('tags', 'tags', 'Tags', {
    placeholder: 'none',
    hint: 'Words to find it by, with commas between them.',
  });
}

export function PlaceField(props: FieldsProps) {
  return textField(props)('site', 'site', 'Place', { placeholder: 'none' });
}

function textField({ filled, wrong, onChange }: FieldsProps) {
  return (key: keyof Filled, path: string, label: string, extra: Partial<TextProps> = {}) => (
    <Text
      id={key}
      label={label}
      value={String(filled[key])}
      wrong={wrong[path] ?? ''}
      onInput={(value) => onChange({ [key]: value })}
      {...extra}
    />
  );
}

import { useEffect, useRef, useState } from 'preact/hooks';
import { api, sentence } from '../api.ts';
import { Brand } from '../navigation.tsx';
import { useTitle } from '../parts.tsx';
import { loginNeeded } from '../remote.ts';

/** Asks for the password; the address stays, so that the page one wanted follows. */
export function LoginPage() {
  useTitle('Log in');
  const [password, setPassword] = useState('');
  const [wrong, setWrong] = useState('');
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const submit = async () => {
    setBusy(true);
    try {
      await api.login(password, new AbortController().signal);
      loginNeeded(false);
    } catch (error) {
      setWrong(sentence(error));
      setBusy(false);
      field.current?.select();
    }
  };
  return (
    <main class="login">
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Brand />
        <h1>Log in</h1>
        <div class="field">
          <label for="password">Password of this server</label>
          <input
            id="password"
            ref={field}
            type="password"
            autocomplete="current-password"
            required
            value={password}
            aria-invalid={wrong !== ''}
            aria-describedby="login-wrong"
            onInput={(event) => setPassword(event.currentTarget.value)}
          />
          <p class="wrong" id="login-wrong" role="alert">
            {wrong}
          </p>
        </div>
        <button class="btn pri" type="submit" disabled={busy}>
          {busy ? 'Checking…' : 'Log in'}
        </button>
      </form>
    </main>
  );
}

import '@mantine/core/styles/PasswordInput.layer.css';
import { Button, PasswordInput, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import {
  changePassword,
  findSignInProblem,
  type SessionUser,
  type SignInWays,
  signIn,
  signOut,
} from '../../data/session.ts';
import { Wordmark } from '../../ui/wordmark.tsx';
import classes from './sign-in-page.module.css';

/** Instead of every page, until somebody is signed in; the address stays, and its page follows. */
export function SignInPage({ ways }: { readonly ways: SignInWays }) {
  const [userName, setUserName] = useState('');
  const [password, setPassword] = useState('');
  const { isBusy, problem, submit } = useSubmit(() => signIn(userName.trim(), password));
  const sso = ways.single_sign_on;
  const [refusal] = useState(findSignInProblem);
  return (
    <Card title="Sign in">
      {sso !== null && refusal !== undefined && (
        <p className={classes.refusal} role="alert">
          {wordsOfProblem(refusal, sso.label)}
        </p>
      )}
      {sso !== null && (
        <Button
          component="a"
          href={singleSignOnAddress(sso.path)}
          variant={ways.password ? 'default' : 'filled'}
        >
          Sign in with {sso.label}
        </Button>
      )}
      {sso !== null && ways.password && <div className={classes.or}>or</div>}
      {ways.password && (
        <form className={classes.form} onSubmit={submit}>
          <TextInput
            label="User name"
            autoComplete="username"
            dir="auto"
            required
            autoFocus
            value={userName}
            onChange={({ currentTarget }) => setUserName(currentTarget.value)}
          />
          <PasswordInput
            label="Password"
            autoComplete="current-password"
            required
            value={password}
            error={problem}
            onChange={({ currentTarget }) => setPassword(currentTarget.value)}
          />
          <Button type="submit" loading={isBusy} disabled={userName.trim() === '' || password === ''}>
            Sign in
          </Button>
        </form>
      )}
    </Card>
  );
}

function wordsOfProblem(problem: string, provider: string): string {
  switch (problem) {
    case 'expired':
      return 'That sign-in was begun elsewhere, or too long ago. Sign in again.';
    case 'declined':
      return `You were not let in at ${provider}.`;
    case 'unnamed':
      return `What ${provider} calls you is no name that somebody can have here. Ask your administrator.`;
    case 'unverified':
      return `Your e-mail address is not verified at ${provider}. Verify it there, then sign in again.`;
    case 'taken':
      return `Your name at ${provider} is that of somebody here who does not sign in this way. Ask your administrator.`;
    case 'inactive':
      return 'Your account here is not active. Ask your administrator.';
    case 'unavailable':
      return `${provider} does not answer. Try again in a moment.`;
    default:
      return `Signing in at ${provider} did not work. Try again; if it goes on, ask your administrator.`;
  }
}

const MIN_PASSWORD_CHARS = 12;

/** For who came with a password that was given for one use. */
export function ChoosePasswordPage({ user }: { readonly user: SessionUser }) {
  const [oldPassword, setOldPassword] = useState('');
  const [newPassword, setNewPassword] = useState('');
  const { isBusy, problem, submit } = useSubmit(() => changePassword(oldPassword, newPassword));
  const isShort = newPassword.length < MIN_PASSWORD_CHARS;
  return (
    <Card title="Choose your password">
      <p className={classes.words}>
        The password of <strong>{user.name}</strong> was given for one use. Choose your own to go on.
      </p>
      <form className={classes.form} onSubmit={submit}>
        <PasswordInput
          label="Password for one use"
          autoComplete="current-password"
          required
          autoFocus
          value={oldPassword}
          onChange={({ currentTarget }) => setOldPassword(currentTarget.value)}
        />
        <PasswordInput
          label="New password"
          description={`At least ${MIN_PASSWORD_CHARS} characters`}
          autoComplete="new-password"
          required
          value={newPassword}
          error={problem}
          onChange={({ currentTarget }) => setNewPassword(currentTarget.value)}
        />
        <div className={classes.buttons}>
          <Button variant="default" onClick={() => void signOut()}>
            Sign out
          </Button>
          <Button type="submit" loading={isBusy} disabled={oldPassword === '' || isShort}>
            Change password
          </Button>
        </div>
      </form>
    </Card>
  );
}

function Card({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <main id="page" className={classes.page}>
      <div className={classes.card}>
        <Wordmark isFolded={false} />
        <h1 className={classes.title}>{title}</h1>
        {children}
      </div>
    </main>
  );
}

function useSubmit(action: () => Promise<void>) {
  const [problem, setProblem] = useState<string | undefined>();
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      await action();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, problem, submit: (event: FormEvent) => void submit(event) };
}

/** The server brings the browser back to this page, which is one of its own. */
const singleSignOnAddress = (path: string): string =>
  `${path}?${new URLSearchParams({ return_to: location.pathname + location.search }).toString()}`;

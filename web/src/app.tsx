import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { lazy, Suspense, useEffect } from 'react';
import { queryClient } from './data/query-client.ts';
import { useSession } from './data/session.ts';
import { router } from './router.tsx';
import { ThemeProvider } from './ui/theme-provider.tsx';

const SignInPage = lazy(async () => ({
  default: (await import('./pages/sign-in/sign-in-page.tsx')).SignInPage,
}));
const ChoosePasswordPage = lazy(async () => ({
  default: (await import('./pages/sign-in/sign-in-page.tsx')).ChoosePasswordPage,
}));

export function App() {
  return (
    <ThemeProvider>
      <QueryClientProvider client={queryClient}>
        <Door />
      </QueryClientProvider>
    </ThemeProvider>
  );
}

/** The pages, or what must come before them on a server that wants to know who asks. */
function Door() {
  const session = useSession();
  const isSignedOut = session.kind === 'signed-out';
  useEffect(() => {
    // What one person was shown is nothing for the next.
    if (isSignedOut) queryClient.clear();
  }, [isSignedOut]);
  if (session.kind === 'signed-out') {
    return (
      <Suspense>
        <SignInPage ways={session.ways} />
      </Suspense>
    );
  }
  if (session.kind === 'signed-in' && session.user.must_change_password) {
    return (
      <Suspense>
        <ChoosePasswordPage user={session.user} />
      </Suspense>
    );
  }
  return <RouterProvider router={router} />;
}

#!/usr/bin/env -S node --max-semi-space-size=8
import { compose } from './compose.ts';
import { describeSettings, readConfig } from './config.ts';
import { AppError } from './kernel/errors.ts';

const USAGE = `slipway: self-hosted MLOps

  slipway server [flags]     serves; this is also what no command means
  slipway help               this text

Flags of the server, and the environment variables of the same meaning:
${describeSettings()}
`;

async function main(args: readonly string[]): Promise<void> {
  const [command, ...rest] = args[0] === undefined || args[0].startsWith('--') ? ['server', ...args] : args;
  switch (command) {
    case 'server':
      return serve(rest);
    case 'help':
      process.stdout.write(USAGE);
      return;
    default:
      throw new AppError('InvalidArgument', `Unknown command '${command}'.\n\n${USAGE}`);
  }
}

async function serve(args: readonly string[]): Promise<void> {
  const config = readConfig(args, process.env);
  const program = await compose(config);
  const address = await program.server.listen({ host: config.host, port: config.port });
  program.logger.info('listening', { address, home: config.home });
  program.logger.flush();
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // A second signal means now.
      if (stopping) process.exit(1);
      stopping = true;
      void program.close().then(() => process.exit(0));
    });
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const expected = error instanceof AppError && error.code !== 'Internal';
  process.stderr.write(`${expected ? error.message : ((error as Error).stack ?? String(error))}\n`);
  process.exit(1);
});

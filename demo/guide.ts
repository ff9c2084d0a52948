import { join } from 'node:path';
import { styleText } from 'node:util';
import { typedPath } from './typed-path.ts';

interface Place {
  readonly url: string;
  /** Folder with the demo's state. */
  readonly data: string;
  /** File with the gateway's log. */
  readonly log: string;
  /** Where the desktop app was opened: the command that opens it once more, for another person. */
  readonly app?: string;
  /** What is worth saying about how it was opened. */
  readonly notes?: readonly string[];
}

/** How to go on once the demo serves: what to press, and commands to copy, for each person in turn. */
export function guide({ url, data, log, app, notes = [] }: Place): string {
  const home = (person: string) => `export DRAWBRIDGE_HOME=${typedPath(join(data, 'cli', person))}`;
  const login = `npx drawbridge login --gateway ${url}`;
  const inTheApp: [string, [string, string?][]][] =
    app === undefined
      ? []
      : [
          ['The app is open', [['Sign in as Alice, ask for orders-db, and connect once Bob has said yes.']]],
          ['Bob opens his own, in another terminal', [[app]]],
          ['All of it works from terminals too:', []],
        ];
  const sections: [string, [string, string?][]][] = [
    ...inTheApp,
    [
      'Alice, an engineer, asks (a second terminal)',
      [
        [home('alice')],
        [login, 'the browser opens: choose Alice'],
        ['npx drawbridge resources'],
        ['npx drawbridge request orders-db --profile read --for 30m --reason "Refund for order 6001"'],
      ],
    ],
    [
      'Bob, a database administrator, approves (a third terminal)',
      [
        [home('bob')],
        [login, 'choose Bob'],
        ['npx drawbridge requests'],
        ['npx drawbridge approve ID', 'the id that "requests" shows'],
      ],
    ],
    [
      'Alice queries production; what is personal is masked',
      [
        ['npx drawbridge connect orders-db -- psql -c "select full_name, email, ssn from customers limit 5"'],
        ['npx drawbridge connect orders-db', 'or keep it open for any client'],
      ],
    ],
    [
      'Alice looks at the build host, with a shell of her own',
      [
        ['npx drawbridge request build-box --profile shell --for 1h --reason "Look at deploy 412"'],
        ['npx drawbridge ssh build-box', 'try: cat deploy.log'],
        ['npx drawbridge ssh-config --install', 'once: then plain ssh build-box.drawbridge, scp, rsync, git'],
      ],
    ],
    [
      'Carol, an auditor, reads what happened (a fourth terminal)',
      [
        [home('carol')],
        [login, 'choose Carol'],
        ['npx drawbridge sessions'],
        ['npx drawbridge replay SESSION'],
        ['npx drawbridge verify SESSION'],
      ],
    ],
  ];
  const body = sections.map(([title, lines]) => {
    const width = Math.max(...lines.filter(([, note]) => note).map(([command]) => command.length), 0);
    const text = lines.map(
      ([command, note]) =>
        `  ${note ? `${command.padEnd(width)}  ${styleText('dim', `# ${note}`)}` : command}`,
    );
    return [styleText('bold', title), ...text].join('\n');
  });
  return [
    '',
    `${styleText(['bold', 'green'], '✓ Drawbridge is up')} at ${styleText('bold', url)}`,
    styleText(
      'dim',
      `  Ctrl-C ends everything. What it knows stays in ${typedPath(data)}/, its log is ${typedPath(log)}.`,
    ),
    ...notes.map((note) => `  ${note}`),
    '',
    body.join('\n\n'),
    '',
    styleText(
      'dim',
      `No browser here? In place of "login": npm run -s demo:signin -- alice --gateway ${url}`,
    ),
  ].join('\n');
}

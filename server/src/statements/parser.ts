import { PRIVILEGES, type Privilege } from '../governance/privileges.ts';
import { readTokens, syntaxError, type Token } from './lexer.ts';
import type { GovernanceStatement, NamedSecurable, ShownKind, Statement } from './statement-tree.ts';

/** Words that begin a query. */
const QUERY_WORDS: ReadonlySet<string> = new Set(['SELECT', 'WITH', 'VALUES', 'FROM', 'TABLE', 'PIVOT']);
const KINDS_OF_STATEMENTS =
  'SELECT, WITH, EXPLAIN, GRANT, REVOKE, SHOW, DESCRIBE, CREATE, DROP, ALTER, COMMENT, SET TAG, UNSET TAG or USE';

/** Words of SQL for securables, with what they stand for. */
const SECURABLES: Readonly<Record<string, NamedSecurable['type']>> = {
  METASTORE: 'METASTORE',
  CATALOG: 'CATALOG',
  SCHEMA: 'SCHEMA',
  DATABASE: 'SCHEMA',
  TABLE: 'TABLE',
  VIEW: 'TABLE',
  FUNCTION: 'FUNCTION',
  MODEL: 'MODEL',
  VOLUME: 'VOLUME',
  EXPERIMENT: 'EXPERIMENT',
};

const LONGEST_NAME: Readonly<Record<NamedSecurable['type'], number>> = {
  METASTORE: 0,
  CATALOG: 1,
  SCHEMA: 2,
  TABLE: 3,
  FUNCTION: 3,
  MODEL: 3,
  VOLUME: 3,
  EXPERIMENT: 1,
};

const SHOWN: Readonly<Record<string, ShownKind>> = {
  CATALOGS: 'catalogs',
  SCHEMAS: 'schemas',
  DATABASES: 'schemas',
  TABLES: 'tables',
  VIEWS: 'tables',
  FUNCTIONS: 'functions',
  MODELS: 'models',
  VOLUMES: 'volumes',
  COLUMNS: 'columns',
};

const GRANTABLE: ReadonlySet<string> = new Set(PRIVILEGES.filter((privilege) => privilege !== 'OWNER'));

/**
 * Reads one statement; what is a query is left to DuckDB, unread.
 * @throws AppError InvalidArgument that names the place and what was expected there.
 */
export function parseStatement(text: string): Statement {
  return new Parser(text).statement();
}

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = readTokens(text);
  }

  statement(): Statement {
    if (this.#token.kind === 'end') throw this.#expected(KINDS_OF_STATEMENTS);
    if (this.#isQuery()) return this.#query();
    if (this.#takeWord('EXPLAIN')) {
      const about = this.#takeWord('ANALYZE') ? 'EXPLAIN ANALYZE' : 'EXPLAIN';
      if (!this.#isQuery()) throw this.#expected('a query');
      return this.#query(about);
    }
    if (this.#takeWord('DESCRIBE', 'DESC')) {
      if (this.#isQuery() && !this.#isWord('TABLE')) return this.#query('DESCRIBE');
      return this.#whole(this.#describe());
    }
    return this.#whole(this.#governance());
  }

  #governance(): GovernanceStatement {
    if (this.#takeWord('GRANT')) return this.#grant('grant', 'TO');
    if (this.#takeWord('REVOKE')) return this.#grant('revoke', 'FROM');
    if (this.#takeWord('SHOW')) return this.#show();
    if (this.#takeWord('CREATE')) return this.#create();
    if (this.#takeWord('DROP')) return this.#drop();
    if (this.#takeWord('ALTER')) return this.#alter();
    if (this.#takeWord('COMMENT')) return this.#comment();
    if (this.#takeWord('USE')) return this.#use();
    if (this.#takeWord('SET')) {
      this.#word('TAG');
      return this.#setTag();
    }
    if (this.#takeWord('UNSET')) {
      this.#word('TAG');
      return this.#unsetTag();
    }
    throw this.#expected(KINDS_OF_STATEMENTS);
  }

  #grant(kind: 'grant' | 'revoke', before: 'TO' | 'FROM'): GovernanceStatement {
    const privileges = this.#privileges();
    this.#word('ON');
    const on = this.#securable('TABLE');
    this.#word(before);
    return { kind, privileges, on, principal: this.#principal() };
  }

  #privileges(): readonly Privilege[] {
    const privileges: Privilege[] = [];
    do {
      const first = this.#token;
      const words: string[] = [];
      while (this.#token.kind === 'word' && !this.#isWord('ON')) {
        words.push(this.#token.text.toUpperCase());
        this.#next += 1;
      }
      if (words.length === 0) throw this.#expected('a privilege');
      const privilege = words.join('_');
      if (!GRANTABLE.has(privilege)) {
        const known = [...GRANTABLE].map((name) => name.replaceAll('_', ' ')).join(', ');
        throw syntaxError(
          this.#text,
          first.at,
          `expected a privilege, found '${words.join(' ').slice(0, 100)}'. The privileges are ${known}`,
        );
      }
      privileges.push(privilege as Privilege);
    } while (this.#takeSymbol(','));
    return privileges;
  }

  #show(): GovernanceStatement {
    if (this.#takeWord('GRANTS', 'GRANT')) {
      const principal = this.#isWord('ON') ? undefined : this.#principal();
      this.#word('ON');
      return {
        kind: 'show-grants',
        ...(principal !== undefined && { principal }),
        on: this.#securable('TABLE'),
      };
    }
    if (this.#isWord('USER', 'SYSTEM', 'ALL')) {
      this.#next += 1;
      if (!this.#isWord('FUNCTIONS')) throw this.#expected('FUNCTIONS');
    }
    const what = SHOWN[this.#token.text.toUpperCase()];
    if (this.#token.kind !== 'word' || what === undefined)
      throw this.#expected(`GRANTS, ${Object.keys(SHOWN).join(', ')}`);
    this.#next += 1;
    const place = what === 'catalogs' ? undefined : this.#place(what);
    const schemaLike = what !== 'schemas' && this.#takeWord('SCHEMA') ? this.#like() : undefined;
    const tableLike = what === 'columns' && this.#takeWord('TABLE') ? this.#like() : undefined;
    const like = this.#isWord('LIKE') || this.#isString() ? this.#like() : undefined;
    return {
      kind: 'show',
      what,
      place,
      ...(like !== undefined && { like }),
      ...(schemaLike !== undefined && { schemaLike }),
      ...(tableLike !== undefined && { tableLike }),
    };
  }

  #place(what: ShownKind): readonly string[] | 'everywhere' | undefined {
    if (!this.#takeWord('IN', 'FROM')) return undefined;
    if (this.#takeWord('ALL')) {
      this.#word('CATALOGS');
      return 'everywhere';
    }
    this.#takeWord('CATALOG', 'SCHEMA', 'DATABASE', 'TABLE');
    return this.#name(what === 'schemas' ? 1 : what === 'columns' ? 3 : 2);
  }

  #like(): string {
    this.#takeWord('LIKE');
    return this.#string('a pattern in single quotes');
  }

  #create(): GovernanceStatement {
    const type = this.#typeOf('CATALOG', 'SCHEMA', 'DATABASE');
    const ifNotExists = this.#takeWord('IF');
    if (ifNotExists) {
      this.#word('NOT');
      this.#word('EXISTS');
    }
    const on = { type, name: this.#name(LONGEST_NAME[type]) };
    const comment = this.#takeWord('COMMENT') ? this.#string('a text in single quotes') : undefined;
    return { kind: 'create', on, ifNotExists, ...(comment !== undefined && { comment }) };
  }

  #drop(): GovernanceStatement {
    const type = this.#typeOf('CATALOG', 'SCHEMA', 'DATABASE');
    const ifExists = this.#takeWord('IF');
    if (ifExists) this.#word('EXISTS');
    const on = { type, name: this.#name(LONGEST_NAME[type]) };
    const cascade = this.#takeWord('CASCADE');
    if (!cascade) this.#takeWord('RESTRICT');
    return { kind: 'drop', on, ifExists, cascade };
  }

  #describe(): GovernanceStatement {
    this.#takeWord('EXTENDED');
    const typed = this.#token.kind === 'word' && SECURABLES[this.#token.text.toUpperCase()] !== undefined;
    const type = typed
      ? this.#typeOf('CATALOG', 'SCHEMA', 'DATABASE', 'TABLE', 'VIEW', 'FUNCTION', 'MODEL', 'VOLUME')
      : 'TABLE';
    this.#takeWord('EXTENDED');
    return { kind: 'describe', on: { type, name: this.#name(LONGEST_NAME[type]) } };
  }

  #alter(): GovernanceStatement {
    const on = this.#securable();
    if (this.#takeWord('UNSET')) {
      this.#word('TAGS');
      return {
        kind: 'unset-tags',
        on,
        keys: this.#list(() => this.#string('the key of a tag in single quotes')),
      };
    }
    const set = this.#takeWord('SET');
    if (set && this.#takeWord('TAGS')) {
      const pairs = this.#list(() => {
        const key = this.#string('the key of a tag in single quotes');
        return [
          key,
          this.#takeSymbol('=') ? this.#string('the value of a tag in single quotes') : '',
        ] as const;
      });
      return { kind: 'set-tags', on, tags: Object.fromEntries(pairs) };
    }
    if (!this.#isWord('OWNER')) throw this.#expected(set ? 'TAGS or OWNER' : 'SET, UNSET or OWNER');
    this.#next += 1;
    this.#word('TO');
    return { kind: 'set-owner', on, principal: this.#principal() };
  }

  #setTag(): GovernanceStatement {
    this.#word('ON');
    const on = this.#securable();
    const key = this.#wording('the key of a tag');
    const value = this.#takeSymbol('=') ? this.#wording('the value of a tag') : '';
    return { kind: 'set-tags', on, tags: Object.fromEntries([[key, value]]) };
  }

  #unsetTag(): GovernanceStatement {
    this.#word('ON');
    const on = this.#securable();
    return { kind: 'unset-tags', on, keys: [this.#wording('the key of a tag')] };
  }

  #comment(): GovernanceStatement {
    this.#word('ON');
    const on = this.#securable();
    this.#word('IS');
    if (this.#takeWord('NULL')) return { kind: 'set-comment', on, comment: null };
    return { kind: 'set-comment', on, comment: this.#string('a text in single quotes, or NULL') };
  }

  #use(): GovernanceStatement {
    if (this.#isWord('CATALOG')) {
      this.#next += 1;
      return { kind: 'use', on: { type: 'CATALOG', name: this.#name(1) } };
    }
    this.#takeWord('SCHEMA', 'DATABASE');
    return { kind: 'use', on: { type: 'SCHEMA', name: this.#name(2) } };
  }

  /** A type and a name; the name alone where `untyped` says of what it is then. */
  #securable(untyped?: NamedSecurable['type']): NamedSecurable {
    const word = this.#token.kind === 'word' ? SECURABLES[this.#token.text.toUpperCase()] : undefined;
    // `ON schema.x` names a table in a schema of that name.
    const isType = word !== undefined && this.#tokens[this.#next + 1]?.text !== '.';
    if (!isType && untyped === undefined) throw this.#expected(Object.keys(SECURABLES).join(', '));
    const type = isType ? word : untyped!;
    if (isType) this.#next += 1;
    if (type === 'METASTORE') {
      if (this.#token.kind === 'name') this.#next += 1;
      return { type, name: [] };
    }
    return { type, name: this.#name(LONGEST_NAME[type]) };
  }

  #typeOf(...words: readonly string[]): NamedSecurable['type'] {
    if (!this.#isWord(...words)) throw this.#expected(words.join(' or '));
    const type = SECURABLES[this.#token.text.toUpperCase()]!;
    this.#next += 1;
    return type;
  }

  #name(longest: number): readonly string[] {
    const first = this.#token;
    const parts: string[] = [];
    do {
      // An experiment is named by its number.
      const isPart =
        ['word', 'name'].includes(this.#token.kind) || (longest === 1 && this.#token.kind === 'number');
      if (!isPart || this.#token.value === '') throw this.#expected('a name');
      parts.push(this.#token.value);
      this.#next += 1;
    } while (this.#takeSymbol('.'));
    if (parts.length > longest) {
      throw syntaxError(
        this.#text,
        first.at,
        `expected a name of at most ${longest} parts, found ${parts.length}`,
      );
    }
    return parts;
  }

  #principal(): string {
    const token = this.#token;
    const what = 'a principal: a name, in backquotes where it holds more than letters, digits and _';
    if (!['word', 'name', 'string'].includes(token.kind) || token.value === '') throw this.#expected(what);
    this.#next += 1;
    // `jane@acme.com` and `data-scientists` without quotes would be read as several words.
    if (token.kind === 'word' && /^[@.-]$/.test(this.#token.text)) throw this.#expected(what, token);
    return token.value;
  }

  #string(what: string): string {
    if (this.#token.kind !== 'string') throw this.#expected(what);
    const { value } = this.#token;
    this.#next += 1;
    return value;
  }

  #wording(what: string): string {
    if (!['word', 'name', 'string'].includes(this.#token.kind)) throw this.#expected(what);
    const { value } = this.#token;
    this.#next += 1;
    return value;
  }

  #list<Item>(item: () => Item): readonly Item[] {
    if (!this.#takeSymbol('(')) throw this.#expected('(');
    const items: Item[] = [];
    do items.push(item());
    while (this.#takeSymbol(','));
    if (!this.#takeSymbol(')')) throw this.#expected(', or )');
    return items;
  }

  #query(about?: 'EXPLAIN' | 'EXPLAIN ANALYZE' | 'DESCRIBE'): Statement {
    const from = this.#token.at;
    const last = this.#tokens.findLast(({ kind, text }) => kind !== 'end' && text !== ';')!;
    const query = this.#text.slice(from, last.end);
    return {
      kind: 'query',
      text: this.#text.slice(0, last.end),
      query,
      ...(about !== undefined && { about }),
    };
  }

  #isQuery(): boolean {
    if (this.#token.kind === 'symbol') return this.#token.text === '(';
    return this.#token.kind === 'word' && QUERY_WORDS.has(this.#token.text.toUpperCase());
  }

  #whole(statement: GovernanceStatement): GovernanceStatement {
    while (this.#takeSymbol(';'));
    if (this.#token.kind !== 'end') throw this.#expected('the end of the statement');
    return statement;
  }

  get #token(): Token {
    return this.#tokens[this.#next]!;
  }

  #isWord(...words: readonly string[]): boolean {
    return this.#token.kind === 'word' && words.includes(this.#token.text.toUpperCase());
  }

  #isString(): boolean {
    return this.#token.kind === 'string';
  }

  #takeWord(...words: readonly string[]): boolean {
    const found = this.#isWord(...words);
    if (found) this.#next += 1;
    return found;
  }

  #word(word: string): void {
    if (!this.#takeWord(word)) throw this.#expected(word);
  }

  #takeSymbol(symbol: string): boolean {
    const found = this.#token.kind === 'symbol' && this.#token.text === symbol;
    if (found) this.#next += 1;
    return found;
  }

  #expected(what: string, token = this.#token) {
    const found = token.kind === 'end' ? 'the end of the statement' : `'${token.text.slice(0, 100)}'`;
    return syntaxError(this.#text, token.at, `expected ${what}, found ${found}`);
  }
}

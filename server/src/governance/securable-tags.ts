import type { Database } from '../db/port.ts';
import { AppError, alreadyExists, invalidArgument, notFound } from '../kernel/errors.ts';
import { takeTurn } from './governed-writes.ts';
import * as repository from './securable-tags-repository.ts';

export interface SecurableTag {
  readonly key: string;
  readonly value: string;
}

export type TaggedPlace = repository.TaggedPlace;

const MAX_TAGS = 50;
const MAX_KEY_LENGTH = 255;
const MAX_VALUE_LENGTH = 1000;

export type SecurableTags = ReturnType<typeof createSecurableTags>;

/** Tags on what Unity Catalog governs, apart from models. That the place exists is for the caller to know. */
export function createSecurableTags({ db }: { readonly db: Database }) {
  async function write(
    place: TaggedPlace,
    tag: SecurableTag,
    must: 'be new' | 'exist',
  ): Promise<SecurableTag> {
    checkTag(tag);
    await db.write(async (tx) => {
      await takeTurn(tx);
      const tags = await repository.listTags(tx, place, MAX_TAGS + 1);
      const exists = tags.some(({ key }) => key === tag.key);
      if (exists && must === 'be new')
        throw alreadyExists(`The tag '${tag.key}' is set already.`, { field: 'tag_key' });
      if (!exists && must === 'exist') throw noTag(tag.key);
      if (!exists && tags.length >= MAX_TAGS)
        throw new AppError('InvalidState', `A securable has at most ${MAX_TAGS} tags.`, {
          reason: 'RESOURCE_LIMIT_EXCEEDED',
        });
      await repository.upsertTags(tx, place, [tag]);
    });
    return tag;
  }

  return {
    list: (place: TaggedPlace): Promise<readonly SecurableTag[]> =>
      db.read((sql) => repository.listTags(sql, place, MAX_TAGS)),

    /** @throws AppError NotFound */
    async get(place: TaggedPlace, key: string): Promise<SecurableTag> {
      const tags = await db.read((sql) => repository.listTags(sql, place, MAX_TAGS));
      const tag = tags.find((each) => each.key === key);
      if (tag === undefined) throw noTag(key);
      return tag;
    },

    /** @throws AppError AlreadyExists; InvalidArgument for a bad key or value; InvalidState for too many. */
    create: (place: TaggedPlace, tag: SecurableTag) => write(place, tag, 'be new'),

    /** @throws AppError NotFound; InvalidArgument. */
    update: (place: TaggedPlace, tag: SecurableTag) => write(place, tag, 'exist'),

    /** @throws AppError NotFound */
    async delete(place: TaggedPlace, key: string): Promise<void> {
      await db.write(async (tx) => {
        if ((await repository.deleteTags(tx, place, [key])) === 0) throw noTag(key);
      });
    },
  };
}

const noTag = (key: string): AppError =>
  notFound(`The tag '${key.slice(0, 300)}' is not set.`, { field: 'tag_key' });

function checkTag({ key, value }: SecurableTag): void {
  // The characters that cannot stand in a key, as Unity Catalog has them.
  if (key === '' || key.length > MAX_KEY_LENGTH || /[.,\-=/:]/.test(key))
    throw invalidArgument(
      `'${key.slice(0, 100)}' cannot be a tag's key: up to ${MAX_KEY_LENGTH} characters, none of . , - = / :`,
      { field: 'tag_key' },
    );
  if (value.length > MAX_VALUE_LENGTH)
    throw invalidArgument(`A tag's value has at most ${MAX_VALUE_LENGTH} characters.`, {
      field: 'tag_value',
    });
}

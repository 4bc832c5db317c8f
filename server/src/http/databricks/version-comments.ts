import { AppError } from '../../kernel/errors.ts';
import { type Comment, type Comments, commentNotFound } from '../../registry/comments.ts';
import { securableOf } from '../../registry/model-names.ts';
import { versionNotFound } from '../../registry/version-details.ts';
import { optionalString, requiredString } from '../mlflow/fields.ts';
import { onModel, type ReadModelName } from '../model-access.ts';
import type { Need } from '../route-access.ts';
import { messageOf, pageSizeOf } from './messages.ts';
import { versionOf } from './model-rendering.ts';
import type { DatabricksCall, DatabricksRoute } from './routes.ts';

const PATH = '/api/2.0/mlflow/comments';
const PAGE = { usual: 100, most: 1000 };

export interface CommentServices {
  readonly comments: Comments;
  readonly readModelName: ReadModelName;
}

/** Comments on versions of models. Whoever sees a model may comment on it; a comment is its author's to change. */
export function versionCommentRoutes({
  comments,
  readModelName,
}: CommentServices): readonly DatabricksRoute[] {
  const nameOf = (call: DatabricksCall): string => requiredString(messageOf(call), 'name');
  const numberOf = (call: DatabricksCall): number => versionOf(messageOf(call).version);
  const idOf = (call: DatabricksCall): string => requiredString(messageOf(call), 'id');

  const onVersion: Need<DatabricksCall> = onModel('model.see', readModelName, {
    nameOf,
    missing: (name, call) => versionNotFound(name, numberOf(call)),
  });
  const onComment: Need<DatabricksCall> = {
    action: 'model.see',
    async target(call) {
      const id = idOf(call);
      const { model } = await comments.find(id);
      return { on: securableOf(model), missing: () => commentNotFound(id) };
    },
  };

  /** @throws AppError PermissionDenied where the comment is neither the caller's, nor on a model that the caller manages. */
  async function requireOwn(call: DatabricksCall): Promise<void> {
    const { model, userId, principalId } = await comments.find(idOf(call));
    const { access } = call.caller;
    if (
      principalId === access.principal.id ||
      access.decide('model.manage', securableOf(model)) === 'allowed'
    )
      return;
    throw new AppError('PermissionDenied', `Permission denied: this is a comment of ${userId}.`);
  }

  const render = (comment: Comment, call: DatabricksCall): object => ({
    id: comment.id,
    user_id: comment.userId,
    comment: comment.text,
    creation_timestamp: comment.createdAtMs,
    last_updated_timestamp: comment.updatedAtMs,
    available_actions:
      comment.principalId === call.caller.access.principal.id ? ['EDIT_COMMENT', 'DELETE_COMMENT'] : [],
  });

  return [
    {
      method: 'POST',
      path: `${PATH}/create`,
      summary: 'Comments on a version',
      access: [onVersion],
      async handle(call) {
        const said = { text: requiredString(call.body, 'comment'), by: call.caller.access.principal };
        const comment = await comments.create(readModelName(nameOf(call)).stored, numberOf(call), said);
        return { comment: render(comment, call) };
      },
    },
    {
      method: 'GET',
      path: `${PATH}/list`,
      summary: 'Lists the comments on a version, the oldest first',
      access: [onVersion],
      async handle(call) {
        const message = messageOf(call);
        const page = await comments.list(readModelName(nameOf(call)).stored, numberOf(call), {
          maxResults: pageSizeOf(message, PAGE),
          pageToken: optionalString(message, 'page_token'),
        });
        return {
          comments: page.items.map((comment) => render(comment, call)),
          ...(page.nextPageToken !== undefined && { next_page_token: page.nextPageToken }),
        };
      },
    },
    {
      method: 'PATCH',
      path: `${PATH}/update`,
      summary: 'Changes a comment',
      access: [onComment],
      async handle(call) {
        await requireOwn(call);
        const comment = await comments.update(idOf(call), requiredString(call.body, 'comment'));
        return { comment: render(comment, call) };
      },
    },
    {
      method: 'DELETE',
      path: `${PATH}/delete`,
      summary: 'Deletes a comment',
      access: [onComment],
      async handle(call) {
        await requireOwn(call);
        await comments.delete(idOf(call));
        return {};
      },
    },
  ];
}
